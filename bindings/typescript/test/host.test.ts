// A host and real plugins in three languages as child processes: calls, streams, services, events, cancel, deadlines, ends.
// A subject that is not built (Rust) or has no environment (Python) is left out; in CI none may be.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "crossplug";
import {
  type Door,
  Host,
  type HostEvent,
  type HostLog,
  implement,
  type Plugin,
  PluginError,
  wasmDoor,
} from "crossplug/host";
import {
  ConformanceClient,
  type ConformanceServiceHandler,
  conformanceServices,
  OutOfPaperError,
} from "crossplug/interfaces/conformance";
import { boundSubject, failure, moduleSubject, ownSubject, subjects, until } from "./plugins.js";

const processes = subjects();
test("all subjects are here", { skip: process.env.CI === undefined }, () => {
  assert.deepEqual(Object.keys(processes).sort(), ["python", "rust", "typescript"]);
});

/** A plugin, and the door that it is entered by where that is not a host's own. */
type Way = { readonly what: string; readonly folder: string; readonly doors: readonly Door[] };
const ways: Way[] = Object.entries(processes).map(([language, folder]) => ({ what: language, folder, doors: [] }));
ways.push({ what: "the program itself", folder: ownSubject(), doors: [] });
const bound = boundSubject();
if (bound !== undefined) ways.push({ what: "a package of wasm-bindgen's", folder: bound, doors: [] });
const module = moduleSubject();
if (module !== undefined) {
  ways.push({ what: "a module", folder: module, doors: [] });
  ways.push({ what: "a module in the same thread", folder: module, doors: [wasmDoor({ mode: "inline" })] });
}

const services: ConformanceServiceHandler = {
  testAnswer: (_ctx, { question }) => ({ answer: `42: ${question}` }),
  testList: async (_ctx, { to }, items) => {
    let sum = 0n;
    for (let n = 1n; n <= to; n++) {
      await items.send(n);
      sum += n;
    }
    return sum;
  },
};

