// Serving one call of a plugin: the service runs, and whatever becomes of it, the plugin gets one answer. Knows no door.

import type { ServiceContext } from "../context.js";
import { PluginError } from "../errors.js";
import { failureOf } from "../failure.js";
import type { JsonValue } from "../json/value.js";
import { type Offered, serve } from "../services.js";
import { Inflow, Outflow } from "../streams.js";
import { WINDOW } from "./flight.js";
import type { ServiceReply, ServiceRequest } from "./home.js";
import type { Unread } from "./unread.js";

/** A door's end of a service call: what the plugin says about it after having asked. */
export interface Asked {
  /** The plugin gave the call up, or is gone. */
  cancel(): void;
  /** The plugin streams an item, for so many bytes of its credit. */
  item(item: JsonValue, bytes: number): void;
  /** The plugin streams no more. */
  end(): void;
  /** The plugin takes more of the service's stream. */
  room(): void;
}

interface Surroundings {
  readonly plugin: string;
  readonly unread: Unread;
  readonly debug: boolean;
  /** Is called when the call is answered. */
  readonly over: () => void;
}

/** One call. */
export class Serving implements Asked, ServiceContext {
  readonly service: string;
  readonly plugin: string;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  readonly inflow: Inflow;
  readonly outflow: Outflow;
  readonly #reply: ServiceReply;
  readonly #unread: Unread;
  readonly #over: () => void;
  #aborter: AbortController | undefined;
  #cancelled: PluginError | undefined;
  #answered = false;

  constructor(offered: Offered, request: ServiceRequest, reply: ServiceReply, surroundings: Surroundings) {
    this.service = request.method;
    this.timeoutMs = request.timeoutMs;
    this.traceparent = request.traceparent;
    this.plugin = surroundings.plugin;
    this.#unread = surroundings.unread;
    this.#over = surroundings.over;
    this.#reply = reply;
    this.inflow = new Inflow((items, bytes) => reply.credit(items, bytes), WINDOW, surroundings.unread);
    this.outflow = new Outflow(
      (item) => reply.item(item),
      () => undefined,
      reply.native,
    );
    serve(offered, this, request.params, this).then(
      (result) => this.#answer(() => reply.answer(result)),
      (thrown: unknown) => this.#answer(() => reply.fail(asError(thrown, surroundings.debug))),
    );
  }

  /** Made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController();
      if (this.#cancelled !== undefined) this.#aborter.abort(this.#cancelled);
    }
    return this.#aborter.signal;
  }

  progress(fraction: number | undefined, message?: string): void {
    if (!this.#answered) this.#reply.progress(fraction, message);
  }

  cancel(): void {
    const gone = new PluginError("cancelled", "the plugin gave the call up");
    this.#cancelled ??= gone;
    this.#answer(() => this.#reply.fail(gone), gone);
    this.#aborter?.abort(gone);
  }

  item(item: JsonValue, bytes: number): void {
    if (this.inflow.push(item, bytes)) return;
    const exhausted = new PluginError("resourceExhausted", this.#unread.excess, { retryable: true });
    this.#answer(() => this.#reply.fail(exhausted), exhausted);
    this.#cancelled ??= exhausted;
    this.#aborter?.abort(exhausted);
  }

  end(): void {
    this.inflow.end();
  }

  room(): void {
    this.outflow.resume();
  }

  #answer(say: () => void, error?: PluginError): void {
    if (this.#answered) return;
    this.#answered = true;
    say();
    this.outflow.close(error);
    if (error === undefined) this.inflow.end();
    else this.inflow.fail(error);
    this.inflow.clear();
    this.#over();
  }
}

/** What a service threw, as the plugin is told it. */
function asError(thrown: unknown, debug: boolean): PluginError {
  const { code, message, details, retryable } = failureOf(thrown, debug);
  return new PluginError(code, message, { details, retryable });
}
