// The test kit on plugins as authors write them: calls, streams both ways, fake services, logs, events, errors.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type JsonValue, PluginError } from "crossplug";
import { type Agent, AgentClient, AgentEvents, AgentServices, agent, agentServices } from "crossplug/interfaces/agent";
import {
  type Conformance,
  ConformanceClient,
  conformance,
  conformanceServices,
  OutOfPaperError,
} from "crossplug/interfaces/conformance";
import { definePlugin, implement } from "crossplug/plugin";
import { type TestHostOptions, testHost } from "crossplug/testing";
import { SUBJECT } from "./peers.js";

const manifest = { name: "tested", version: "1.0.0", description: "Is tested." };
const { plugin: subject } = (await import(SUBJECT)) as { plugin: Parameters<typeof testHost>[0] };

async function withSubject(
  options: TestHostOptions,
  use: (client: ConformanceClient, host: Awaited<ReturnType<typeof testHost>>) => Promise<void>,
) {
  const host = await testHost(subject, options);
  await use(new ConformanceClient(host), host);
  await host.close();
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

/** What a promise was rejected with. */
async function failure(promise: Promise<unknown>): Promise<PluginError<unknown>> {
  try {
    await promise;
  } catch (thrown) {
    assert.ok(thrown instanceof PluginError, String(thrown));
    return thrown;
  }
  assert.fail("it did not fail");
}

describe("the subject, by its typed client", () => {
  test("echoes every kind", () =>
    withSubject({}, async (client) => {
      const echo = {
        big: 2n ** 63n - 1n,
        bytes: new Uint8Array([1, 2]),
        thing: { unknown: { kind: "blob" } },
        extra: { more: [1] },
      };
      assert.deepEqual(await client.testEcho(echo), echo);
    }));

  test("takes and gives what nests as deep as a message may, and not deeper", () =>
    withSubject({}, async (client) => {
      const nested = (depth: number): JsonValue => (depth === 0 ? 1 : [nested(depth - 1)]);
      // Two objects are around it: the message and its params.
      const any = nested(126);
      assert.deepEqual((await client.testEcho({ any })).any, any);
      await assert.rejects(client.testEcho({ any: nested(127) }), { code: "encode", reason: "tooDeep" });
    }));

  test("streams to the caller, far beyond one window of credit", () =>
    withSubject({}, async (client, host) => {
      const call = client.testCount({ to: 1000 });
      assert.equal((await collect(call)).length, 1000);
      assert.equal(await call.result(), 500500n);
      assert.deepEqual(host.progress, [{ method: "test.count", fraction: 1, message: "done" }]);
    }));

  test("streams from the caller, and both ways", () =>
    withSubject({}, async (client) => {
      const numbers = Array.from({ length: 500 }, (_, at) => BigInt(at));
      assert.equal(await client.testSum(numbers), 124750n);
      const both = client.testDouble(numbers);
      assert.deepEqual(
        await collect(both),
        numbers.map((number) => number * 2n),
      );
      assert.equal(await both.result(), 500);
    }));

  test("calls fake services, with types", async () => {
    const services = [
      implement(conformanceServices, { testAnswer: (_ctx, { question }) => ({ answer: question.toUpperCase() }) }),
    ];
    await withSubject({ services }, async (client) => {
      assert.deepEqual(await client.testAsk({ question: "why?" }), { answer: "WHY?" });
    });
    await withSubject({}, async (client) => {
      assert.equal((await failure(client.testAsk({ question: "?" }))).code, "permissionDenied");
    });
  });

  test("throws the interface's own classes", () =>
    withSubject({}, async (client) => {
      const thrown = await failure(client.testFail({ code: "outOfPaper", message: "empty", details: { sheets: 3 } }));
      assert.ok(thrown instanceof OutOfPaperError);
      assert.deepEqual([thrown.details, thrown.retryable, thrown.message], [{ sheets: 3 }, true, "empty"]);
      assert.equal((await failure(client.testFail({ code: "notFound", message: "x" }))).code, "notFound");
    }));

  test("gives traces only to whoever wants them", async () => {
    for (const debug of [false, true]) {
      await withSubject({ debug }, async (client) => {
        const thrown = await failure(client.testCrash());
        assert.equal(thrown.message, "Error: crash on purpose");
        assert.equal(thrown.details !== undefined, debug);
      });
    }
  });

  test("sends half of a surrogate pair in neither direction", async () => {
    const odd = "\ud800";
    const conforming = {
      testFail: () => {
        throw new PluginError("notFound", `no ${odd}`, { details: { odd } });
      },
    };
    const host = await testHost(definePlugin({ manifest, interfaces: [implement(conformance, conforming)] }));
    const thrown = await failure(host.call("test.fail", { code: "x", message: "x" }));
    assert.equal(thrown.code, "notFound");
    assert.match(thrown.message, /^no \ufffd \(details left out: .*surrogate/);
    await assert.rejects(host.call("test.echo", { text: odd }), /surrogate/);
    await assert.rejects(host.emit("test.happened", { odd }), /surrogate/);
    await host.close();
  });

  test("can be cancelled", () =>
    withSubject({}, async (client) => {
      const aborter = new AbortController();
      const hanging = client.testHang({ signal: aborter.signal });
      setTimeout(() => aborter.abort(), 5);
      assert.equal((await failure(hanging)).code, "cancelled");
    }));

  test("is seen to log and to emit", () =>
    withSubject({}, async (client, host) => {
      await client.testLog({ text: "hello" });
      await client.testEmit({ times: 2 });
      assert.deepEqual(host.logs, [{ level: "info", message: "hello", fields: { from: "subject" } }]);
      assert.deepEqual(
        host.events.map(({ name, stream, seq, payload }) => [name, stream, seq, payload]),
        [
          ["test.happened", "test:stream", 1, { number: 1 }],
          ["test.happened", "test:stream", 2, { number: 2 }],
        ],
      );
    }));

  test("knows its context", () =>
    withSubject({ config: { K: 1 }, instanceId: "x", debug: true }, async (client) => {
      assert.deepEqual(await client.testContext({ timeoutMs: 1000 }), {
        instanceId: "x",
        config: { K: 1 },
        hasDeadline: true,
        cancelled: false,
        debug: true,
      });
    }));
});

describe("a plugin of a class", () => {
  class Greeter implements Agent {
    readonly heard: string[] = [];

    actionInvoke(...[ctx, { memory }]: Parameters<NonNullable<Agent["actionInvoke"]>>) {
      return { success: true, text: `${String(ctx.config.greeting)}, ${memory.content.text ?? "you"}` };
    }

    async onMessageReceived(...[ctx, event]: Parameters<NonNullable<Agent["onMessageReceived"]>>) {
      const { memory } = event.payload;
      const { memories } = await new AgentServices(ctx).memorySearch({ limit: 1 });
      this.heard.push(memory.content.text ?? "");
      new AgentEvents(ctx).agentNoted({ text: `${memories.length} older` });
      if (memory.content.text === "bad") throw new Error("cannot take it");
    }
  }

  const memory = { content: { text: "hi" } };

  test("keeps its `this`, reads its config, hears events, and runs onStart and onStop", async () => {
    const steps: string[] = [];
    const greeter = new Greeter();
    const plugin = definePlugin({
      manifest,
      interfaces: [implement(agent, greeter)],
      onStart: async (ctx) => {
        await Promise.resolve();
        steps.push(`start ${String(ctx.config.greeting)}`);
        ctx.log.debug("early");
      },
      onStop: () => void steps.push("stop"),
    });
    const services = [implement(agentServices, { memorySearch: () => ({ memories: [memory] }) })];
    const host = await testHost(plugin, { config: { greeting: "good day" }, services });
    assert.deepEqual(host.logs, [{ level: "debug", message: "early", fields: undefined }]);
    const client = new AgentClient(host);
    assert.equal((await client.actionInvoke({ action: "GREET", memory })).text, "good day, hi");
    assert.equal((await failure(client.providerGet({ provider: "P", memory }))).code, "methodNotFound");
    await host.emit("message.received", { memory });
    await host.emit("message.received", { memory: { content: { text: "bad" } } });
    await host.close();
    assert.deepEqual(greeter.heard, ["hi", "bad"]);
    assert.deepEqual(
      host.events.map(({ payload }) => payload),
      [{ text: "1 older" }, { text: "1 older" }],
    );
    assert.match(host.logs.at(-1)?.message ?? "", /message\.received failed: Error: cannot take it/);
    assert.deepEqual(steps, ["start good day", "stop"]);
  });

  test("is not started where its onStart fails", async () => {
    const plugin = definePlugin({
      manifest,
      interfaces: [],
      onStart: () => {
        throw new PluginError("failedPrecondition", "no key in the config");
      },
    });
    assert.deepEqual((await failure(testHost(plugin))).message, "no key in the config");
  });
});

describe("a handler that was cancelled is answered with", () => {
  const given: { readonly [code: string]: (signal: AbortSignal) => unknown } = {
    cancelled: (signal) => signal.reason,
    "cancelled, too": () => new DOMException("stopped", "AbortError"),
    failedPrecondition: () => new PluginError("failedPrecondition", "could not clean up"),
    internal: () => new Error("lost my place"),
  };
  for (const [code, error] of Object.entries(given)) {
    test(code, async () => {
      const testHang: Conformance["testHang"] = ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(error(signal))));
      const host = await testHost(definePlugin({ manifest, interfaces: [implement(conformance, { testHang })] }));
      const aborter = new AbortController();
      const hanging = new ConformanceClient(host).testHang({ signal: aborter.signal });
      aborter.abort();
      assert.equal((await failure(hanging)).code, code.replace(", too", ""));
      await host.close();
    });
  }
});

