// Modules of crossplug-abi/1 through the WebAssembly door: bare files, guests that loop, grow, trap, panic or lie, stops, the
// examples beside their programs, and many loads.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { JsonObject, JsonValue } from "crossplug";
import { type CrossplugError, Host, type HostLog, type Plugin, PluginError, wasmDoor } from "crossplug/host";
import type { Thread } from "../dist/host/wasm/seat.js";
import { bounded, customSection, fullLimits, WasmDoor } from "./inside.js";
import { failure, guest, pluginFolder, putProgram, ROOT, until } from "./plugins.js";

const PATIENCE = { shutdownMs: 200, endOfInputMs: 200, terminateMs: 200 };
const MODES = ["worker", "inline"] as const;

describe("a module by itself", { skip: guest("subject") === undefined }, () => {
  test("carries its manifest, and may do what that asks for and the host grants", async () => {
    const logs: HostLog[] = [];
    await using host = await Host.create({ onLog: (line) => logs.push(line) });
    await using plugin = await host.load(guest("subject") as string);
    assert.equal(plugin.name, "conformance-subject");
    assert.equal(plugin.manifest?.name, "conformance-subject");
    assert.deepEqual(await plugin.call("test.echo", { text: "é" }), { text: "é" });
    assert.deepEqual(logs, [], "how it is entered is clear without a word about doors");
  });

  test("can be given as bytes, with another name and no manifest", async () => {
    const module = readFileSync(guest("subject") as string);
    await using host = await Host.create();
    await using plugin = await host.open("other", wasmDoor({ module }), { grants: ["test.answer"] });
    assert.equal(plugin.name, "other");
    assert.equal(plugin.manifest, undefined);
    assert.deepEqual(await plugin.call("test.echo", {}), {});
  });
});

describe("what cannot be loaded", () => {
  const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const cases: readonly [string, string, Uint8Array, RegExp][] = [
    ["nothing of the kind", "Incompatible", Buffer.from("(module)"), /no WebAssembly module/],
    ["more memory than it may have", "Limit", Uint8Array.from([...HEAD, 5, 4, 1, 0, 0x81, 0x02]), /out of memory/],
  ];
  for (const [what, kind, module, says] of cases) {
    test(what, async () => {
      await using host = await Host.create();
      const error = await failure(host.open("x", wasmDoor({ module, limits: { memoryBytes: 1 << 20 } })));
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, says);
    });
  }

  test("a module that has not the ABI that its manifest says", async () => {
    const made = pluginFolder({ doors: { wasm: { path: "x.wasm", abi: "crossplug-abi/1" } } });
    writeFileSync(join(made, "x.wasm"), Uint8Array.from([...HEAD, 0, 2, 1, 0x61]));
    await using host = await Host.create();
    const error = await failure(host.load(made));
    assert.equal(error.kind, "Incompatible");
    assert.match(error.message, /does not export `crossplug_abi`/);
  });

  test("one that nobody waits for any more", { skip: guest("subject") === undefined }, async () => {
    await using host = await Host.create();
    const signal = AbortSignal.timeout(1);
    assert.equal((await failure(host.load(guest("subject") as string, { signal }))).kind, "Cancelled");
    assert.deepEqual(host.plugins, []);
  });
});

const BROKEN = MODES.flatMap((mode) => ["broken", "broken-component"].map((name) => ({ mode, name })));
for (const { mode, name } of BROKEN) {
  describe(`${name}, ${mode}`, { skip: guest(name) === undefined }, () => {
    const opened = async (): Promise<{ host: Host; plugin: Plugin }> => {
      const host = await Host.create({ patience: PATIENCE });
      const module = guest(name) as string;
      const plugin = await host.open("broken", wasmDoor({ mode, module, limits: { memoryBytes: 8 << 20 } }));
      return { host, plugin };
    };
    const echoes = async (plugin: Plugin): Promise<void> =>
      assert.deepEqual(await plugin.call("echo", { a: 1 }), { a: 1 });

    const kinds: readonly [string, string][] =
      mode === "inline"
        ? [["trap", "Trap"], ["lie", "Protocol"], ["hang", "Deadline"]] // biome-ignore format: a table
        : [["loop", "Deadline"], ["grow", "Deadline"], ["trap", "Trap"], ["lie", "Protocol"], ["hang", "Deadline"]]; // biome-ignore format: a table
    test("each way to break has its error, and a fresh guest goes on", async () => {
      const { host, plugin } = await opened();
      await echoes(plugin);
      for (const [method, kind] of kinds) {
        const error = await failure(plugin.call(method, {}, { timeoutMs: 100 }));
        assert.equal(error.kind, kind, `${method}: ${error.message}`);
        await echoes(plugin);
      }
      const large = await failure(plugin.call("echo", { large: "x".repeat(100_000) }));
      // A component can only trap where it has no room for what comes in.
      assert.equal(large.kind, name === "broken" ? "Limit" : "Trap");
      await echoes(plugin);
      assert.equal((await plugin.stop()).error, undefined);
      await host.close();
    });

    test("other calls of a lost guest may be tried again", async () => {
      const { host, plugin } = await opened();
      const hangs = failure(plugin.call("hang", {}, { timeoutMs: 5000 }));
      assert.equal((await failure(plugin.call("trap"))).kind, "Trap");
      const lost = await hangs;
      assert.ok(lost instanceof PluginError && lost.retryable);
      assert.equal(lost.code, "unavailable");
      await echoes(plugin);
      await host.close();
    });

    test("what is no JSON ends the plugin", async () => {
      const { host, plugin } = await opened();
      assert.equal((await failure(plugin.call("babble"))).kind, "Protocol");
      assert.equal((await plugin.wait()).error?.kind, "Protocol");
      assert.equal(plugin.isAlive, false);
      await host.close();
    });
  });
}

