// What an author's code is given: types only. Portable; what stands behind them is made by the plugin runtime.

import type { JsonObject, JsonValue } from "./json/value.js";

/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>;

/** How urgent a log line is. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/**
 * Writes to the host's log. Never fails and never waits: lines that come before the handshake is through are kept for it, and
 * while the host does not read they are dropped and counted.
 */
export interface Log {
  /** One line with fields for a machine. */
  write(level: LogLevel, message: string, fields?: JsonObject): void;
  trace(message: string, fields?: JsonObject): void;
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
}

/** What the plugin knows for as long as it runs. */
export interface PluginContext {
  /** The plugin's configuration, as its manifest and its user set it. */
  readonly config: JsonObject;
  /** The host's log. */
  readonly log: Log;
  /** Names this running instance. */
  readonly instanceId: string;
  /** A folder that belongs to the plugin, where it has one. */
  readonly dataDir: string | undefined;
  /** Whether the host wants stack traces. */
  readonly debug: boolean;
  /** What the host allows: names of services, patterns of event streams, names of plugins. */
  readonly granted: {
    readonly services: readonly string[];
    readonly emit: readonly string[];
    readonly plugins: readonly string[];
  };
  /**
   * Calls a service of the host without types; generated `…Services` classes do it with types.
   *
   * @throws PluginError as the host answered; `permissionDenied` where the service was not granted
   */
  call(service: string, params?: JsonObject, options?: CallOptions): Promise<JsonValue>;
  /** The same with streams, in either direction. */
  open(service: string, params?: JsonObject, options?: OpenOptions): OpenCall;
  /**
   * Emits an event without types; generated `…Events` classes do it with types. Events of one stream keep their order.
   *
   * @param stream - names an ordered sequence, such as `location:room1`
   * @throws PluginError `resourceExhausted` where the host has not read for a long time, or takes no message so large
   */
  emit(event: string, payload: JsonValue, stream?: string): void;
}

/** What a handler is given for one call. */
export interface Context extends PluginContext {
  /** The method that was called. */
  readonly method: string;
  /** Aborts when the caller cancels, when the deadline passes at the caller, and when the host is gone. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, in milliseconds since the Unix epoch; undefined where it waits for ever. */
  readonly deadline: number | undefined;
  /** W3C trace context of the call, where the caller sent one. */
  readonly traceparent: string | undefined;
  /** Tells the caller how far the work is: a fraction from 0 to 1, a sentence, or both. */
  progress(fraction: number | undefined, message?: string): void;
}

/** What a host, or a test that stands for one, is given when a plugin calls a service. */
export interface ServiceContext {
  /** The service that was called. */
  readonly service: string;
  /** Aborts when the plugin gives the call up. */
  readonly signal: AbortSignal;
  /** How long the plugin waits, in milliseconds; undefined where it waits for ever. */
  readonly timeoutMs: number | undefined;
  /** W3C trace context of the call, where the plugin sent one. */
  readonly traceparent: string | undefined;
}

/** How a call to the host is made. */
export interface CallOptions {
  /** Milliseconds until the plugin stops waiting. Absent: what is left until the deadline of the call that it serves. */
  readonly timeoutMs?: number;
  /** Gives the call up. Absent: the signal of the call that it serves. */
  readonly signal?: AbortSignal;
}

/** How a call with streams is made. */
export interface OpenOptions extends CallOptions {
  /** What to stream to the host. */
  readonly upload?: AsyncIterable<JsonValue> | Iterable<JsonValue>;
}

/** A call with streams that is under way. */
export interface OpenCall {
  /** What the host streams. Reading grants the host credit; not reading holds it back. */
  readonly items: AsyncIterable<JsonValue>;
  /** The answer. */
  readonly result: Promise<JsonValue>;
}

/** Sends the elements of a stream to the caller. */
export interface ItemSender<T> {
  /**
   * Sends one element; waits while the caller is not ready for more.
   *
   * @throws PluginError `cancelled` where the call is over or cancelled
   */
  send(item: T): Promise<void>;
}

/** The elements that the caller streams, in order. Each pass goes on where the last one stopped. */
export interface ItemReceiver<T> extends AsyncIterable<T> {
  /** The next element; undefined where the caller has sent the last one. */
  next(): Promise<T | undefined>;
}
