// Shared libraries through the native door: the conformance subject, the example in C, and libraries that are wrong, each in one
// way (crates/host/tests/native/broken.c, which the Rust host is held to as well).

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { JsonObject } from "crossplug";
import { Host, type HostEvent, type HostLog, nativeDoor, PluginError } from "crossplug/host";
import { compiled, failure, folder, library, pluginFolder, putProgram, ROOT, until } from "./plugins.js";

const PATIENCE = { shutdownMs: 200, endOfInputMs: 200, terminateMs: 200 };
const BROKEN = "crates/host/tests/native/broken.c";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const subject = library("subject");
const shout = compiled("examples/shout/plugin.c", "libshout");
const broken = compiled(BROKEN, "libbroken");

describe("a library by itself", { skip: subject === undefined }, () => {
  test("carries its manifest, and may do what that asks for and the host grants", async () => {
    const logs: HostLog[] = [];
    const events: HostEvent[] = [];
    await using host = await Host.create({
      onLog: (line) => logs.push(line),
      onEvent: (event) => events.push(event),
      services: { "test.answer": (_ctx, { question }) => ({ answer: `${question}!` }) },
      grants: ["*", "emit=*"],
    });
    await using plugin = await host.load(subject as string);
    assert.equal(plugin.name, "conformance-subject");
    assert.deepEqual(await plugin.call("test.echo", { text: "é" }), { text: "é" });
    const streamed = plugin.start("test.count", { to: 300 });
    let count = 0;
    for await (const item of streamed) assert.equal(item, String(++count));
    assert.equal(await streamed.result(), "45150");
    await plugin.call("test.emit", { times: 2 });
    assert.deepEqual(
      events.map(({ seq }) => seq),
      [1, 2],
    );
    assert.deepEqual(logs, [], "how it is entered is clear without a word about doors");
  });

  test("a hundred handlers wait for a service at once, more than there are threads for", async () => {
    let asked = 0;
    let all: () => void = () => undefined;
    const together = new Promise<void>((resolve) => {
      all = resolve;
    });
    await using host = await Host.create({
      services: {
        "test.answer": async () => {
          if (++asked === 100) all();
          await together;
          return { answer: "now" };
        },
      },
      grants: ["*"],
    });
    await using plugin = await host.load(subject as string);
    const calls = Array.from({ length: 100 }, () => plugin.call("test.ask", { question: "?" }));
    assert.deepEqual(await Promise.all(calls), Array(100).fill({ answer: "now" }));
  });

  test("a panic is the error of its call alone, and a call that is given up is cancelled", async () => {
    await using host = await Host.create();
    await using plugin = await host.load(subject as string);
    const given = new AbortController();
    const hangs = failure(plugin.call("test.hang", {}, { signal: given.signal }));
    const crashed = await failure(plugin.call("test.crash"));
    assert.ok(crashed instanceof PluginError);
    assert.deepEqual([crashed.code, crashed.message], ["internal", "panic: crash on purpose"]);
    given.abort();
    assert.equal((await hangs).kind, "Cancelled");
    assert.deepEqual(await plugin.call("test.echo", { text: "x" }), { text: "x" });
    assert.equal((await plugin.stop()).error, undefined);
    assert.equal((await failure(plugin.call("test.echo", {}))).kind, "Cancelled");
  });

  test("is entered by a manifest that names it, and by no link that leads out of its folder", async () => {
    const inside = pluginFolder({ interfaces: { conformance: "1" }, doors: { native: { path: "subject.so" } } });
    putProgram(subject as string, join(inside, "subject.so"));
    await using host = await Host.create();
    await using plugin = await host.load(inside);
    assert.deepEqual(await plugin.call("test.echo", { text: "x" }), { text: "x" });
    const outside = pluginFolder({ doors: { native: { path: "../subject.so" } } });
    assert.equal((await failure(host.load(outside))).kind, "Manifest");
  });
});

