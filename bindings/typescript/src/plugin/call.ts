// One call of a handler: its context, its streams and its signal. Knows the session, but not which handler runs.

import type { Context, Log, StreamingCall, UploadOptions } from "../context.js";
import type { MethodDescriptor } from "../descriptor.js";
import { PluginError } from "../errors.js";
import type { Granted, Peer } from "../interfaces/protocol.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import { Inflow, Outflow } from "../streams.js";
import { type HostCalls, within } from "./host-calls.js";
import type { Life } from "./life.js";
import type { Meta, RequestId } from "./message.js";
import type { Session } from "./session.js";

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
    this.inflow = new Inflow((items, bytes) => session.streams.grant(id, items, bytes));
    this.outflow = new Outflow((item) => session.streams.send(id, item), drained, session.native);
  }

  get native(): boolean {
    return this.#session.native;
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

  get host(): Peer {
    return this.#life.host;
  }

  get granted(): Granted {
    return this.#life.granted;
  }

  get remaining(): number | undefined {
    return this.deadline === undefined ? undefined : Math.max(0, this.deadline - Date.now());
  }

  /** Made when it is first asked for: most handlers never ask. */
  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController();
      if (this.#aborted !== undefined) this.#aborter.abort(this.#aborted);
    }
    return this.#aborter.signal;
  }

  get cancelled(): boolean {
    return this.#aborted !== undefined;
  }

  progress(fraction: number | undefined, message?: string): void {
    this.#session.progress(this.#id, fraction, message);
  }

  call(service: string, params?: JsonObject, options: UploadOptions = {}): Promise<JsonValue> {
    return this.#hostCalls.call(service, params, this.#inside(options), this.traceparent);
  }

  start(service: string, params?: JsonObject, options: UploadOptions = {}): StreamingCall<JsonValue, JsonValue> {
    return this.#hostCalls.start(service, params, this.#inside(options), this.traceparent);
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

  /** Whether what the handler threw says no more than that it was cancelled. */
  isCancellation(thrown: unknown): boolean {
    if (this.#aborted === undefined) return false;
    return thrown === this.#aborted || (thrown instanceof Error && thrown.name === "AbortError");
  }

  /** A call that serves this one ends with it; behind its cancellation only one with a limit of its own, which cleans up. */
  #inside(options: UploadOptions): UploadOptions {
    if (this.cancelled) return Number.isFinite(options.timeoutMs) ? options : { ...options, signal: this.signal };
    return { ...options, ...within(options, this.remaining, () => this.signal) };
  }
}
