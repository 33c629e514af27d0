// An agent's runtime as far as plugins see one: what was registered, and who is asked. Knows plugins by their shape.

import { CrossplugError } from "../../errors.js";
import { ActionNotFoundError, type ActionResult } from "../../interfaces/agent.js";
import type { JsonObject } from "../../json/value.js";
import type { Action, ElizaPlugin, Evaluator, Provider } from "./shape.js";

/** What a plugin has to have to be registered: one that was loaded, or an object of the program's own. */
export type Registrable = Pick<ElizaPlugin, "name"> & Partial<ElizaPlugin>;

/** Takes plugins in elizaOS's shape. */
export class Runtime {
  /** What plugins that are objects of the program are initialised with. */
  readonly config: JsonObject;
  readonly plugins: Registrable[] = [];
  readonly actions: Action[] = [];
  readonly providers: Provider[] = [];
  readonly evaluators: Evaluator[] = [];

  constructor(config: JsonObject = {}) {
    this.config = config;
  }

  /**
   * Initialises a plugin and adds what it has.
   *
   * @throws CrossplugError `usage` where a name is there already: nothing is added then
   */
  async registerPlugin(plugin: Registrable): Promise<void> {
    const { actions = [], providers = [], evaluators = [] } = plugin;
    refuseTwice(plugin.name, "actions", this.actions, actions);
    refuseTwice(plugin.name, "providers", this.providers, providers);
    refuseTwice(plugin.name, "evaluators", this.evaluators, evaluators);
    await plugin.init?.(this.config, this);
    this.actions.push(...actions);
    this.providers.push(...providers);
    this.evaluators.push(...evaluators);
    this.plugins.push(plugin);
  }

  /** What the providers know about a message: their texts, and their values under one roof. */
  async composeState(message: object): Promise<{ text: string; values: JsonObject; data: JsonObject }> {
    const texts: string[] = [];
    const [values, data]: [JsonObject, JsonObject] = [{}, {}];
    for (const provider of [...this.providers].sort((one, other) => (one.position ?? 0) - (other.position ?? 0))) {
      const told = await provider.get(this, message);
      if (told.text) texts.push(told.text);
      Object.assign(values, told.values);
      Object.assign(data, told.data);
    }
    return { text: texts.join("\n"), values, data };
  }

  /**
   * The result of the action of that name or simile; undefined where it does not apply to the message.
   *
   * @throws ActionNotFoundError
   */
  async processAction(
    name: string,
    message: object,
    state?: object,
    options?: object,
  ): Promise<ActionResult | undefined> {
    const action = this.actions.find((action) => action.name === name || action.similes.includes(name));
    if (action === undefined) throw new ActionNotFoundError(`Action not found: ${name}`, { name });
    if (!(await action.validate(this, message, state))) return undefined;
    return action.handler(this, message, state, options);
  }

  /** What the evaluators that apply make of a message, by their names. */
  async evaluate(message: object, state?: object): Promise<{ [evaluator: string]: ActionResult | undefined }> {
    const results: { [evaluator: string]: ActionResult | undefined } = {};
    for (const evaluator of this.evaluators) {
      const applies = evaluator.alwaysRun || (await evaluator.validate(this, message, state));
      if (applies) results[evaluator.name] = await evaluator.handler(this, message, state);
    }
    return results;
  }

  /** Stops the plugins that can be stopped, the last one first. */
  async stop(): Promise<void> {
    for (const plugin of this.plugins.splice(0).reverse()) await plugin.stop?.();
    for (const part of [this.actions, this.providers, this.evaluators]) part.length = 0;
  }
}

function refuseTwice(
  plugin: string,
  what: string,
  there: readonly { readonly name: string }[],
  wanted: readonly { readonly name: string }[],
): void {
  const twice = wanted.filter(({ name }) => there.some((one) => one.name === name)).map(({ name }) => name);
  if (twice.length === 0) return;
  throw new CrossplugError(
    "usage",
    `the plugin ${plugin} has ${what} that are registered already: ${twice.join(", ")}`,
  );
}