for (const mode of MODES) {
  describe(`the subject, ${mode}`, { skip: guest("subject") === undefined }, () => {
    test("a panic is the error that it is elsewhere", async () => {
      const logs: string[] = [];
      await using host = await Host.create({ doors: [wasmDoor({ mode })], onLog: ({ message }) => logs.push(message) });
      await using plugin = await host.load(guest("subject") as string);
      const hangs = failure(plugin.call("test.hang"));
      const crashed = await failure(plugin.call("test.crash"));
      assert.deepEqual([crashed.code, crashed.message], ["internal", "panic: crash on purpose"]);
      assert.equal((await hangs).code, "unavailable");
      assert.deepEqual(await plugin.call("test.echo", { text: "x" }), { text: "x" });
      assert.ok(logs.some((line) => line.includes("a fresh one takes its place: panic: crash on purpose")));
    });

    test("memory stays flat over many loads", async () => {
      await using host = await Host.create({ doors: [wasmDoor({ mode })] });
      const once = async (): Promise<void> => {
        const plugin = await host.load(guest("subject") as string);
        assert.deepEqual(await plugin.call("test.echo", { text: "x" }), { text: "x" });
        assert.equal((await plugin.stop()).error, undefined);
      };
      const times = mode === "inline" ? 1000 : 50;
      for (let load = 0; load < times / 10; load++) await once();
      const before = process.memoryUsage.rss();
      for (let load = 0; load < times; load++) await once();
      const grown = process.memoryUsage.rss() - before;
      assert.ok(grown < 64 << 20, `${grown} bytes more than before`);
    });
  });
}

test("a stop does not wait for a loop", { skip: guest("broken") === undefined }, async () => {
  await using host = await Host.create({ patience: PATIENCE });
  const plugin = await host.open("broken", wasmDoor({ module: guest("broken") as string }));
  const looping = failure(plugin.call("loop", {}, { timeoutMs: Infinity }));
  const ending = await plugin.stop();
  assert.equal(ending.error, undefined);
  assert.equal((await looping).kind, "Cancelled");
});

for (const when of ["while it works", "while nobody is there"] as const) {
  test(`a thread that ends by itself ${when} costs its guest`, { skip: guest("broken") === undefined }, async () => {
    const workers: Worker[] = [];
    const thread = (): Thread => {
      const worker = new Worker(new URL("../../dist/host/node/guest-thread.js", import.meta.url));
      workers.push(worker);
      return {
        post: (message) => worker.postMessage(message),
        listen: (heard, gone) => void worker.on("message", heard).on("exit", (code) => gone(`exit code ${code}`)),
        hold: () => undefined,
        end: () => void worker.terminate(),
      };
    };
    const read = (): Promise<Uint8Array> => Promise.resolve(readFileSync(guest("broken") as string));
    const door = new WasmDoor({ read, thread, address: String, send: undefined }, { module: "broken.wasm" });
    await using host = await Host.create({ patience: PATIENCE });
    await using plugin = await host.open("broken", door);
    const looping = when === "while it works" ? failure(plugin.call("loop")) : undefined;
    await workers[0]?.terminate();
    if (looping !== undefined) assert.match((await looping).message, /its thread has ended: exit code/);
    assert.deepEqual(await plugin.call("echo", { a: 1 }), { a: 1 });
    assert.equal(workers.length, 2);
  });
}

