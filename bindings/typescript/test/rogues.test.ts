// Every rogue peer through the host's process door: the kind of error that the table says, in 10 s, and nothing left behind.
// The rogues are a program of `crates/conformance`; without it the tests are skipped, in CI they fail.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { CrossplugError, type Encoding, Host, type Plugin } from "crossplug/host";
import { living, pluginFolder, putProgram, ROOT, until } from "./plugins.js";

interface Rogue {
  readonly name: string;
  readonly at: "load" | "call" | "next" | "large" | "stream" | "streams";
  readonly encoding?: Encoding;
  readonly kind: string | null;
  readonly about: string;
}

const PROGRAM = join(ROOT, "target/debug/rogue");
/** From the beginning of the load to the end of the stop. */
const MOST_MS = 10_000;
/** For a call that is never answered. */
const DEADLINE_MS = 2000;
/** For every other call: behind a flood, on a busy machine. */
const LONG_DEADLINE_MS = 9000;
/** Before a stream is read. */
const SLOWNESS_MS = 300;
/** Streams that are open at once. */
const STREAMS = 40;

const skip = existsSync(PROGRAM) || process.env.CI !== undefined ? false : "the program `rogue` is not built";
const rogues = JSON.parse(readFileSync(join(ROOT, "crates/conformance/rogues.json"), "utf8")) as Rogue[];

function host(): Promise<Host> {
  return Host.create({
    name: "rogues",
    grants: ["emit=*", "test.hold"],
    patience: { shutdownMs: 300, endOfInputMs: 300, terminateMs: 500 },
    limits: { bufferedBytes: 4 << 20 },
    services: { "test.hold": () => new Promise(() => undefined) },
    startTimeoutMs: DEADLINE_MS,
    onLog: () => undefined,
    onEvent: () => undefined,
  });
}

/** Does what brings the misbehaviour out. */
async function act(plugin: Plugin, at: Rogue["at"], timeoutMs: number): Promise<void> {
  const echo = (params = {}) => plugin.call("test.echo", params, { timeoutMs });
  const count = (to: number, ms: number) => plugin.start("test.count", { to }, { timeoutMs: ms });
  switch (at) {
    case "call":
      await echo();
      return;
    case "next":
      // The second answer may be there before the first one is looked at.
      await echo().catch(() => undefined);
      await echo();
      return;
    case "large":
      await echo({ text: "x".repeat(8 << 20) });
      return;
    case "stream": {
      const stream = count(1000, timeoutMs);
      // A slow reader gives no new credit meanwhile, so a peer that heeds none goes past it.
      await new Promise((resolve) => setTimeout(resolve, SLOWNESS_MS));
      for await (const _ of stream);
      await stream.result();
      return;
    }
    case "streams": {
      const streams = Array.from({ length: STREAMS }, () => count(1, LONG_DEADLINE_MS));
      // Answered after all of them, so everything is there; and the plugin must still be.
      await plugin.call("test.echo", {}, { timeoutMs: LONG_DEADLINE_MS });
      await Promise.all(streams.map((stream) => stream.result()));
      return;
    }
    case "load":
  }
}

async function meet({ name, at, encoding = "json", kind }: Rogue): Promise<void> {
  const command = ["./rogue", name];
  const folder = pluginFolder({
    name: "rogue",
    interfaces: { conformance: "1" },
    permissions: { services: ["test.hold"], events: { emit: ["*"] } },
    doors: { process: { command } },
  });
  putProgram(PROGRAM, join(folder, "rogue"));
  const begin = Date.now();
  let thrown: unknown;
  await using one = await host();
  try {
    await using plugin = await one.load(folder, { encoding });
    await act(plugin, at, kind === "Deadline" ? DEADLINE_MS : LONG_DEADLINE_MS);
  } catch (caught) {
    thrown = caught;
  }
  const took = Date.now() - begin;
  if (thrown !== undefined && !(thrown instanceof CrossplugError)) throw thrown;
  assert.equal(thrown?.kind ?? null, kind, String(thrown));
  assert.ok(took < MOST_MS, `it took ${took} ms`);
  assert.ok(await until(() => living(folder).length === 0), `left behind: ${living(folder).join("; ")}`);
}

describe("rogues", { concurrency: 3, skip }, () => {
  for (const rogue of rogues) test(`${rogue.name}: ${rogue.about}`, () => meet(rogue));
});
