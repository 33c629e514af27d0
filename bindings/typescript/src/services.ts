// Services that a host offers, or a test that stands for one: found by name, read, run, written. Knows no session.

import { asJson, writeAny } from "./codec/any.js";
import type { Awaitable, ItemReceiver, ItemSender, ServiceContext } from "./context.js";
import { type MethodDescriptor, method, writeAs } from "./descriptor.js";
import { CrossplugError } from "./errors.js";
import type { JsonObject, JsonValue } from "./json/value.js";
import type { Implementation } from "./plugin/define.js";
import { readParams } from "./plugin/dispatch.js";
import { type Inflow, type Outflow, typedReceiver, typedSender } from "./streams.js";

/**
 * A service without types: params, items and result are JSON values whatever is spoken. What it leaves out is the result null.
 */
export type ServiceFunction = (
  ctx: ServiceContext,
  params: JsonObject,
  items: ItemSender<JsonValue>,
  upload: ItemReceiver<JsonValue>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without a result is a service, too.
) => Awaitable<JsonValue | void>;

/** Services without types, by their names. */
export type ServiceFunctions = { readonly [service: string]: ServiceFunction };

/** One service that is offered. */
export interface Offered {
  readonly method: MethodDescriptor<object>;
  readonly target: object;
}

/** Services by name. Of two with one name the later one is offered. */
export class OfferedServices {
  readonly #services: Map<string, Offered> = new Map();

  /** Offers what an interface's handler has. */
  implement({ descriptor, target }: Implementation): void {
    for (const [name, method] of descriptor.methods)
      if (method.has(target)) this.#services.set(name, { method, target });
  }

  /** Offers functions. */
  add(functions: ServiceFunctions): void {
    for (const [name, run] of Object.entries(functions))
      this.#services.set(name, { method: untyped(name, run), target: functions });
  }

  /** Their names. */
  get names(): string[] {
    return [...this.#services.keys()];
  }

  /** Name to permission; null where a service has none but its name. */
  get permissions(): { [service: string]: string | null } {
    const permissions = [...this.#services].map(([name, { method }]) => [name, method.permission ?? null] as const);
    return Object.fromEntries(permissions);
  }

  /** The service of a name. */
  get(name: string): Offered | undefined {
    return this.#services.get(name);
  }
}

/** The two streams of a service call, seen from the service. */
export interface ServiceStreams {
  readonly inflow: Inflow;
  readonly outflow: Outflow;
}

/**
 * Runs a service.
 *
 * @throws PluginError `invalidParams`, and what the service throws
 */
export async function serve(
  { method, target }: Offered,
  ctx: ServiceContext,
  params: JsonValue | undefined,
  { inflow, outflow }: ServiceStreams,
): Promise<JsonValue> {
  const read = readParams(method.name, method.params, params);
  const items = typedSender(`an item of ${method.name}`, method.item ?? noStream, outflow);
  const upload = typedReceiver(`an item for ${method.name}`, method.upload ?? noStream, inflow);
  const value = await method.call(target, ctx as never, read, items, upload);
  return writeAs(`the result of ${method.name}`, method.result, value, outflow.native);
}

function untyped(name: string, run: ServiceFunction): MethodDescriptor<object> {
  return method(name, {
    params: (value) => asJson(value) as JsonObject,
    result: (value) => writeAny(value ?? null),
    item: writeAny,
    upload: asJson,
    has: () => true,
    call: (_target, ctx: ServiceContext, params, items, upload) => run(ctx, params, items, upload),
  });
}

function noStream(): never {
  throw new CrossplugError("usage", "the service has no such stream");
}