describe("the example in C", { skip: shout === undefined }, () => {
  test("answers at once and later, directly and by messages", async () => {
    await using host = await Host.create();
    await using plugin = await host.load(shout as string);
    assert.equal(plugin.manifest?.name, "shout");
    for (const method of ["text.shout", "text.later"]) {
      for (const options of [{}, { timeoutMs: Infinity }, { traceparent: TRACE }]) {
        assert.deepEqual(await plugin.call(method, { text: "quiet\n" }, options), { text: "QUIET\n" });
      }
      const error = await failure(plugin.call(method, {}));
      assert.ok(error instanceof PluginError && error.code === "invalidParams", error.message);
    }
    const nowhere = await failure(plugin.call("text.nowhere"));
    assert.ok(nowhere instanceof PluginError && nowhere.code === "methodNotFound");
    await plugin.ping();
    assert.equal((await plugin.stop()).error, undefined);
  });

  test("a stop waits for what is in flight", async () => {
    await using host = await Host.create();
    await using plugin = await host.load(shout as string);
    const calls = Array.from({ length: 100 }, (_, number) =>
      plugin.call(["text.shout", "text.later"][number % 2] as string, { text: `n${number}` }),
    );
    const stopped = plugin.stop();
    const answers = await Promise.all(calls);
    assert.deepEqual(
      answers,
      answers.map((_, number) => ({ text: `N${number}` })),
    );
    assert.equal((await stopped).error, undefined);
  });
});

describe("what cannot be used is refused with its reason", { skip: broken === undefined }, () => {
  const cases: readonly [string, string, RegExp][] = [
    ["NO_ENTRY", "Incompatible", /exports no `crossplug_plugin`/],
    ["NO_TABLE", "Incompatible", /gives no table/],
    ["WRONG_MAGIC", "Incompatible", /magic number 0x12345678/],
    ["WRONG_VERSION", "Incompatible", /crossplug-abi\/2/],
    ["WRONG_SIZE", "Incompatible", /a table of 16 bytes/],
    ["GAP", "Incompatible", /has no `release`/],
    ["REFUSES", "Start", /no disk/],
    ["SILENT", "Start", /not ready within 500 ms/],
  ];
  for (const [how, kind, says] of cases) {
    test(how, async () => {
      const wrong = compiled(BROKEN, "libbroken", [`-D${how}`]) as string;
      await using host = await Host.create({ patience: PATIENCE });
      const load = host.open("broken", nativeDoor({ library: wrong }), { startTimeoutMs: 500 });
      const error = await failure(load);
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, says);
    });
  }

  test("a file that is missing, and one that is no library", async () => {
    const file = join(folder(), "text.so");
    await using host = await Host.create();
    assert.equal((await failure(host.load(file))).kind, "NotFound");
    writeFileSync(file, "this is no library");
    const error = await failure(host.load(file));
    assert.equal(error.kind, "Start", error.message);
    assert.match(error.message, /shared library for/);
  });
});

