// Plugins in the host's own program: what is no plugin, what does not let go, what shares the program's one thread. Everything
// else is asked of them as of every plugin, in host.test.ts.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Host } from "crossplug/host";
import { failure, ROOT } from "./plugins.js";

/** Inside the repository, so that the package is found as a user's project finds it. */
const OUT = join(ROOT, "target/typescript/modules");
rmSync(OUT, { recursive: true, force: true });
after(() => rmSync(OUT, { recursive: true, force: true }));

const HEAD = `
import { conformance } from "crossplug/interfaces/conformance";
import { definePlugin, implement } from "crossplug/plugin";
`;

let made = 0;

/** A plugin's folder with a module in it. */
function plugin(code: string, manifest: object = {}): string {
  const folder = join(OUT, `plugin-${++made}`);
  mkdirSync(folder, { recursive: true });
  const whole = {
    name: "made",
    description: "Made for a test.",
    version: "1.0.0",
    language: "typescript",
    ...manifest,
  };
  const doors = { module: { typescript: "plugin.mjs" } };
  writeFileSync(join(folder, "plugin.json"), JSON.stringify({ doors, ...whole }));
  writeFileSync(join(folder, "plugin.mjs"), code);
  return folder;
}

describe("what cannot be loaded", () => {
  const cases: readonly [string, string, string, RegExp][] = [
    ["no plugin", "Incompatible", "export const other = 1;", /exports no plugin/],
    ["a module that throws", "Start", "throw new Error('not today');", /not today/],
    [
      "a start that fails",
      "Start",
      `${HEAD}export default definePlugin({ interfaces: [], onStart: () => { throw new Error("no key"); } });`,
      /no key/,
    ],
    [
      "a start that takes too long",
      "Start",
      `${HEAD}export const plugin = definePlugin({ interfaces: [], onStart: () => new Promise(() => undefined) });`,
      /not ready within 100 ms/,
    ],
  ];
  for (const [what, kind, code, says] of cases) {
    test(what, async () => {
      await using host = await Host.create({ startTimeoutMs: 100 });
      const error = await failure(host.load(plugin(code)));
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, says);
      assert.deepEqual(host.plugins, []);
    });
  }

  test("a module that is not there", async () => {
    await using host = await Host.create();
    const folder = plugin("");
    rmSync(join(folder, "plugin.mjs"));
    assert.equal((await failure(host.load(folder))).kind, "NotFound");
  });
});

test("hooks run, and what the plugin says of itself is its manifest", async () => {
  const code = `${HEAD}
    export const said = [];
    export const plugin = definePlugin({
      interfaces: [implement(conformance, { testNothing: (ctx) => { said.push(ctx.instanceId); } })],
      onStart: () => { said.push("start"); },
      onStop: () => { said.push("stop"); },
    });`;
  const folder = plugin(code, { name: "hooked", version: "3.2.1" });
  await using host = await Host.create();
  const loaded = await host.load(folder);
  assert.equal(loaded.introduction.manifest.version, "3.2.1");
  await loaded.conformance.testNothing();
  assert.deepEqual(await loaded.stop(), { error: undefined, status: undefined });
  const { said } = (await import(join(folder, "plugin.mjs"))) as { said: string[] };
  assert.deepEqual(said, ["start", loaded.instanceId, "stop"]);
  assert.equal((await failure(loaded.conformance.testNothing())).kind, "Cancelled");
});

test("one that does not let go of a call whose time is over is not called any more", async () => {
  const code = `${HEAD}
    export const plugin = definePlugin({
      interfaces: [implement(conformance, { testHang: () => new Promise(() => undefined), testNothing: () => undefined })],
    });`;
  await using host = await Host.create({ patience: { shutdownMs: 50, endOfInputMs: 50 } });
  const loaded = await host.load(plugin(code));
  const waiting = failure(loaded.conformance.testHang({ timeoutMs: Infinity }));
  assert.equal((await failure(loaded.conformance.testHang({ timeoutMs: 20 }))).kind, "Deadline");
  await loaded.conformance.testNothing();
  assert.equal((await waiting).kind, "Died");
  assert.equal(loaded.isAlive, false);
  const after = await failure(loaded.conformance.testNothing());
  assert.equal(after.kind, "Died");
  assert.match(after.message, /cannot end it/);
  assert.equal((await loaded.wait()).error?.kind, "Died");
});
