// Calls the plugin without a host.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AgentClient } from "crossplug/interfaces/agent";
import { testHost } from "crossplug/testing";

import { plugin } from "./plugin.js";

const memory = { content: { text: "good morning" } };

test("greets as it is configured", async () => {
  const host = await testHost(plugin, { config: { greeting: "Ahoy" } });
  const client = new AgentClient(host);
  const result = await client.actionInvoke({ action: "GREET", memory });
  assert.equal(result.text, "Ahoy! You said: good morning");
  assert.equal(host.logs[0]?.message, "greeting");
  const told = await client.providerGet({ provider: "GREETINGS", memory });
  assert.equal(told.values?.greetings, 1);
  await host.close();
});

test("knows no other action", async () => {
  const host = await testHost(plugin);
  const asked = new AgentClient(host).actionInvoke({ action: "DANCE", memory });
  await assert.rejects(asked, { code: "actionNotFound" });
  await host.close();
});