describe("a library that does what it must not", { skip: broken === undefined }, () => {
  for (const method of ["babble", "lie", "twice"]) {
    test(`${method}: is closed`, async () => {
      await using host = await Host.create({ patience: PATIENCE });
      const plugin = await host.open("broken", nativeDoor({ library: broken as string }));
      const answered = plugin.call(method);
      // One that answers twice has answered once.
      if (method === "twice") assert.equal(await answered, 1);
      else assert.equal((await failure(answered)).kind, "Protocol");
      assert.equal((await plugin.wait()).error?.kind, "Protocol");
      assert.equal(plugin.isAlive, false);
    });
  }

  test("a call that is late and comes back costs nothing", async () => {
    await using host = await Host.create({ patience: PATIENCE });
    const plugin = await host.open("broken", nativeDoor({ library: broken as string }));
    for (const method of ["slow", "hang"]) {
      assert.equal((await failure(plugin.call(method, {}, { timeoutMs: 50 }))).kind, "Deadline", method);
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual(await plugin.call("echo", { a: 1 }), { a: 1 });
    assert.equal((await plugin.stop()).error, undefined);
  });

  // Threads are lost from here on, and Node would wait for them: each in a program of its own, which has to end by itself.
  const PROGRAM = join(ROOT, "bindings/typescript/test/dist/lost-native.js");
  const lost = (how: string): JsonObject => {
    const ran = spawnSync("node", [PROGRAM, broken as string, how], { encoding: "utf8", timeout: 30_000 });
    assert.equal(ran.status, 7, `${ran.signal}: ${ran.stderr}`);
    return JSON.parse(ran.stdout) as JsonObject;
  };
  for (const method of ["loop", "push.loop"]) {
    test(`${method}: costs the plugin, and neither the program nor its end`, () => {
      const told = { call: "Deadline", ending: "Died", later: "Died", isGivenUp: true, wasFree: true };
      assert.deepEqual(lost(method), told);
    });
  }

  test("a stop does not wait for a loop, nor a program for a plugin that it has not stopped", () => {
    assert.deepEqual(lost("stop"), { call: "Cancelled", ending: "none" });
    assert.deepEqual(lost("leave"), { call: "open" });
  });
});

test("a missing koffi is a tool that is missing, and the error says which one fits", {
  skip: subject === undefined,
}, () => {
  const own = JSON.parse(readFileSync(join(ROOT, "bindings/typescript/package.json"), "utf8"));
  const fits = own.peerDependencies.koffi.slice(1);
  const made = folder();
  const hooks = `export const resolve = (name, context, next) => {
    if (name === "koffi") throw Object.assign(new Error("Cannot find package 'koffi'"), { code: "ERR_MODULE_NOT_FOUND" });
    return next(name, context);
  };`;
  writeFileSync(join(made, "hooks.mjs"), hooks);
  const program = `import { register } from "node:module";
    register(${JSON.stringify(`file://${join(made, "hooks.mjs")}`)});
    const { Host } = await import(${JSON.stringify(`file://${join(ROOT, "bindings/typescript/dist/host.js")}`)});
    const host = await Host.create();
    const error = await host.load(${JSON.stringify(subject)}).catch((error) => error);
    console.log(error.kind + ": " + error.message);`;
  const { stdout, stderr } = spawnSync("node", ["--input-type=module", "--eval", program], { encoding: "utf8" });
  assert.match(stdout, new RegExp(`^ToolMissing: .*npm install koffi@${fits}`), stderr);
});

test("a program that uses koffi itself loads plugins, too", { skip: subject === undefined }, () => {
  const program = `
    const { default: koffi } = await import("koffi");
    const length = koffi.load(null).func("size_t strlen(const char *)");
    const { Host } = await import(${JSON.stringify(`file://${join(ROOT, "bindings/typescript/dist/host.js")}`)});
    const host = await Host.create();
    const plugin = await host.load(${JSON.stringify(subject)});
    console.log(length("four"), await plugin.call("test.echo", { text: "x" }));
    await host.close();`;
  const { stdout, stderr } = spawnSync("node", ["--input-type=module", "--eval", program], {
    cwd: ROOT,
    encoding: "utf8",
  });
  assert.equal(stdout, "4 { text: 'x' }\n", stderr);
});

test("another thread than the main one is told that it loads no libraries", {
  skip: subject === undefined,
}, async () => {
  const program = `const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(`file://${join(ROOT, "bindings/typescript/dist/host.js")}`)}).then(async ({ Host }) => {
      const host = await Host.create();
      const error = await host.load(${JSON.stringify(subject)}).catch((error) => error);
      parentPort.postMessage(error.kind + ": " + error.message);
    });`;
  const said = await new Promise<string>((resolve, reject) => {
    new Worker(program, { eval: true }).once("message", resolve).once("error", reject);
  });
  assert.match(said, /^Incompatible: .*main thread/);
});

test("threads that wait for work end after a while, and keep no program", { skip: subject === undefined }, async () => {
  const host = await Host.create();
  const plugin = await host.load(subject as string);
  await plugin.stop();
  await host.close();
  const threads = (): number => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
  assert.ok(await until(() => threads() === 0), "a thread keeps the program");
});
