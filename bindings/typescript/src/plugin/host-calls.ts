// Calls from the plugin to its host, with their streams, timers and cancellation. Knows the session, but no handler.

import { asJson } from "../codec/any.js";
import type { CallOptions, CallProgress, StreamingCall, UploadOptions } from "../context.js";
import { PluginError } from "../errors.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import { Inflow, Outflow, streamingCall } from "../streams.js";
import { LONGEST_TIMER } from "../timers.js";
import type { Failure, Outcome, RequestId } from "./message.js";
import type { Session } from "./session.js";

interface HostCall {
  readonly inflow: Inflow;
  readonly outflow: Outflow;
  readonly result: Promise<JsonValue>;
  readonly onProgress: CallOptions["onProgress"];
  /** What becomes of values before their caller gets them. */
  readonly told: (value: JsonValue) => JsonValue;
  readonly settle: (outcome: Outcome | { readonly thrown: unknown }) => void;
}

/** All calls to the host that are under way. */
export class HostCalls {
  readonly #session: Session;
  readonly #drained: () => Promise<void> | undefined;
  readonly #calls: Map<RequestId, HostCall> = new Map();

  constructor(session: Session, drained: () => Promise<void> | undefined) {
    this.#session = session;
    this.#drained = drained;
  }

  /** Calls a service without items. */
  async call(
    service: string,
    params: JsonObject | undefined,
    options: UploadOptions,
    traceparent?: string,
  ): Promise<JsonValue> {
    return this.#begin(service, params, options, traceparent, false).result;
  }

  /** Calls a service with items. */
  start(
    service: string,
    params: JsonObject | undefined,
    options: UploadOptions,
    traceparent?: string,
  ): StreamingCall<JsonValue, JsonValue> {
    try {
      const { inflow, result } = this.#begin(service, params, options, traceparent, true);
      return streamingCall(inflow, result);
    } catch (thrown) {
      const inflow = new Inflow(() => undefined);
      inflow.fail(thrown);
      return streamingCall(inflow, Promise.reject(thrown));
    }
  }

  #begin(
    service: string,
    params: JsonObject | undefined,
    options: UploadOptions,
    traceparent: string | undefined,
    streams: boolean,
  ): HostCall {
    const { signal, upload } = options;
    const timeoutMs = milliseconds(options.timeoutMs ?? options.usualTimeoutMs);
    if (signal?.aborted) throw cancelled(service);
    if (timeoutMs === 0) throw new PluginError("deadlineExceeded", `no time is left to call ${service}`);
    const id = this.#session.call(service, params, { timeoutMs, traceparent }, streams);
    const inflow = new Inflow((items, bytes) => this.#session.streams.grant(id, items, bytes));
    const told = options.native === true ? (value: JsonValue) => value : asJson;
    const outflow = new Outflow((item) => this.#session.streams.send(id, item), this.#drained, this.#session.native);
    let settle: HostCall["settle"] = () => undefined;
    const result = new Promise<JsonValue>((resolve, reject) => {
      const giveUp = (why: PluginError): void => {
        this.#session.giveUp(id);
        settle({ thrown: why });
      };
      const onAbort = (): void => giveUp(cancelled(service));
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(
              () => giveUp(new PluginError("deadlineExceeded", `${service} did not answer within ${timeoutMs} ms`)),
              Math.min(timeoutMs, LONGEST_TIMER),
            );
      signal?.addEventListener("abort", onAbort, { once: true });
      settle = (outcome) => {
        this.#calls.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        outflow.close();
        if ("result" in outcome) {
          inflow.end();
          resolve(told(outcome.result));
        } else {
          const error = "thrown" in outcome ? outcome.thrown : errorOf(outcome);
          inflow.fail(error);
          reject(error);
        }
      };
    });
    const made = { inflow, outflow, result, onProgress: options.onProgress, told, settle };
    this.#calls.set(id, made);
    if (upload !== undefined) void this.#pump(id, upload, outflow);
    return made;
  }

  /** The host answered. */
  answer(id: RequestId, outcome: Outcome): void {
    this.#calls.get(id)?.settle(outcome);
  }

  /** The host says how far it is. */
  progress(id: RequestId, progress: CallProgress): void {
    const call = this.#calls.get(id);
    try {
      call?.onProgress?.(progress);
    } catch (thrown) {
      // The caller's own mistake: it belongs to the call that it made.
      this.#session.giveUp(id);
      call?.settle({ thrown });
    }
  }

  /** The host streams. */
  item(id: RequestId, item: JsonValue, bytes: number): boolean {
    const call = this.#calls.get(id);
    call?.inflow.push(call.told(item), bytes);
    return call !== undefined;
  }

  /** The host takes more. */
  credit(id: RequestId): boolean {
    const call = this.#calls.get(id);
    call?.outflow.resume();
    return call !== undefined;
  }

  /** The host is gone. */
  closeAll(error: PluginError): void {
    for (const call of [...this.#calls.values()]) call.settle({ thrown: error });
  }

  async #pump(id: RequestId, upload: NonNullable<UploadOptions["upload"]>, outflow: Outflow): Promise<void> {
    try {
      for await (const item of upload) await outflow.send(item);
      this.#session.end(id);
    } catch (thrown) {
      // An early answer closes the stream: then there is nothing left to settle.
      this.#session.giveUp(id);
      this.#calls.get(id)?.settle({ thrown });
    }
  }
}

/** The options of a call that serves another one: what is left of that one's time. */
export function within(options: UploadOptions, left: number | undefined, signal: () => AbortSignal): CallOptions {
  const timeoutMs = Math.min(options.timeoutMs ?? options.usualTimeoutMs ?? Infinity, left ?? Infinity);
  return { timeoutMs, signal: options.signal ?? signal() };
}

/** A limit as it goes over the wire; undefined where there is none. */
export function milliseconds(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || !(timeoutMs <= Number.MAX_SAFE_INTEGER)) return undefined;
  return Math.max(0, Math.ceil(timeoutMs));
}

/** The error that a peer answered with. */
export function errorOf({ error }: { readonly error: Failure }): PluginError {
  return new PluginError(error.code, error.message, error);
}

function cancelled(service: string): PluginError {
  return new PluginError("cancelled", `the call of ${service} was given up`);
}
