// Calls the agent plugin in a folder, whatever it is written in, on a document: `host.js FOLDER FILE [DOOR]`.
//
// What `host.rs` does, in TypeScript. The host's memory is made of the document's paragraphs; the plugin searches it through the
// service `memory.search`. Prints a line of JSON for each call.

import { readFileSync } from "node:fs";
import { Host, implement } from "crossplug/host";
import { agentServices, type Memory } from "crossplug/interfaces/agent";

const [folder = "", file = "", door] = process.argv.slice(2);
const document = readFileSync(file, "utf8");
const paragraphs: Memory[] = document
  .split("\n\n")
  .filter((text) => text.trim() !== "")
  .map((text) => ({ content: { text } }));

/** Those that contain the text, letter case aside, the latest first. */
function search(text: string, limit: number): Memory[] {
  const says = ({ content }: Memory): boolean => (content.text ?? "").toLowerCase().includes(text.toLowerCase());
  return paragraphs.filter(says).reverse().slice(0, limit);
}

await using host = await Host.create({
  name: "example-agent-host",
  grants: ["memory.search"],
  services: implement(agentServices, {
    memorySearch: (_ctx, { text = "", limit = 10 }) => ({ memories: search(text, limit) }),
  }),
});
const token = process.env.CROSSPLUG_TOKEN;
const chosen = { ...(door === undefined ? {} : { door }), ...(token === undefined ? {} : { token }) };
await using plugin = await host.load(folder, chosen);
const agent = plugin.agent;
const memory = { content: { text: document } };
const state = { values: { topic: "plugin", tone: "calm" } };
const calls: [string, () => Promise<unknown>][] = [
  ["provider.get", () => agent.providerGet({ provider: "KEYWORDS", memory })],
  ["action.validate", () => agent.actionValidate({ action: "RECALL", memory })],
  ["action.invoke", () => agent.actionInvoke({ action: "RECALL", memory, state })],
  ["evaluator.validate", () => agent.evaluatorValidate({ evaluator: "TONE", memory })],
  ["evaluator.invoke", () => agent.evaluatorInvoke({ evaluator: "TONE", memory, state })],
];
for (const [method, call] of calls) {
  const started = performance.now();
  const result = await call();
  console.log(JSON.stringify({ method, result, millis: performance.now() - started }));
}