test("a thread serves one guest after another, but for one that did not come back", async (context) => {
  const [broken, subject] = [guest("broken"), guest("subject")];
  if (broken === undefined || subject === undefined) return context.skip();
  const started: Worker[] = [];
  const thread = (): Thread => {
    const worker = new Worker(new URL("../../dist/host/node/guest-thread.js", import.meta.url));
    started.push(worker);
    return {
      post: (message) => worker.postMessage(message),
      listen: (heard) => void worker.removeAllListeners("message").on("message", heard),
      hold: (holds) => (holds ? worker.ref() : worker.unref()),
      end: () => void worker.terminate(),
    };
  };
  const read = (_: string, path: string): Promise<Uint8Array> => Promise.resolve(readFileSync(path));
  const ports = { read, thread, address: String, send: undefined };
  await using host = await Host.create({ patience: PATIENCE });
  const door = new WasmDoor(ports, { module: broken });
  const once = async (): Promise<void> => {
    await using plugin = await host.open("broken", door);
    assert.deepEqual(await plugin.call("echo", { a: 1 }), { a: 1 });
  };
  // The end of one that answers `shutdown` takes two visits.
  const other = new WasmDoor(ports, { module: subject });
  for (let round = 0; round < 3; round++) {
    await using plugin = await host.open("subject", other);
    assert.deepEqual(await plugin.call("test.echo", { text: "a" }), { text: "a" });
    await plugin.stop();
    await new Promise((resolve) => started[0]?.once("message", resolve));
  }
  assert.equal(started.length, 1);
  await started.pop()?.terminate();
  for (let round = 0; round < 3; round++) {
    await once();
    // What it answers to being left is on its way.
    await new Promise((resolve) => started[0]?.once("message", resolve));
  }
  assert.equal(started.length, 1);
  const plugin = await host.open("broken", door);
  const looping = failure(plugin.call("loop", {}, { timeoutMs: Infinity }));
  await plugin.stop();
  await looping;
  await once();
  assert.equal(started.length, 2);
  for (const worker of started) await worker.terminate();
});

test("no more than four threads wait for a next guest", async (context) => {
  const broken = guest("broken");
  if (broken === undefined) return context.skip();
  const left: Promise<unknown>[] = [];
  let ended = 0;
  const thread = (): Thread => {
    const worker = new Worker(new URL("../../dist/host/node/guest-thread.js", import.meta.url));
    return {
      post: (message) => {
        if ((message as { kind: string }).kind === "leave") left.push(once(worker, "message"));
        worker.postMessage(message);
      },
      listen: (heard) => void worker.removeAllListeners("message").on("message", heard),
      hold: (holds) => (holds ? worker.ref() : worker.unref()),
      end: () => {
        ended += 1;
        void worker.terminate();
      },
    };
  };
  const read = (): Promise<Uint8Array> => Promise.resolve(readFileSync(broken));
  const door = new WasmDoor({ read, thread, address: String, send: undefined }, { module: broken });
  const host = await Host.create({ patience: PATIENCE });
  await Promise.all(Array.from({ length: 6 }, (_, number) => host.open(`broken-${number}`, door)));
  await host.close();
  await Promise.all(left);
  assert.deepEqual([left.length, ended], [6, 2]);
});

test("a program goes on while a guest computes, and one that is busy is given its calls one by one", async (context) => {
  if (guest("broken") === undefined) return context.skip();
  await using host = await Host.create();
  await using plugin = await host.open("broken", wasmDoor({ module: guest("broken") as string }));
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const looping = failure(plugin.call("loop", {}, { timeoutMs: 200 }));
  const waiting = Array.from({ length: 20 }, (_, number) => plugin.call("echo", { number }));
  const late = failure(plugin.call("echo", {}, { timeoutMs: 20 }));
  assert.equal((await late).kind, "Deadline");
  assert.equal((await looping).kind, "Deadline");
  clearInterval(timer);
  assert.ok(ticks > 5);
  assert.deepEqual(
    await Promise.all(waiting),
    waiting.map((_, number) => ({ number })),
  );
});

