// Calls from the plugin to its host, with their streams, timers and cancellation. Knows the session, but no handler.

import type { CallOptions, OpenCall, OpenOptions } from "../context.js";
import { PluginError } from "../errors.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Outcome, RequestId } from "./message.js";
import type { Session } from "./session.js";
import { Inflow, Outflow, plainItems } from "./streams.js";

interface HostCall {
  readonly inflow: Inflow;
  readonly outflow: Outflow;
  readonly settle: (outcome: Outcome | { readonly thrown: unknown }) => void;
}

/** Longest delay that timers take, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** All calls to the host that are under way. */
export class HostCalls {
  readonly #session: Session;
  readonly #drained: () => Promise<void> | undefined;
  readonly #calls: Map<RequestId, HostCall> = new Map();

  constructor(session: Session, drained: () => Promise<void> | undefined) {
    this.#session = session;
    this.#drained = drained;
  }

  /** Starts a call. Without streams, `items` is simply not read. */
  open(service: string, params: JsonObject | undefined, options: OpenOptions, traceparent?: string): OpenCall {
    const { signal, timeoutMs } = options;
    if (signal?.aborted) return failed(cancelled(service));
    let id: RequestId | undefined;
    try {
      id = this.#session.call(service, params, { timeoutMs, traceparent });
    } catch (thrown) {
      return failed(thrown);
    }
    if (id === undefined) {
      return failed(
        new PluginError(
          "unavailable",
          `${service} cannot be called: the host is not there, or too many calls are under way`,
        ),
      );
    }
    return this.#started(service, id, options);
  }

  #started(service: string, id: RequestId, { signal, timeoutMs, upload }: OpenOptions): OpenCall {
    const inflow = new Inflow((items, bytes) => this.#session.grant(id, items, bytes));
    const outflow = new Outflow((item) => this.#session.item(id, item), this.#drained);
    const result = new Promise<JsonValue>((resolve, reject) => {
      const giveUp = (why: PluginError): void => {
        this.#session.giveUp(id);
        this.#calls.get(id)?.settle({ thrown: why });
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
      this.#calls.set(id, {
        inflow,
        outflow,
        settle: (outcome) => {
          this.#calls.delete(id);
          clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
          outflow.close();
          if ("result" in outcome) {
            inflow.end();
            resolve(outcome.result);
          } else {
            const error =
              "thrown" in outcome
                ? outcome.thrown
                : new PluginError(outcome.error.code, outcome.error.message, outcome.error);
            inflow.fail(error);
            reject(error);
          }
        },
      });
    });
    if (upload !== undefined) void this.#pump(id, upload, outflow);
    return { items: plainItems(inflow), result };
  }

  /** The host answered. */
  answer(id: RequestId, outcome: Outcome): void {
    this.#calls.get(id)?.settle(outcome);
  }

  /** The host streams. */
  item(id: RequestId, item: JsonValue, bytes: number): boolean {
    const call = this.#calls.get(id);
    call?.inflow.push(item, bytes);
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

  async #pump(id: RequestId, upload: NonNullable<OpenOptions["upload"]>, outflow: Outflow): Promise<void> {
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
export function within(options: CallOptions, deadline: number | undefined, signal: () => AbortSignal): CallOptions {
  const left = deadline === undefined ? undefined : Math.max(0, Math.round(deadline - Date.now()));
  const timeoutMs =
    options.timeoutMs === undefined ? left : left === undefined ? options.timeoutMs : Math.min(options.timeoutMs, left);
  return { ...options, ...(timeoutMs === undefined ? {} : { timeoutMs }), signal: options.signal ?? signal() };
}

function cancelled(service: string): PluginError {
  return new PluginError("cancelled", `the call of ${service} was given up`);
}

function failed(error: unknown): OpenCall {
  const result = Promise.reject(error);
  result.catch(() => undefined);
  const inflow = new Inflow(() => undefined);
  inflow.fail(error);
  return { items: plainItems(inflow), result };
}
