// Log lines on their way to the host; before the host listens they wait, a bounded number of them. Knows no session.

import { writeAny } from "../codec/any.js";
import type { Log, LogLevel } from "../context.js";
import { clean } from "../failure.js";
import type { JsonObject } from "../json/value.js";

/** Lines that wait for the handshake; a plugin that says more before it has nothing to say to a host yet. */
const MOST_WAITING = 1000;

/** Takes a line; or nobody listens yet; or nobody can listen now. */
export type LogSink = (level: LogLevel, message: string, fields: JsonObject | undefined) => "taken" | "later" | "never";

/** Makes a {@link Log}. */
export class HostLog implements Log {
  readonly #sink: LogSink;
  #waiting: Parameters<LogSink>[] = [];
  #dropped = 0;

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  write(level: LogLevel, message: string, fields?: JsonObject): void {
    this.#offer([level, clean(message), sendable(fields)]);
  }

  #offer(line: Parameters<LogSink>): void {
    const taken = this.#sink(...line);
    if (taken === "later" && this.#waiting.length < MOST_WAITING) this.#waiting.push(line);
    else if (taken !== "taken") this.#dropped += 1;
    else if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#sink("warn", `${dropped} log lines were dropped`, undefined);
    }
  }

  /** Somebody listens now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const line of waiting) this.#offer(line);
  }

  trace(message: string, fields?: JsonObject): void {
    this.write("trace", message, fields);
  }

  debug(message: string, fields?: JsonObject): void {
    this.write("debug", message, fields);
  }

  info(message: string, fields?: JsonObject): void {
    this.write("info", message, fields);
  }

  warn(message: string, fields?: JsonObject): void {
    this.write("warn", message, fields);
  }

  error(message: string, fields?: JsonObject): void {
    this.write("error", message, fields);
  }
}

/** Logging never fails: fields that are not JSON are said to be so. */
function sendable(fields: JsonObject | undefined): JsonObject | undefined {
  if (fields === undefined) return undefined;
  try {
    return writeAny(fields) as JsonObject;
  } catch {
    return { fields: "not JSON" };
  }
}