describe("a call to the host", () => {
  const asking = (testAsk: NonNullable<Conformance["testAsk"]>) =>
    definePlugin({ manifest, interfaces: [implement(conformance, { testAsk })] });

  test("ends by its own deadline, and the service learns of it", async () => {
    let aborted = false;
    const services = [
      implement(conformanceServices, {
        testAnswer: (ctx) =>
          new Promise((_resolve, reject) => {
            ctx.signal.addEventListener("abort", () => {
              aborted = true;
              reject(ctx.signal.reason);
            });
          }),
      }),
    ];
    const plugin = asking(async (ctx) => {
      const thrown = await failure(ctx.call("test.answer", { question: "?" }, { timeoutMs: 10 }));
      return { answer: thrown.code };
    });
    const host = await testHost(plugin, { services });
    assert.deepEqual(await new ConformanceClient(host).testAsk({ question: "?" }), { answer: "deadlineExceeded" });
    assert.ok(aborted);
    await host.close();
  });

  test("carries what is left of the time of the call that it serves", async () => {
    let timeoutMs: number | undefined;
    const services = [
      implement(conformanceServices, {
        testAnswer: (ctx) => {
          timeoutMs = ctx.timeoutMs;
          return { answer: "" };
        },
      }),
    ];
    const host = await testHost(
      asking((ctx, params) => ctx.call("test.answer", { ...params }).then(() => ({ answer: "done" }))),
      { services },
    );
    await new ConformanceClient(host).testAsk({ question: "?" }, { timeoutMs: 5000 });
    assert.ok(timeoutMs !== undefined && timeoutMs > 4000 && timeoutMs <= 5000, String(timeoutMs));
    await host.close();
  });
});

test("a plugin has the configuration of its manifest, and one without a manifest is tested too", async () => {
  const testContext: Conformance["testContext"] = ({ config, instanceId, debug }) => ({
    instanceId,
    config,
    hasDeadline: false,
    cancelled: false,
    debug,
  });
  const interfaces = [implement(conformance, { testContext })];
  const plain = await testHost(definePlugin({ interfaces }));
  assert.deepEqual(((await plain.call("test.context")) as { config: unknown }).config, {});
  const configured = await testHost(definePlugin({ manifest: { ...manifest, config: { a: 1, b: 1 } }, interfaces }), {
    config: { b: 2 },
  });
  assert.deepEqual(((await configured.call("test.context")) as { config: unknown }).config, { a: 1, b: 2 });
});

test("one method cannot be implemented twice", () => {
  assert.throws(
    () => definePlugin({ manifest, interfaces: [implement(agent, {}), implement(agent, {})] }),
    /implemented twice/,
  );
});
