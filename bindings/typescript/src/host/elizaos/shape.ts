// A loaded plugin in elizaOS's shape: lists of actions, providers and evaluators with functions. Knows the interface `agent`
// and no door. What is given may be anything that says itself as JSON.

import type { ActionResult, ProviderResult } from "../../interfaces/agent.js";
import type { JsonObject, JsonValue } from "../../json/value.js";
import type { Plugin } from "../plugin.js";

/** Is called with what an action has to say. */
export type Callback = (content: { readonly text: string }) => unknown;

/** An entry of the plugin's manifest. */
interface Entry {
  readonly name: string;
  readonly description: string;
}

/** Something that the plugin does. */
export interface Action extends Entry {
  readonly similes: readonly string[];
  readonly examples: readonly JsonValue[];
  /** Whether it applies to a message. */
  validate(runtime: unknown, message: object, state?: object): Promise<boolean>;
  /** Does it. */
  handler(
    runtime: unknown,
    message: object,
    state?: object,
    options?: object,
    callback?: Callback,
    responses?: unknown,
  ): Promise<ActionResult>;
}

/** Something that the plugin knows. */
export interface Provider extends Entry {
  readonly dynamic: boolean;
  readonly private: boolean;
  readonly position: number | undefined;
  /** What it says about a message. */
  get(runtime: unknown, message: object, state?: object): Promise<ProviderResult>;
}

/** Something that the plugin makes of what was said. */
export interface Evaluator extends Entry {
  readonly similes: readonly string[];
  readonly alwaysRun: boolean;
  validate(runtime: unknown, message: object, state?: object): Promise<boolean>;
  /** Evaluates; undefined where it has nothing to say. */
  handler(runtime: unknown, message: object, state?: object): Promise<ActionResult | undefined>;
}

/** A plugin as elizaOS's runtimes take one. */
export interface ElizaPlugin {
  readonly name: string;
  readonly description: string;
  readonly config: JsonObject;
  readonly dependencies: readonly JsonValue[];
  readonly actions: readonly Action[];
  readonly providers: readonly Provider[];
  readonly evaluators: readonly Evaluator[];
  /** Nothing: a plugin is initialised when it is loaded, with the `config` that it is given then. */
  init(config?: object, runtime?: unknown): Promise<void>;
  /** Stops it. */
  stop(): Promise<void>;
}

/** One that was loaded, with the same in crossplug's own shape. */
export interface LoadedElizaPlugin extends ElizaPlugin {
  readonly loaded: Plugin;
}

/**
 * A loaded plugin in elizaOS's shape.
 *
 * @example
 * runtime.registerPlugin(elizaPlugin(await host.load("plugins/notes")));
 */
export function elizaPlugin(loaded: Plugin): LoadedElizaPlugin {
  // What has no file of its own says what it is.
  const manifest = (loaded.manifest ?? loaded.introduction.manifest) as unknown as JsonObject;
  const entries = (name: string): JsonObject[] => (manifest[name] ?? []) as JsonObject[];
  return {
    loaded,
    name: String(manifest.name ?? loaded.name),
    description: text(manifest.description),
    config: (manifest.config ?? {}) as JsonObject,
    dependencies: (manifest.dependencies ?? []) as JsonValue[],
    actions: entries("actions").map((entry) => action(loaded, entry)),
    providers: entries("providers").map((entry) => provider(loaded, entry)),
    evaluators: entries("evaluators").map((entry) => evaluator(loaded, entry)),
    init: () => Promise.resolve(),
    stop: async () => void (await loaded.stop()),
  };
}

function action(loaded: Plugin, entry: JsonObject): Action {
  const named = of(entry);
  return {
    ...named,
    similes: (entry.similes ?? []) as string[],
    examples: (entry.examples ?? []) as JsonValue[],
    validate: (_runtime, memory, state) => validated(loaded, "action", named.name, memory, state),
    handler: async (_runtime, memory, state, options, callback) => {
      const params = written({ action: named.name, memory, state, options });
      const result = (await loaded.call("action.invoke", params)) as unknown as ActionResult;
      if (callback !== undefined && result.text) await callback({ text: result.text });
      return result;
    },
  };
}

function provider(loaded: Plugin, entry: JsonObject): Provider {
  const named = of(entry);
  return {
    ...named,
    dynamic: entry.dynamic === true,
    private: entry.private === true,
    position: entry.position as number | undefined,
    get: async (_runtime, memory, state) => {
      const params = written({ provider: named.name, memory, state });
      return (await loaded.call("provider.get", params)) as unknown as ProviderResult;
    },
  };
}

function evaluator(loaded: Plugin, entry: JsonObject): Evaluator {
  const named = of(entry);
  return {
    ...named,
    similes: (entry.similes ?? []) as string[],
    alwaysRun: entry.alwaysRun === true,
    validate: (_runtime, memory, state) => validated(loaded, "evaluator", named.name, memory, state),
    handler: async (_runtime, memory, state) => {
      const params = written({ evaluator: named.name, memory, state });
      const result = await loaded.call("evaluator.invoke", params);
      return result === null ? undefined : (result as unknown as ActionResult);
    },
  };
}

async function validated(
  loaded: Plugin,
  kind: "action" | "evaluator",
  name: string,
  memory: object,
  state: object | undefined,
): Promise<boolean> {
  const result = await loaded.call(`${kind}.validate`, written({ [kind]: name, memory, state }));
  return (result as JsonObject).valid === true;
}

function of(entry: JsonObject): Entry {
  return { name: text(entry.name), description: text(entry.description) };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** As JSON has it: members that are not there are left out, and null is as good as none. */
function written(members: { readonly [name: string]: unknown }): JsonObject {
  const there = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return JSON.parse(JSON.stringify(Object.fromEntries(there))) as JsonObject;
}
