// The author's own test: the plugin in this process, with a fake memory, without a host.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentClient, type AgentServiceHandler, agentServices } from "crossplug/interfaces/agent";
import { implement, testHost } from "crossplug/testing";
import { plugin } from "./plugin.js";

const memory = { content: { text: "Why do plugins need a protocol? What do plugins share?" } };

test("recalls what the host remembers", async () => {
  const asked: unknown[] = [];
  const services: AgentServiceHandler = {
    memorySearch: (_ctx, params) => {
      asked.push(params);
      return { memories: [{ content: { text: "Plugins were mentioned before." } }] };
    },
  };
  await using host = await testHost(plugin, { services: [implement(agentServices, services)], config: { limit: 2 } });
  const result = await new AgentClient(host).actionInvoke({ action: "RECALL", memory });
  assert.deepEqual(asked, [{ text: "plugins", limit: 2 }]);
  assert.equal(result.text, "1 memories about plugins: plugins were mentioned before");
  assert.deepEqual(result.values, { topic: "plugins" });
});

test("judges the tone", async () => {
  await using host = await testHost(plugin);
  const agent = new AgentClient(host);
  assert.deepEqual(await agent.evaluatorValidate({ evaluator: "TONE", memory }), { valid: true });
  assert.equal((await agent.evaluatorInvoke({ evaluator: "TONE", memory }))?.text, "curious");
  await assert.rejects(agent.evaluatorInvoke({ evaluator: "MOOD", memory }), { code: "evaluatorNotFound" });
});
