// Services of the host as a handler calls them: streams that are read, half read and not read, limits of time, and records.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Caller, Context, JsonValue, UploadOptions } from "crossplug";
import { AgentClient, AgentServices } from "crossplug/interfaces/agent";
import {
  type Conformance,
  ConformanceClient,
  type ConformanceServiceHandler,
  ConformanceServices,
  conformance,
  conformanceServices,
} from "crossplug/interfaces/conformance";
import { definePlugin, implement } from "crossplug/plugin";
import { type TestHost, testHost } from "crossplug/testing";

const manifest = { name: "tested", version: "1.0.0", description: "Is tested." };

/** Streams far more than one window of credit. */
const testList: NonNullable<ConformanceServiceHandler["testList"]> = async (_ctx, { to }, items) => {
  let sum = 0n;
  for (let number = 1n; number <= to; number++) {
    await items.send(number);
    sum += number;
  }
  return sum;
};

/** What a handler gives that is run with fake services. */
async function handled(
  body: (ctx: Context) => Promise<bigint>,
  fakes: ConformanceServiceHandler = { testList },
): Promise<{ given: bigint; host: TestHost }> {
  const testSkim: Conformance["testSkim"] = (ctx) => body(ctx);
  const plugin = definePlugin({ manifest, interfaces: [implement(conformance, { testSkim })] });
  const host = await testHost(plugin, { services: [implement(conformanceServices, fakes)] });
  const given = await new ConformanceClient(host).testSkim({ to: 0 });
  await host.close();
  return { given, host };
}

describe("the result of a service that streams comes", () => {
  test("where nobody reads its items", async () => {
    const typed = await handled((ctx) => new ConformanceServices(ctx).testList({ to: 1000 }).result());
    assert.equal(typed.given, 500500n);
    const untyped = await handled(async (ctx) => BigInt(String(await ctx.start("test.list", { to: 1000 }).result())));
    assert.equal(untyped.given, 500500n);
  });

  test("where the reader stops early, whether it asks for the result before or behind", async () => {
    for (const early of [true, false]) {
      const { given } = await handled(async (ctx) => {
        const call = new ConformanceServices(ctx).testList({ to: 1000 });
        const result = early ? call.result() : undefined;
        for await (const number of call) if (number === 3n) break;
        return result ?? call.result();
      });
      assert.equal(given, 500500n);
    }
  });

  test("and drops nothing of what somebody reads meanwhile", async () => {
    const { given } = await handled(async (ctx) => {
      const call = new ConformanceServices(ctx).testList({ to: 1000 });
      const read = (async () => {
        let sum = 0n;
        for await (const number of call) {
          await Promise.resolve();
          sum += number;
        }
        return sum;
      })();
      const [sum, result] = await Promise.all([read, call.result()]);
      assert.equal(sum, result);
      return sum;
    });
    assert.equal(given, 500500n);
  });

  test("as the error that it ended with", async () => {
    const fakes: ConformanceServiceHandler = {
      testList: async (_ctx, _params, items) => {
        await items.send(1n);
        throw new Error("no list");
      },
    };
    await assert.rejects(
      handled((ctx) => new ConformanceServices(ctx).testList({ to: 2 }).result(), fakes),
      { code: "internal", message: "Error: no list" },
    );
  });
});

test("a method of the plugin that streams gives its result to a test that reads none of it", async () => {
  const testCount: Conformance["testCount"] = async (_ctx, { to }, items) => {
    for (let number = 1n; number <= to; number++) await items.send(number);
    return BigInt(to);
  };
  const host = await testHost(definePlugin({ manifest, interfaces: [implement(conformance, { testCount })] }));
  assert.equal(await new ConformanceClient(host).testCount({ to: 1000 }).result(), 1000n);
  assert.equal(await host.call("test.count", { to: 1000 }), "1000");
  await host.close();
});

describe("limits of time", () => {
  /** A peer that remembers how it was called. */
  class Peer implements Caller {
    readonly limits: (number | undefined)[] = [];

    call(_method: string, _params?: object, options?: UploadOptions): Promise<JsonValue> {
      this.limits.push(options?.timeoutMs ?? options?.usualTimeoutMs);
      return Promise.resolve({ memories: [], valid: true });
    }

    start(): never {
      assert.fail("nothing streams here");
    }
  }

  test("are those of the interface where the caller names none", async () => {
    const peer = new Peer();
    const asked = { action: "A", memory: { content: {} } };
    await new AgentClient(peer).actionValidate(asked);
    await new AgentClient(peer).actionValidate(asked, { timeoutMs: 5 });
    await new AgentClient(peer).actionValidate(asked, { timeoutMs: Infinity });
    await new AgentServices(peer).memorySearch({}, { timeoutMs: 7 });
    assert.deepEqual(peer.limits, [30_000, 5, Infinity, 7]);
  });

  test("end a call of a test at its caller, and the plugin is told", async () => {
    let cancelled = false;
    const testHang: Conformance["testHang"] = (ctx) =>
      new Promise((_resolve, reject) => {
        ctx.signal.addEventListener("abort", () => {
          cancelled = ctx.cancelled;
          reject(ctx.signal.reason);
        });
      });
    const host = await testHost(definePlugin({ manifest, interfaces: [implement(conformance, { testHang })] }));
    await assert.rejects(new ConformanceClient(host).testHang({ timeoutMs: 5 }), { code: "deadlineExceeded" });
    await host.close();
    assert.ok(cancelled);
  });

  test("are never longer than what is left of the call that is served, and may be none at all", async () => {
    const limits: (number | undefined)[] = [];
    const fakes: ConformanceServiceHandler = {
      testAnswer: ({ timeoutMs }) => {
        limits.push(timeoutMs);
        return { answer: "" };
      },
    };
    const testSkim: Conformance["testSkim"] = async (ctx) => {
      const services = new ConformanceServices(ctx);
      await services.testAnswer({ question: "" }, { timeoutMs: 1e9 });
      await services.testAnswer({ question: "" }, { timeoutMs: Infinity });
      await services.testAnswer({ question: "" }, { timeoutMs: 50.5 });
      return BigInt(Math.round(ctx.remaining ?? -1));
    };
    const plugin = definePlugin({ manifest, interfaces: [implement(conformance, { testSkim })] });
    const host = await testHost(plugin, { services: [implement(conformanceServices, fakes)] });
    const client = new ConformanceClient(host);
    const left = Number(await client.testSkim({ to: 0 }, { timeoutMs: 60_000 }));
    assert.ok(left > 0 && left <= 60_000);
    assert.ok(limits.every((limit) => limit !== undefined && limit <= 60_000));
    limits.length = 0;
    assert.equal(await client.testSkim({ to: 0 }), -1n);
    assert.deepEqual(limits, [1e9, undefined, 51]);
    await host.close();
  });
});

test("a test sees what was asked of its services, and of others", async () => {
  const { host } = await handled(async (ctx) => {
    await new ConformanceServices(ctx).testList({ to: 1 }).result();
    await assert.rejects(ctx.call("other.service"), { code: "permissionDenied" });
    await assert.rejects(ctx.start("other.stream", { a: 1 }).result(), { code: "permissionDenied" });
    return 0n;
  });
  assert.deepEqual(host.serviceCalls, [
    { service: "test.list", params: { to: 1 } },
    { service: "other.service", params: {} },
    { service: "other.stream", params: { a: 1 } },
  ]);
});
