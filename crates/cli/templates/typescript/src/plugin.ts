// Greets whoever says something: an action and a provider of the interface `agent`.

import { ActionNotFoundError, type Agent, agent, ProviderNotFoundError } from "crossplug/interfaces/agent";
import { definePlugin, implement, isMain, type Plugin, run } from "crossplug/plugin";

let greetings = 0;

const greeter: Agent = {
  actionValidate: (_ctx, { action, memory }) => {
    checkAction(action);
    return { valid: Boolean(memory.content.text) };
  },
  actionInvoke: (ctx, { action, memory }) => {
    checkAction(action);
    greetings += 1;
    ctx.log.info("greeting", { greetings });
    const greeting = String(ctx.config.greeting ?? "Hello");
    return { success: true, text: `${greeting}! You said: ${memory.content.text ?? "nothing"}` };
  },
  providerGet: (_ctx, { provider }) => {
    if (provider !== "GREETINGS") {
      throw new ProviderNotFoundError(`Provider not found: ${provider}`, { name: provider, known: ["GREETINGS"] });
    }
    return { text: `There have been ${greetings} greetings.`, values: { greetings } };
  },
};

function checkAction(name: string): void {
  if (name !== "GREET") throw new ActionNotFoundError(`Action not found: ${name}`, { name, known: ["GREET"] });
}

/** The plugin, for the test. */
export const plugin: Plugin = definePlugin({ interfaces: [implement(agent, greeter)] });

if (isMain(import.meta)) run(plugin);
