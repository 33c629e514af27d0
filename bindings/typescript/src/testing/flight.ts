// One request between a test host and its plugin, in either direction: its two streams and its end. Knows no method.

import type { CallOptions } from "../context.js";
import { PluginError } from "../errors.js";
import type { JsonValue } from "../json/value.js";
import type { Dialect, Frame } from "../plugin/dialect.js";
import { errorOf } from "../plugin/host-calls.js";
import type { Message, Outcome, RequestId } from "../plugin/message.js";
import { sizeOf } from "../plugin/session/limits.js";
import { Inflow, Outflow } from "../streams.js";

/** A way to the plugin. */
export interface Line {
  readonly dialect: Dialect;
  send(frame: Frame): void;
}

/** A request in flight. */
export class Flight {
  readonly method: string;
  /** What the plugin streams. */
  readonly inflow: Inflow;
  /** What the test streams. */
  readonly outflow: Outflow;
  /** The answer. */
  readonly result: Promise<JsonValue>;
  readonly aborter: AbortController = new AbortController();
  /** Is told how far the plugin is. */
  onProgress: CallOptions["onProgress"];
  readonly #send: (message: Message) => void;
  readonly #id: RequestId;
  readonly #credit = { items: 0, bytes: 0 };
  #settle: (outcome: Outcome) => void = () => undefined;

  constructor(id: RequestId, method: string, line: Line) {
    const send = (message: Message): void => {
      const frame = line.dialect.write(message);
      if (frame !== undefined) line.send(frame);
    };
    this.method = method;
    this.#send = send;
    this.#id = id;
    this.inflow = new Inflow((items, bytes) => send({ kind: "credit", id, items, bytes }));
    this.outflow = new Outflow(
      (item) => {
        if (this.#credit.items <= 0 || this.#credit.bytes <= 0) return false;
        const frame = line.dialect.write({ kind: "item", id, item });
        if (frame === undefined) return undefined;
        this.#credit.items -= 1;
        this.#credit.bytes -= sizeOf(frame);
        line.send(frame);
        return true;
      },
      () => undefined,
    );
    this.result = new Promise((resolve, reject) => {
      this.#settle = (outcome) => {
        if ("result" in outcome) resolve(outcome.result);
        else reject(errorOf(outcome));
      };
    });
    // Who only reads the stream, or answers, does not await it.
    this.result.catch(() => undefined);
  }

  /** Tells the plugin how far its call is. */
  progress(fraction: number | undefined, message: string | undefined): void {
    this.#send({ kind: "progress", id: this.#id, fraction, message });
  }

  /** The plugin takes more. */
  credit(items: number, bytes: number): void {
    this.#credit.items += items;
    this.#credit.bytes += bytes;
    this.outflow.resume();
  }

  /** It is answered, or its caller has given up. */
  settle(outcome: Outcome): void {
    this.outflow.close();
    if ("result" in outcome) this.inflow.end();
    else this.inflow.fail(errorOf(outcome));
    this.#settle(outcome);
  }

  /** The plugin gave its call up. */
  abort(): void {
    const error = new PluginError("cancelled", "the plugin gave the call up");
    this.outflow.close(error);
    this.inflow.fail(error);
    this.aborter.abort(error);
  }
}
