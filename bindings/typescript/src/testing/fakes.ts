// Fake services of a test host: answers what the plugin asks. Knows one request at a time, and no other message.

import type { ServiceContext } from "../context.js";
import { PluginError } from "../errors.js";
import type { JsonValue } from "../json/value.js";
import type { Implementation } from "../plugin/define.js";
import type { Meta } from "../plugin/message.js";
import { OfferedServices, type ServiceFunction, type ServiceFunctions, serve } from "../services.js";
import type { Flight } from "./flight.js";

/** A fake service without types. What it leaves out is the result null. */
export type Fake = ServiceFunction;

/** What the test offers. */
export class Fakes {
  readonly #services: OfferedServices = new OfferedServices();
  readonly #plugin: string;

  constructor(plugin: string, services: readonly Implementation[], fakes: ServiceFunctions) {
    this.#plugin = plugin;
    for (const service of services) this.#services.implement(service);
    this.#services.add(fakes);
  }

  /** Their names. */
  get names(): string[] {
    return this.#services.names;
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
    const ctx: ServiceContext = {
      service: name,
      signal: flight.aborter.signal,
      timeoutMs: meta.timeoutMs,
      traceparent: meta.traceparent,
      plugin: this.#plugin,
      progress: (fraction, message) => flight.progress(fraction, message),
    };
    return serve(service, ctx, params, flight);
  }
}
