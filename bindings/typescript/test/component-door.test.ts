// Components through the WebAssembly door of Node: both languages, what cannot be run, and what is kept of them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Host, wasmDoor } from "crossplug/host";
import { Cache, isComponent, WasmDoor } from "./inside.js";
import { failure, folder, guest, ROOT } from "./plugins.js";

const MODES = ["worker", "inline"] as const;
/** A component that exports nothing. */
const EMPTY = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

for (const language of ["typescript", "python"]) {
  const file = guest(`subject-${language}`);
  for (const mode of MODES) {
    test(`a component of ${language}, ${mode}`, { skip: file === undefined }, async () => {
      await using host = await Host.create({
        doors: [wasmDoor({ mode })],
        services: { "test.answer": (_ctx, { question }) => ({ answer: `${question}!` }) },
        grants: ["*", "emit=*"],
      });
      await using plugin = await host.load(file as string);
      assert.equal(plugin.name, "conformance-subject");
      assert.deepEqual(await plugin.call("test.echo", { text: "é" }), { text: "é" });
      assert.deepEqual(await plugin.call("test.ask", { question: "?" }), { answer: "?!" });
      const streamed = plugin.start("test.count", { to: 300 });
      let count = 0;
      for await (const item of streamed) assert.equal(item, String(++count));
      assert.equal(await streamed.result(), "45150");
      assert.equal((await plugin.stop()).error, undefined);
    });
  }
}

describe("what cannot be run", () => {
  test("a component that is no plugin", async () => {
    assert.ok(isComponent(EMPTY));
    await using host = await Host.create();
    const error = await failure(host.open("x", wasmDoor({ module: EMPTY })));
    assert.equal(error.kind, "Incompatible", error.message);
    assert.match(error.message, /does not export `crossplug:plugin\/guest@1.0.0`/);
  });

  test("what only begins as one does", async () => {
    await using host = await Host.create();
    const error = await failure(host.open("x", wasmDoor({ module: Uint8Array.from([...EMPTY, 99, 1, 2]) })));
    assert.equal(error.kind, "Incompatible", error.message);
    assert.match(error.message, /no component that this host can run/);
  });

  test("a component where nobody can transpile it", async () => {
    const door = new WasmDoor({
      read: () => Promise.resolve(EMPTY),
      address: String,
      thread: () => assert.fail("nothing is started"),
      transpile: undefined,
      send: undefined,
    }, { module: "x.wasm" }); // biome-ignore format: a door
    await using host = await Host.create();
    const error = await failure(host.open("x", door));
    assert.equal(error.kind, "Incompatible");
    assert.match(error.message, /browsers do not run/);
  });

  test("a component that begins with more memory than it may have", {
    skip: guest("broken-component") === undefined,
  }, async () => {
    await using host = await Host.create();
    const module = guest("broken-component") as string;
    const error = await failure(host.open("x", wasmDoor({ module, limits: { memoryBytes: 2 << 16 } })));
    assert.equal(error.kind, "Limit", error.message);
  });

  test("a component without the transpiler, and the error says which one fits", {
    skip: guest("broken-component") === undefined,
  }, () => {
    const own = JSON.parse(readFileSync(join(ROOT, "bindings/typescript/package.json"), "utf8"));
    const name = "@bytecodealliance/jco-transpile";
    const made = folder();
    const hooks = `export const resolve = (name, context, next) => {
      if (name.startsWith("${name}")) throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
      return next(name, context);
    };`;
    writeFileSync(join(made, "hooks.mjs"), hooks);
    const program = `import { register } from "node:module";
      register(${JSON.stringify(`file://${join(made, "hooks.mjs")}`)});
      const { Host, wasmDoor } = await import(${JSON.stringify(`file://${join(ROOT, "bindings/typescript/dist/host.js")}`)});
      const host = await Host.create();
      const error = await host.open("x", wasmDoor({ module: ${JSON.stringify(guest("broken-component"))} })).catch((error) => error);
      console.log(error.kind + ": " + error.message);`;
    const { stdout, stderr } = spawnSync("node", ["--input-type=module", "--eval", program], { encoding: "utf8" });
    assert.match(
      stdout,
      new RegExp(`^ToolMissing: .*npm install ${name}@${own.peerDependencies[name].slice(1)}`),
      stderr,
    );
  });
});

describe("what is kept", () => {
  const open = async (place: string) => {
    const cache = await Cache.open(place);
    assert.ok(cache !== undefined);
    return cache;
  };

  test("comes back, and nothing else does", async () => {
    const place = join(folder(), "a/b");
    const cache = await open(place);
    assert.equal(await cache.get("k"), undefined);
    await Promise.all([cache.put("k", Buffer.from("code")), cache.put("k", Buffer.from("code"))]);
    assert.equal(String(await cache.get("k")), "code");
    assert.deepEqual(readdirSync(place), ["k.component"]);
    assert.equal(statSync(place).mode & 0o777, 0o700);
  });

  test("is looked at, and made anew where it is not whole", async () => {
    const place = join(folder(), "cache");
    const cache = await open(place);
    const file = join(place, "k.component");
    await cache.put("k", Buffer.from("code"));
    chmodSync(file, 0o600);
    truncateSync(file, statSync(file).size - 1);
    assert.equal(await cache.get("k"), undefined);
    assert.deepEqual(readdirSync(place), []);
    writeFileSync(file, "");
    assert.equal(await cache.get("k"), undefined);
  });

  test("is kept in no folder that others can write to", async () => {
    const place = join(folder(), "open");
    mkdirSync(place, { mode: 0o755 });
    assert.equal(await Cache.open(place), undefined);
  });

  test("is used by the door, and a component whose file is broken runs all the same", {
    skip: guest("broken-component") === undefined,
  }, () => {
    const place = folder();
    // A program of its own each time: one keeps in memory what it made lately.
    const echoes = (): void => {
      const program = `
        const { Host, wasmDoor } = await import(${JSON.stringify(`file://${join(ROOT, "bindings/typescript/dist/host.js")}`)});
        const host = await Host.create();
        const plugin = await host.open("x", wasmDoor({ module: ${JSON.stringify(guest("broken-component"))} }));
        console.log(JSON.stringify(await plugin.call("echo", { a: 1 })));
        await host.close();`;
      const env = { ...process.env, XDG_CACHE_HOME: place };
      const { stdout, stderr } = spawnSync("node", ["--input-type=module", "--eval", program], {
        encoding: "utf8",
        env,
      });
      assert.equal(stdout, '{"a":1}\n', stderr);
    };
    echoes();
    const [name] = readdirSync(join(place, "crossplug/components"));
    const file = join(place, "crossplug/components", name as string);
    const whole = readFileSync(file);
    chmodSync(file, 0o600);
    writeFileSync(
      file,
      whole.map((byte, at) => (at === whole.length >> 1 ? byte ^ 1 : byte)),
    );
    echoes();
    assert.deepEqual(readFileSync(file), whole);
    const { ino } = statSync(file);
    echoes();
    assert.equal(statSync(file).ino, ino, "it is written once");
  });
});