for (const { what, folder, doors } of ways) {
  describe(`a plugin in ${what}`, () => {
    const logs: HostLog[] = [];
    const events: HostEvent[] = [];
    let host: Host;
    let plugin: Plugin;
    let typed: ConformanceClient;

    before(async () => {
      host = await Host.create({
        name: "tests",
        doors,
        services: implement(conformanceServices, services),
        grants: ["test.*", "emit=test:*"],
        config: { color: "red" },
        onLog: (line) => logs.push(line),
        onEvent: (event) => events.push(event),
      });
      plugin = await host.load(folder, { config: { shape: "round" } });
      typed = plugin.as(ConformanceClient);
    });
    after(() => host.close());

    test("says what it is", () => {
      assert.equal(plugin.introduction.dialect, "crossplug/1");
      assert.deepEqual(Object.keys(plugin.introduction.interfaces).sort(), ["agent", "conformance"]);
      assert.equal(plugin.name, "conformance-subject");
      assert.ok(plugin.isAlive);
      assert.equal(host.plugins[0], plugin);
    });

    test("typed calls carry every type", async () => {
      const sent = {
        big: 2n ** 63n - 1n,
        huge: 2n ** 64n - 1n,
        bytes: new Uint8Array([0, 255]),
        note: null,
        text: "é😀",
      };
      assert.deepEqual(await typed.testEcho(sent), sent);
      assert.deepEqual(await plugin.conformance.testEcho({ text: "" }), { text: "" });
      assert.equal(await typed.testNothing(), undefined);
      const { text } = await plugin.agent.actionInvoke({ action: "ECHO", memory: { content: { text: "hi" } } });
      assert.equal(text, "echo:hi");
    });

    test("config is the manifest's, the host's and the load's", async () => {
      const { config, hasDeadline, instanceId } = await typed.testContext();
      assert.deepEqual(config, { color: "red", shape: "round" });
      assert.ok(hasDeadline);
      assert.equal(instanceId, plugin.instanceId);
      assert.equal((await typed.testContext({ timeoutMs: Infinity })).hasDeadline, false);
    });

    test("errors come as the plugin answered, with their class and details", async () => {
      const plain = await failure(plugin.call("test.fail", { code: "notFound", message: "gone", details: { id: 7 } }));
      assert.ok(plain instanceof PluginError && plain.kind === "Plugin");
      assert.deepEqual([plain.code, plain.message, plain.details], ["notFound", "gone", { id: 7 }]);
      const own = await failure(typed.testFail({ code: "outOfPaper", message: "empty", details: { sheets: 3 } }));
      assert.ok(own instanceof OutOfPaperError);
      assert.deepEqual(own.details, { sheets: 3 });
      assert.equal((await failure(typed.testCrash())).code, "internal");
      assert.equal((await failure(plugin.call("no.such"))).code, "methodNotFound");
      assert.equal((await failure(plugin.call("test.ask", {}))).code, "invalidParams");
    });

    test("half of a surrogate pair is refused before it is sent, and the plugin lives on", async () => {
      const odd = "\ud800";
      await assert.rejects(plugin.call("test.echo", { any: odd }), /surrogate/);
      assert.throws(() => plugin.start("test.count", { [odd]: 1 }), /surrogate/);
      assert.throws(() => plugin.emit("test.happened", { odd }), /surrogate/);
      assert.deepEqual(await plugin.call("test.echo", { any: "fine" }), { any: "fine" });
    });

    test("a hundred calls at once, and 16 MiB", async () => {
      const texts = Array.from({ length: 100 }, (_, at) => `call ${at}`);
      const echoed = await Promise.all(texts.map((text) => typed.testEcho({ text })));
      assert.deepEqual(
        echoed.map(({ text }) => text),
        texts,
      );
      const text = "x".repeat(16 << 20);
      assert.equal((await typed.testEcho({ text })).text, text);
    });

    test("streams come with progress and back-pressure, and end with the result", async () => {
      const progress: unknown[] = [];
      const call = typed.testCount({ to: 1000 }, { onProgress: (said) => progress.push(said) });
      let last = 0n;
      for await (const item of call) {
        assert.equal(item, last + 1n);
        last = item;
        if (item === 300n) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.equal(last, 1000n);
      assert.equal(await call.result(), 500_500n);
      assert.deepEqual(progress, [{ fraction: 1, message: "done" }]);
      assert.equal(await typed.testCount({ to: 1000 }).result(), 500_500n, "what nobody reads holds nobody up");
    });

    test("streams go, and both ways at once", async () => {
      const numbers = Array.from({ length: 1000 }, (_, at) => BigInt(at));
      assert.equal(await typed.testSum(numbers), 499_500n);
      const doubled: bigint[] = [];
      const call = typed.testDouble(numbers);
      for await (const item of call) doubled.push(item);
      assert.deepEqual(
        doubled,
        numbers.map((number) => number * 2n),
      );
      assert.equal(await call.result(), 1000);
    });

    test("an upload that fails gives the call up", async () => {
      const failing = (function* () {
        yield 1n;
        throw new RangeError("no more numbers");
      })();
      const { kind, cause } = await failure(typed.testSum(failing));
      assert.equal(kind, "Cancelled");
      assert.ok(cause instanceof RangeError);
    });

    test("services answer inside of a call, stream, and fail as they throw", async () => {
      assert.deepEqual(await typed.testAsk({ question: "?" }), { answer: "42: ?" });
      assert.equal(await typed.testSkim({ to: 1000 }), 500_500n);
    });

    test("events go both ways, in order", async () => {
      events.length = 0;
      const heard: number[] = [];
      const stop = plugin.onEvent(({ payload }) => heard.push((payload as { number: number }).number));
      await typed.testEmit({ times: 3 });
      stop();
      await typed.testEmit({ times: 1 });
      assert.deepEqual(heard, [1, 2, 3]);
      assert.deepEqual(
        events.map(({ name, stream, plugin: from }) => [name, stream, from]),
        Array.from({ length: 4 }, () => ["test.happened", "test:stream", "conformance-subject"]),
      );
      const asked = new Promise<string>((resolve) => {
        services.testAnswer = (_ctx, { question }) => {
          resolve(question);
          return { answer: "heard" };
        };
      });
      plugin.emit("test.happened", { number: 7 }, "test:other");
      assert.equal(await asked, "test.happened test:other 1 7");
      services.testAnswer = (_ctx, { question }) => ({ answer: `42: ${question}` });
    });

    test("logs come with their fields", async () => {
      await plugin.call("test.log", { text: "a line" });
      assert.ok(await until(() => logs.some(({ message }) => message === "a line")));
      const line = logs.find(({ message }) => message === "a line");
      assert.deepEqual([line?.source, line?.level, line?.fields], ["plugin", "info", { from: "subject" }]);
    });

    test("cancel: before, while and after", async () => {
      const before = await failure(plugin.call("test.hang", {}, { signal: AbortSignal.abort("why") }));
      assert.deepEqual([before.kind, before.cause], ["Cancelled", "why"]);
      const aborter = new AbortController();
      const hanging = failure(typed.testHang({ signal: aborter.signal }));
      await typed.testNothing();
      aborter.abort();
      assert.equal((await hanging).kind, "Cancelled");
      const late = new AbortController();
      await typed.testNothing({ signal: late.signal });
      late.abort();
      await typed.testNothing();
    });

    test("a deadline ends the call and not the plugin", async () => {
      const { kind, message } = await failure(plugin.call("test.hang", {}, { timeoutMs: 50 }));
      assert.equal(kind, "Deadline");
      assert.match(message, /^call `test\.hang`: Deadline: .*timeoutMs/);
      assert.equal((await failure(plugin.call("test.echo", {}, { timeoutMs: 0 }))).kind, "Deadline");
      await typed.testNothing();
    });

    test("words of the protocol and values that are no JSON are refused", async () => {
      for (const method of ["initialize", "shutdown", "$/cancel"]) {
        assert.equal((await failure(plugin.call(method))).kind, "Denied");
      }
      await assert.rejects(plugin.call("test.echo", { text: "\ud800" }), { name: "EncodeError" });
      await assert.rejects(plugin.call("test.echo", { any: NaN }), { name: "EncodeError" });
      await typed.testNothing();
    });

    test("ping answers", async () => assert.ok((await plugin.ping()) > 0));
  });

  test(`a plugin in ${what} that was granted nothing gets nothing`, async () => {
    const logs: string[] = [];
    const events: HostEvent[] = [];
    await using host = await Host.create({
      services: [implement(conformanceServices, services), { "test.other": (): JsonObject => ({}) }],
      onLog: ({ message }) => logs.push(message),
      onEvent: (event) => events.push(event),
      doors,
    });
    await using plugin = await host.load(folder);
    assert.equal((await failure(plugin.call("test.ask", { question: "?" }))).code, "permissionDenied");
    await plugin.call("test.emit", { times: 1 });
    assert.deepEqual(events, []);
    assert.ok(
      logs.some((line) => line.startsWith("the event `test.happened` was refused: ")),
      logs.join("\n"),
    );
  });

  test(`a plugin in ${what} finishes what is in flight when it is stopped`, async () => {
    await using host = await Host.create({ doors });
    const plugin = await host.load(folder);
    const call = plugin.start("test.count", { to: 5 });
    const ending = plugin.stop();
    assert.equal(await call.result(), "15");
    const status = plugin.introduction.process === undefined ? undefined : "exit status 0";
    assert.deepEqual(await ending, { error: undefined, status });
    assert.equal(plugin.isAlive, false);
    assert.equal((await failure(plugin.call("test.nothing"))).kind, "Cancelled");
    assert.deepEqual(host.plugins, []);
  });
}

for (const [language, folder] of Object.entries(processes)) {
  test(`a plugin in ${language} speaks elizaos-bridge/1, too`, async () => {
    await using host = await Host.create();
    await using plugin = await host.load(folder, { dialect: "elizaos-bridge/1" });
    const { text } = await plugin.agent.actionInvoke({ action: "ECHO", memory: { content: { text: "hi" } } });
    assert.equal(text, "echo:hi");
    assert.throws(() => plugin.emit("test.happened", { number: 1 }), { kind: "Incompatible" });
    const { status } = await plugin.stop();
    assert.equal(status, "exit status 0");
  });
}
