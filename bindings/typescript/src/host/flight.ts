// One call from its caller's side: its answer, its streams, its end by a signal. Knows a passage as a seam only.

import { asJson, writeAny } from "../codec/any.js";
import type { CallProgress, StreamingCall, UploadOptions } from "../context.js";
import { writeAs } from "../descriptor.js";
import { CrossplugError, HostError } from "../errors.js";
import { checkDepth, MAX_DEPTH } from "../json/strict.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import { Inflow, Outflow, streamingCall, type Window } from "../streams.js";
import type { Answer, CallKey, Outcome, Passage } from "./door.js";
import { surface } from "./reports.js";
import type { Unread } from "./unread.js";

/** Enough to keep a pipe busy while the receiver works, little enough that a thousand streams fit the memory cap. */
export const WINDOW: Window = { items: 256, bytes: 1 << 20 };

/** Items of a stream that its caller has let go wait for nobody. */
const dropped: FinalizationRegistry<Inflow> = new FinalizationRegistry((inflow) => inflow.clear());

/** A call that was sent. */
export class Flight implements Answer {
  readonly result: Promise<JsonValue>;
  readonly #operation: string;
  readonly #passage: Passage;
  readonly #unread: Unread;
  readonly #onProgress: UploadOptions["onProgress"];
  /** Whether whoever calls reads and writes MessagePack's own forms: a typed client. */
  readonly #native: boolean;
  #inflow: Inflow | undefined;
  #outflow: Outflow | undefined;
  #forget: (() => void) | undefined;
  #settle: (outcome: Outcome) => void = () => undefined;
  #over = false;
  #key: CallKey;

  constructor(
    passage: Passage,
    unread: Unread,
    method: string,
    params: JsonObject,
    options: UploadOptions & {
      readonly traceparent?: string;
      readonly input?: Uint8Array;
      /** {@link Flight.stream} follows at once. */
      readonly streams?: boolean;
    },
  ) {
    this.#operation = `call \`${method}\``;
    this.#passage = passage;
    this.#unread = unread;
    this.#onProgress = options.onProgress;
    this.#native = options.native === true;
    this.result = new Promise((resolve, reject) => {
      this.#settle = (outcome) => ("result" in outcome ? resolve(this.#told(outcome.result)) : reject(outcome.error));
    });
    const { signal, timeoutMs, traceparent, upload, input } = options;
    if (signal?.aborted) {
      this.finish({ error: givenUp(signal) });
      return;
    }
    const deadline = timeoutMs === undefined || !Number.isFinite(timeoutMs) ? undefined : performance.now() + timeoutMs;
    const streams = options.streams === true || upload !== undefined;
    this.#key = passage.call({ method, params, input, deadline, traceparent, streams }, this);
    if (this.#over) return;
    if (signal !== undefined) {
      const stop = (): void => this.giveUp(givenUp(signal));
      signal.addEventListener("abort", stop, { once: true });
      this.#forget = () => signal.removeEventListener("abort", stop);
    }
    if (upload !== undefined) void this.#upload(upload);
  }

  /** Takes the call's stream: the plugin may begin. */
  stream(): StreamingCall<JsonValue, JsonValue> {
    const inflow = new Inflow((items, bytes) => this.#passage.credit(this.#key, items, bytes), WINDOW, this.#unread);
    this.#inflow = inflow;
    if (this.#over) {
      this.result.then(
        () => inflow.end(),
        (error: unknown) => inflow.fail(error),
      );
    } else {
      try {
        inflow.open();
      } catch (thrown) {
        this.giveUp(thrown);
      }
    }
    const call = streamingCall(inflow, this.result);
    dropped.register(call, inflow);
    return call;
  }

  finish(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget?.();
    const named =
      "error" in outcome && outcome.error instanceof HostError ? outcome.error.in(this.#operation) : undefined;
    const told = named === undefined ? outcome : { error: named };
    this.#outflow?.close(new HostError("Cancelled", this.#operation, { context: "the call has ended" }));
    if ("result" in told) this.#inflow?.end();
    else this.#inflow?.fail(told.error);
    this.#settle(told);
  }

  progress(progress: CallProgress): void {
    try {
      this.#onProgress?.(progress);
    } catch (thrown) {
      surface(thrown);
    }
  }

  item(item: JsonValue, bytes: number): boolean {
    // Without a stream no credit was given: the session has seen to that.
    if (this.#inflow === undefined || this.#inflow.push(this.#told(item), bytes)) return true;
    this.#inflow.clear();
    const context = `${this.#unread.excess}; read its streams faster, open fewer at once, or raise \`bufferedBytes\``;
    this.finish({ error: new HostError("Limit", this.#operation, { context }) });
    return false;
  }

  room(): void {
    this.#outflow?.resume();
  }

  /** Nobody waits any more. */
  giveUp(thrown: unknown): void {
    if (this.#over) return;
    this.#passage.cancel(this.#key);
    const error = thrown instanceof CrossplugError ? thrown : undefined;
    if (error !== undefined) this.finish({ error });
    else {
      this.finish({
        error: new HostError("Cancelled", this.#operation, { context: "the upload failed", cause: thrown }),
      });
    }
  }

  /** What came, as whoever calls reads it. */
  #told(value: JsonValue): JsonValue {
    return this.#native || this.#passage.introduction.encoding === "json" ? value : asJson(value);
  }

  async #upload(upload: NonNullable<UploadOptions["upload"]>): Promise<void> {
    const outflow = new Outflow(
      (item) => this.#passage.upload(this.#key, item),
      () => undefined,
    );
    this.#outflow = outflow;
    try {
      for await (const item of upload) {
        checkDepth(item, MAX_DEPTH - 2);
        await outflow.send(this.#native ? item : writeAs("an item", writeAny, item));
      }
      if (!this.#over) this.#passage.endUpload(this.#key);
    } catch (thrown) {
      // An early answer ends the upload: then there is nothing left to give up.
      this.giveUp(thrown);
    }
  }
}

function givenUp(signal: AbortSignal): HostError {
  return new HostError("Cancelled", "call", { context: "the caller gave the call up", cause: signal.reason });
}
