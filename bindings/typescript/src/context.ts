// What an author's code is given: types only. Portable; what stands behind them is made by the plugin runtime.

import type { Native } from "./descriptor.js";
import type { Granted, Peer } from "./interfaces/protocol.js";
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
export interface PluginContext extends Native {
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
  /** The host: the program's name and version. */
  readonly host: Peer;
  /** What the host allows: names of services, patterns of event streams, names of plugins. Absent members allow nothing. */
  readonly granted: Granted;
  /**
   * Calls a service of the host without types; generated `…Services` classes do it with types.
   *
   * @throws PluginError as the host answered; `permissionDenied` where the service was not granted; `deadlineExceeded`
   *   behind `timeoutMs`; `resourceExhausted` where as many calls are under way as the host allows; `failedPrecondition`
   *   where its dialect has no services, `unavailable` before the session is open
   * @example
   * const answer = await ctx.call("memory.search", { text: "plugins" }, { timeoutMs: 2000 });
   */
  call(service: string, params?: JsonObject, options?: UploadOptions): Promise<JsonValue>;
  /**
   * The same for a service that streams items.
   *
   * @example
   * const call = ctx.start("file.lines", { path: "notes.txt" });
   * for await (const line of call) ctx.log.info(String(line));
   * const count = await call.result();
   */
  start(service: string, params?: JsonObject, options?: UploadOptions): StreamingCall<JsonValue, JsonValue>;
  /**
   * Emits an event without types; generated `…Events` classes do it with types. Events of one stream keep their order.
   *
   * @param stream - names an ordered sequence, such as `location:room1`
   * @throws PluginError `resourceExhausted` where the host has not read for a long time, or takes no message so large;
   *   `failedPrecondition` where its dialect has no events, `unavailable` before the session is open
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
  /** Milliseconds until then, 0 afterwards; undefined where the caller waits for ever. */
  readonly remaining: number | undefined;
  /** Whether {@link Context.signal} has aborted: what a long computation asks now and then. */
  readonly cancelled: boolean;
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
  /** Name of the plugin that calls. */
  readonly plugin: string;
  /** Tells the plugin how far the work is: a fraction from 0 to 1, a sentence, or both. */
  progress(fraction: number | undefined, message?: string): void;
}

/** What the other side says of how far a call is. */
export interface CallProgress {
  /** 0 to 1. */
  readonly fraction: number | undefined;
  /** For a person. */
  readonly message: string | undefined;
}

/** How a call is made. */
export interface CallOptions {
  /**
   * Milliseconds until the caller stops waiting. Absent: a typed call takes what its interface says. A call that serves
   * another one never waits longer than that one's caller does. `Infinity`: no limit of its own. Once the call that it serves
   * is cancelled, only a call with a limit of its own can be made, which then holds alone: one that cleans up.
   */
  readonly timeoutMs?: number;
  /** Gives the call up. Absent: the signal of the call that it serves. */
  readonly signal?: AbortSignal;
  /** Is told how far the call is, before its answer. */
  readonly onProgress?: (progress: CallProgress) => void;
}

/** How a call without types is made. */
export interface UploadOptions extends CallOptions {
  /** What to stream to the other side, where the method takes a stream. */
  readonly upload?: AsyncIterable<JsonValue> | Iterable<JsonValue>;
  /** Milliseconds that hold where {@link CallOptions.timeoutMs} is absent: what the interface says. */
  readonly usualTimeoutMs?: number;
  /** The answer and its items are wanted in the forms of the encoding that is spoken: a typed call reads them. */
  readonly native?: boolean;
}

/**
 * A call that streams `T` and answers `R`. Reading grants credit; not reading holds the other side back.
 *
 * @example
 * const call = new TextstatsClient(host).textAnalyse({ text });
 * for await (const paragraph of call) print(paragraph.opening);
 * const summary = await call.result();
 */
export interface StreamingCall<T, R> extends AsyncIterable<T> {
  /**
   * The answer; it comes behind the last element. While somebody iterates over the elements they wait to be read; what nobody
   * reads is dropped from now on, so that the answer always comes.
   */
  result(): Promise<R>;
}

/** An event, as a handler gets it. */
export interface Event<P = JsonValue> {
  /** Wire name. */
  readonly name: string;
  /** Names the ordered sequence that it belongs to, such as `location:room1`. */
  readonly stream: string | undefined;
  /** Its place in that sequence, from 1. */
  readonly seq: number;
  /** What happened. */
  readonly payload: P;
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
