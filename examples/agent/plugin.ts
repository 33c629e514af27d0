// Recalls what was said, finds keywords, judges the tone: the interface `agent` in TypeScript.

import {
  type ActionInvoke,
  ActionNotFoundError,
  type Agent,
  AgentServices,
  agent,
  EvaluatorNotFoundError,
  type Memory,
  ProviderNotFoundError,
} from "crossplug/interfaces/agent";
import { type Context, definePlugin, implement, isMain, type Plugin, run } from "crossplug/plugin";
import { keywords, tone, words } from "./keywords.js";

interface Settings {
  readonly stopWords: readonly string[];
  readonly limit: number;
  readonly minWords: number;
}

const settings = (ctx: Context): Settings => ({ stopWords: [], limit: 3, minWords: 5, ...ctx.config });
const textOf = (memory: Memory): string => memory.content.text ?? "";

/** What to recall: the caller's option, else the state's topic, else the commonest word of the message. */
function topicOf(ctx: Context, { options, state, memory }: ActionInvoke): string {
  const [commonest] = keywords(textOf(memory), settings(ctx).stopWords, 1);
  return String(options?.topic || state?.values?.topic || commonest?.[0] || "");
}

function checkAction(name: string): void {
  if (name !== "RECALL") throw new ActionNotFoundError(`Action not found: ${name}`, { name, known: ["RECALL"] });
}

function checkEvaluator(name: string): void {
  if (name !== "TONE") throw new EvaluatorNotFoundError(`Evaluator not found: ${name}`, { name, known: ["TONE"] });
}

const companion: Agent = {
  actionValidate: (_ctx, { action, memory }) => {
    checkAction(action);
    return { valid: words(textOf(memory)).length > 0 };
  },
  actionInvoke: async (ctx, params) => {
    checkAction(params.action);
    const topic = topicOf(ctx, params);
    if (topic === "") return { success: false, error: "there is no topic to recall" };
    const { memories } = await new AgentServices(ctx).memorySearch({ text: topic, limit: settings(ctx).limit });
    const quotes = memories.map((memory) => words(textOf(memory)).slice(0, 6).join(" "));
    const text = `${memories.length} memories about ${topic}: ${quotes.join("; ")}`;
    return { success: true, text, data: { quotes }, values: { topic } };
  },
  providerGet: (ctx, { provider, memory }) => {
    if (provider !== "KEYWORDS") {
      throw new ProviderNotFoundError(`Provider not found: ${provider}`, { name: provider, known: ["KEYWORDS"] });
    }
    const { stopWords, limit } = settings(ctx);
    const found = keywords(textOf(memory), stopWords, limit);
    const text = `Keywords: ${found.map(([word, count]) => `${word} (${count})`).join(", ")}`;
    return { text, values: { keywords: found.map(([word]) => word) } };
  },
  evaluatorValidate: (ctx, { evaluator, memory }) => {
    checkEvaluator(evaluator);
    return { valid: words(textOf(memory)).length >= settings(ctx).minWords };
  },
  evaluatorInvoke: (_ctx, { evaluator, memory, state }) => {
    checkEvaluator(evaluator);
    if (words(textOf(memory)).length === 0) return null;
    const found = tone(textOf(memory));
    return { success: true, text: found, values: { tone: found, changed: found !== state?.values?.tone } };
  },
};

/** The plugin, for tests in memory. */
export const plugin: Plugin = definePlugin({ interfaces: [implement(agent, companion)] });

if (isMain(import.meta)) run(plugin);
