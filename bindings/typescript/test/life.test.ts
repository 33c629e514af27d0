// What a plugin knows and hears for as long as it runs: its surroundings, its hooks, and events one after the other.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PluginContext } from "crossplug";
import { type Agent, agent } from "crossplug/interfaces/agent";
import { type Conformance, ConformanceClient, conformance } from "crossplug/interfaces/conformance";
import { definePlugin, implement } from "crossplug/plugin";
import { testHost } from "crossplug/testing";

const manifest = { name: "tested", version: "1.0.0", description: "Is tested." };

describe("events", () => {
  test("are handled one after the other, over all interfaces, and say what they are", async () => {
    const steps: string[] = [];
    const slow = (name: string) => async (_ctx: PluginContext, event: { stream: string | undefined; seq: number }) => {
      steps.push(`${name} ${event.stream ?? "-"} ${event.seq}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      steps.push("done");
    };
    const plugin = definePlugin({
      manifest,
      interfaces: [
        implement(conformance, { onTestHappened: slow("happened") } satisfies Conformance),
        implement(agent, { onMessageReceived: slow("message") } satisfies Agent),
      ],
    });
    const host = await testHost(plugin);
    void host.emit("test.happened", { number: 1 }, "s");
    void host.emit("message.received", { memory: { content: {} } });
    void host.emit("test.happened", { number: 2 }, "s");
    await host.emit("test.happened", { number: 3 });
    await host.close();
    assert.deepEqual(steps, [
      "happened s 1",
      "done",
      "message - 1",
      "done",
      "happened s 2",
      "done",
      "happened - 2",
      "done",
    ]);
  });

  test("are handled to the end before the plugin stops", async () => {
    const steps: string[] = [];
    const onTestHappened = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      steps.push("handled");
    };
    const plugin = definePlugin({
      manifest,
      interfaces: [implement(conformance, { onTestHappened })],
      onStop: () => void steps.push("stopped"),
    });
    const host = await testHost(plugin);
    void host.emit("test.happened", { number: 1 });
    await host.close();
    assert.deepEqual(steps, ["handled", "stopped"]);
  });

  test("whose payload does not fit are logged, and the next one is handled", async () => {
    const heard: number[] = [];
    const handler: Conformance = { onTestHappened: (_ctx, { payload }) => void heard.push(payload.number) };
    const host = await testHost(definePlugin({ manifest, interfaces: [implement(conformance, handler)] }));
    await host.emit("test.happened", { number: "one" });
    await host.emit("test.happened", { number: 2 });
    await host.close();
    assert.deepEqual(heard, [2]);
    assert.match(host.logs[0]?.message ?? "", /test\.happened failed: .*\/number/);
  });
});

test("the context says who the host is and what it grants", async () => {
  let seen: Pick<PluginContext, "host" | "granted"> | undefined;
  const testNothing: Conformance["testNothing"] = ({ host, granted, deadline, remaining, cancelled }) => {
    seen = { host, granted };
    assert.deepEqual([deadline, remaining, cancelled], [undefined, undefined, false]);
  };
  const host = await testHost(definePlugin({ manifest, interfaces: [implement(conformance, { testNothing })] }));
  await new ConformanceClient(host).testNothing();
  await host.close();
  assert.deepEqual(seen, {
    host: { name: "crossplug-testing", version: "1.0.0" },
    granted: { services: [], emit: ["*"] },
  });
});

describe("hooks", () => {
  test("onStop runs once, behind the last answer; what it throws is logged", async () => {
    let stops = 0;
    const plugin = definePlugin({
      manifest,
      interfaces: [],
      onStop: () => {
        stops += 1;
        throw new Error("cannot stop");
      },
    });
    const host = await testHost(plugin);
    await host.close();
    assert.equal(stops, 1);
    assert.equal(host.logs.at(-1)?.message, "onStop failed: Error: cannot stop");
  });

  test("onStop does not run where onStart failed", async () => {
    let stops = 0;
    const plugin = definePlugin({
      manifest,
      interfaces: [],
      onStart: () => Promise.reject(new Error("cannot start")),
      onStop: () => {
        stops += 1;
      },
    });
    await assert.rejects(testHost(plugin), { code: "internal", message: "Error: cannot start" });
    assert.equal(stops, 0);
  });
});

test("params that do not fit are refused with the sentence of every SDK", async () => {
  const testLog: Conformance["testLog"] = () => undefined;
  const host = await testHost(definePlugin({ manifest, interfaces: [implement(conformance, { testLog })] }));
  await assert.rejects(host.call("test.log"), {
    code: "invalidParams",
    message: "missingField at the document: `text` is required",
    details: { reason: "missingField", pointer: "" },
  });
  await assert.rejects(host.call("test.log", { text: 5 }), {
    code: "invalidParams",
    message: /^wrongKind at \/text: /,
  });
  await host.close();
});
