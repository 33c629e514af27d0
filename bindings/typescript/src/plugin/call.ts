// One call of a handler: its context, its streams and its signal. Knows the session, but not which handler runs.

import type { CallOptions, Context, Log, OpenCall, OpenOptions, PluginContext } from "../context.js";
import type { MethodDescriptor } from "../descriptor.js";
import { PluginError } from "../errors.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import { type HostCalls, within } from "./host-calls.js";
import type { Meta, RequestId } from "./message.js";
import type { Session } from "./session.js";
import { Inflow, Outflow } from "./streams.js";

/** What lives as long as the plugin; {@link Call} adds what belongs to one call. */
export class Life implements PluginContext {
  readonly config: JsonObject;
  readonly log: Log;
  readonly instanceId: string;
  readonly dataDir: string | undefined;
  readonly debug: boolean;
  readonly granted: PluginContext["granted"];
  readonly #session: Session;
  readonly #hostCalls: HostCalls;
  readonly #isChoked: () => boolean;

  constructor(
    parts: Omit<PluginContext, "call" | "open" | "emit">,
    session: Session,
    hostCalls: HostCalls,
    isChoked: () => boolean,
  ) {
    this.config = parts.config;
    this.log = parts.log;
    this.instanceId = parts.instanceId;
    this.dataDir = parts.dataDir;
    this.debug = parts.debug;
    this.granted = parts.granted;
    this.#session = session;
    this.#hostCalls = hostCalls;
    this.#isChoked = isChoked;
  }

  call(service: string, params?: JsonObject, options: CallOptions = {}): Promise<JsonValue> {
    return this.#hostCalls.open(service, params, options).result;
  }

  open(service: string, params?: JsonObject, options: OpenOptions = {}): OpenCall {
    return watched(this.#hostCalls.open(service, params, options));
  }

  emit(event: string, payload: JsonValue, stream?: string): void {
    if (!this.#session.isOpen) return;
    if (this.#isChoked())
      throw new PluginError("resourceExhausted", `the event ${event} was not sent: the host does not read`);
    this.#session.event(event, stream, payload);
  }
}

/** One call. */
export class Call implements Context {
  readonly method: string;
  readonly deadline: number | undefined;
  readonly traceparent: string | undefined;
  readonly inflow: Inflow;
  readonly outflow: Outflow;
  readonly #id: RequestId;
  readonly #life: Life;
  readonly #session: Session;
  readonly #hostCalls: HostCalls;
  #aborter: AbortController | undefined;
  #aborted: PluginError | undefined;

  constructor(
    id: RequestId,
    method: MethodDescriptor<object>,
    meta: Meta,
    life: Life,
    session: Session,
    hostCalls: HostCalls,
    drained: () => Promise<void> | undefined,
  ) {
    this.#id = id;
    this.#life = life;
    this.#session = session;
    this.#hostCalls = hostCalls;
    this.method = method.name;
    this.deadline = meta.timeoutMs === undefined ? undefined : Date.now() + meta.timeoutMs;
    this.traceparent = meta.traceparent;
    this.inflow = new Inflow((items, bytes) => session.grant(id, items, bytes));
    this.outflow = new Outflow((item) => session.item(id, item), drained);
  }

  get config(): JsonObject {
    return this.#life.config;
  }

  get log(): Log {
    return this.#life.log;
  }

  get instanceId(): string {
    return this.#life.instanceId;
  }

  get dataDir(): string | undefined {
    return this.#life.dataDir;
  }

  get debug(): boolean {
    return this.#life.debug;
  }

  get granted(): PluginContext["granted"] {
    return this.#life.granted;
  }

  /** Made when it is first asked for: most handlers never ask. */
  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController();
      if (this.#aborted !== undefined) this.#aborter.abort(this.#aborted);
    }
    return this.#aborter.signal;
  }

  /** Whether the caller has given up, or the host is gone. */
  get isAborted(): boolean {
    return this.#aborted !== undefined;
  }

  progress(fraction: number | undefined, message?: string): void {
    this.#session.progress(this.#id, fraction, message);
  }

  call(service: string, params?: JsonObject, options: CallOptions = {}): Promise<JsonValue> {
    return this.#open(service, params, options).result;
  }

  open(service: string, params?: JsonObject, options: OpenOptions = {}): OpenCall {
    return watched(this.#open(service, params, options));
  }

  emit(event: string, payload: JsonValue, stream?: string): void {
    this.#life.emit(event, payload, stream);
  }

  /** The caller has given up. */
  abort(error: PluginError = new PluginError("cancelled", `the call of ${this.method} was cancelled`)): void {
    this.#aborted ??= error;
    this.inflow.fail(error);
    this.outflow.close(error);
    this.#aborter?.abort(error);
  }

  /** The call is answered. */
  over(): void {
    this.outflow.close();
    this.inflow.end();
  }

  #open(service: string, params: JsonObject | undefined, options: OpenOptions): OpenCall {
    const inside = { ...options, ...within(options, this.deadline, () => this.signal) };
    return this.#hostCalls.open(service, params, inside, this.traceparent);
  }
}

/** Whoever only reads the stream learns of a failure there: that nobody awaits the answer too is no mistake. */
function watched(call: OpenCall): OpenCall {
  call.result.catch(() => undefined);
  return call;
}
