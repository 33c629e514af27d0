// Fake services of a test host: answers what the plugin asks. Knows one request at a time, and no other message.

import { readAny, writeAny } from "../codec/any.js";
import type { Awaitable, ItemReceiver, ItemSender, ServiceContext } from "../context.js";
import { type MethodDescriptor, method, writeAs } from "../descriptor.js";
import { CrossplugError, PluginError } from "../errors.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Implementation } from "../plugin/define.js";
import { readParams } from "../plugin/dispatch.js";
import type { Meta } from "../plugin/message.js";
import { typedReceiver, typedSender } from "../plugin/streams.js";
import type { Flight } from "./flight.js";

/** A fake service without types. What it leaves out is the result null. */
export type Fake = (
  ctx: ServiceContext,
  params: JsonObject,
  items: ItemSender<JsonValue>,
  upload: ItemReceiver<JsonValue>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without a result is a fake, too.
) => Awaitable<JsonValue | void>;

/** What the test offers. */
export class Fakes {
  readonly #services: Map<string, { readonly method: MethodDescriptor<object>; readonly target: object }> = new Map();

  constructor(services: readonly Implementation[], fakes: { readonly [service: string]: Fake }) {
    for (const { descriptor, target } of services) {
      for (const [name, method] of descriptor.methods)
        if (method.has(target)) this.#services.set(name, { method, target });
    }
    for (const [name, fake] of Object.entries(fakes))
      this.#services.set(name, { method: untyped(name, fake), target: fakes });
  }

  /** Their names. */
  get names(): string[] {
    return [...this.#services.keys()];
  }

  /**
   * The answer to a call.
   *
   * @throws PluginError `permissionDenied` for a service that the test does not offer, `invalidParams`, and what the fake throws
   */
  async answer(flight: Flight, params: JsonValue | undefined, meta: Meta): Promise<JsonValue> {
    const name = flight.method;
    const service = this.#services.get(name);
    if (service === undefined) throw new PluginError("permissionDenied", `the test does not offer the service ${name}`);
    const { method, target } = service;
    const ctx: ServiceContext = {
      service: name,
      signal: flight.aborter.signal,
      timeoutMs: meta.timeoutMs,
      traceparent: meta.traceparent,
    };
    const read = readParams(name, method.params, params);
    const items = typedSender(`an item of ${name}`, method.item ?? noStream, flight.outflow);
    const upload = typedReceiver(`an item for ${name}`, method.upload ?? noStream, flight.inflow);
    const value = await method.call(target, ctx as never, read, items, upload);
    return writeAs(`the result of ${name}`, method.result, value);
  }
}

function untyped(name: string, fake: Fake): MethodDescriptor<object> {
  return method(name, {
    params: (value) => readAny(value) as JsonObject,
    result: (value) => writeAny(value ?? null),
    item: writeAny,
    upload: readAny,
    has: () => true,
    call: (_target, ctx: ServiceContext, params, items, upload) => fake(ctx, params, items, upload),
  });
}

function noStream(): never {
  throw new CrossplugError("usage", "the service has no such stream");
}
