// Fake services of a test host: answers what the plugin asks. Knows one request at a time, and no other message.

import type { ServiceContext } from "../context.js";
import { type MethodDescriptor, writeAs } from "../descriptor.js";
import { CrossplugError, PluginError } from "../errors.js";
import type { JsonValue } from "../json/value.js";
import type { Implementation } from "../plugin/define.js";
import { readParams } from "../plugin/dispatch.js";
import type { Meta } from "../plugin/message.js";
import { typedReceiver, typedSender } from "../plugin/streams.js";
import type { Flight } from "./flight.js";

/** What the test offers. */
export class Fakes {
  readonly #services: Map<string, { readonly method: MethodDescriptor<object>; readonly target: object }> = new Map();

  constructor(services: readonly Implementation[]) {
    for (const { descriptor, target } of services) {
      for (const [name, method] of descriptor.methods)
        if (method.has(target)) this.#services.set(name, { method, target });
    }
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

function noStream(): never {
  throw new CrossplugError("usage", "the service has no such stream");
}