describe("the examples are as modules what they are as programs", () => {
  const SERVICES = {
    "memory.search": (): JsonObject => ({ memories: [{ content: { text: "we spoke of holidays" } }] }),
  };

  /** The example through both of its doors, in one folder with one manifest. */
  function both(name: string): string | undefined {
    const module = guest(name);
    const program = join(ROOT, `target/debug/example-${name}-plugin`);
    if (module === undefined) return undefined;
    if (!existsSync(program)) {
      const args = ["xtask", "programs", "--bin", `example-${name}-plugin`];
      assert.equal(spawnSync("cargo", args, { cwd: ROOT, stdio: "inherit" }).status, 0);
    }
    const manifest = JSON.parse(readFileSync(join(ROOT, `examples/${name}/plugin.rs.json`), "utf8")) as JsonObject;
    const folder = pluginFolder({
      ...manifest,
      doors: { process: { command: ["./plugin"] }, wasm: { path: "plugin.wasm" } },
    });
    putProgram(program, join(folder, "plugin"));
    putProgram(module, join(folder, "plugin.wasm"));
    return folder;
  }

  async function answers(folder: string, door: string, ask: (plugin: Plugin) => Promise<unknown>): Promise<unknown> {
    await using host = await Host.create({ services: SERVICES });
    await using plugin = await host.load(folder, { door, grants: ["*"] });
    return await ask(plugin);
  }

  test("agent", async (context) => {
    const folder = both("agent");
    if (folder === undefined) return context.skip();
    const memory = { content: { text: "What did we say about that holiday, and when do the holidays begin?" } };
    const ask = (plugin: Plugin): Promise<JsonValue[]> => {
      const calls: readonly [string, JsonObject][] = [
        ["action.validate", { action: "RECALL", memory }],
        ["action.invoke", { action: "RECALL", memory }],
        ["provider.get", { provider: "KEYWORDS", memory }],
        ["evaluator.invoke", { evaluator: "TONE", memory }],
        ["action.invoke", { action: "NOWHERE", memory }],
      ];
      const one = ([method, params]: readonly [string, JsonObject]): Promise<JsonValue> =>
        plugin.call(method, params).catch((thrown: CrossplugError) => thrown.code);
      return Promise.all(calls.map(one));
    };
    const module = (await answers(folder, "wasm", ask)) as JsonObject[];
    assert.deepEqual(module, await answers(folder, "process", ask));
    assert.equal(module[1]?.success, true);
  });

  test("textstats", async (context) => {
    const folder = both("textstats");
    if (folder === undefined) return context.skip();
    const text = "One two three. Four!\n\nFive six? Seven eight nine, ten eleven.\n\nTwelve.";
    const ask = async (plugin: Plugin): Promise<unknown> => {
      const call = plugin.start("text.analyse", { text });
      const items: JsonValue[] = [];
      for await (const item of call) items.push(item);
      return { items, result: await call.result() };
    };
    const module = (await answers(folder, "wasm", ask)) as { items: JsonValue[] };
    assert.deepEqual(module, await answers(folder, "process", ask));
    assert.equal(module.items.length, 3);
  });
});

describe("the outline of a module", () => {
  const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const limits = fullLimits({ memoryBytes: 4 << 16, tableElements: 10 });

  test("memories and tables get maxima, and keep lower ones", () => {
    const table = [4, 9, 2, 0x70, 0, 3, 0x6f, 1, 2, 0xff, 0x01];
    const memory = [5, 4, 1, 1, 1, 3];
    const own = Uint8Array.from([...HEAD, ...table, ...memory]);
    const bound = [...HEAD, 4, 9, 2, 0x70, 1, 3, 10, 0x6f, 1, 2, 10, 5, 4, 1, 1, 1, 3];
    assert.deepEqual([...bounded(own, limits)], bound);
  });

  test("custom sections are found, and nothing in what is broken", () => {
    const module = Uint8Array.from([...HEAD, 0, 4, 1, 0x61, 1, 2, 0, 2, 1, 0x62]);
    assert.deepEqual([...(customSection(module, "a") ?? [])], [1, 2]);
    assert.deepEqual([...(customSection(module, "b") ?? [9])], []);
    for (let length = 0; length < module.length; length++) {
      assert.equal(customSection(module.subarray(0, length), "b"), undefined);
    }
  });
});

test("no more calls than the host allows, and all of them end with the plugin", {
  skip: guest("broken") === undefined,
}, async () => {
  await using host = await Host.create({ startTimeoutMs: 5000, limits: { pendingCalls: 2 } });
  await using plugin = await host.open("broken", wasmDoor({ module: guest("broken") as string }));
  const [first, second] = [failure(plugin.call("hang")), failure(plugin.call("hang"))];
  assert.equal((await failure(plugin.call("echo"))).kind, "Limit");
  await plugin.stop({ shutdownMs: 10, endOfInputMs: 10 });
  assert.deepEqual([(await first).kind, (await second).kind], ["Cancelled", "Cancelled"]);
  assert.ok(await until(() => host.plugins.length === 0));
});
