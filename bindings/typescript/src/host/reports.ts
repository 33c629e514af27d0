// What a host hears of its plugins: log lines and events, in order. Knows no door.
//
// They are handed out while they are read: nothing waits, so nothing can pile up, and a program that is slow to take them
// holds back the plugin that says them.

import type { LogLevel } from "../context.js";
import type { JsonObject, JsonValue } from "../json/value.js";

/** Where a log line comes from: the plugin, its process' stderr, its prints, or the host in its own name. */
export type LogSource = "plugin" | "stderr" | "stdout" | "host";

/** One log line about a plugin. */
export interface HostLog {
  /** Name of the plugin. */
  readonly plugin: string;
  /** Where the line comes from. */
  readonly source: LogSource;
  /** How urgent it is. */
  readonly level: LogLevel;
  /** One line for a person. */
  readonly message: string;
  /** For a machine. */
  readonly fields: JsonObject | undefined;
}

/** An event from a plugin. */
export interface HostEvent {
  /** Name of the plugin that sent it. */
  readonly plugin: string;
  /** Of the event in its interface. */
  readonly name: string;
  /** Names an ordered sequence, such as `location:room1`. */
  readonly stream: string | undefined;
  /** Counts up by one within a stream and sender, from 1. */
  readonly seq: number;
  /** What happened. */
  readonly payload: JsonValue;
}

/** Hears of one plugin. */
export class Reports {
  readonly #plugin: string;
  readonly #onLog: ((log: HostLog) => void) | undefined;
  readonly #listeners: Set<(event: HostEvent) => void> = new Set();

  constructor(
    plugin: string,
    onLog: ((log: HostLog) => void) | undefined,
    onEvent: ((event: HostEvent) => void) | undefined,
  ) {
    this.#plugin = plugin;
    this.#onLog = onLog;
    if (onEvent !== undefined) this.#listeners.add(onEvent);
  }

  /** Whether anybody hears log lines. */
  get wantsLogs(): boolean {
    return this.#onLog !== undefined;
  }

  /** Whether anybody hears events. */
  get wantsEvents(): boolean {
    return this.#listeners.size > 0;
  }

  /** Hears events from now on; the function that is given back ends it. */
  listen(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A line. What the program throws over it is its own affair and stops nothing here. */
  log(source: LogSource, level: LogLevel, message: string, fields?: JsonObject): void {
    try {
      this.#onLog?.({ plugin: this.#plugin, source, level, message, fields });
    } catch (thrown) {
      surface(thrown);
    }
  }

  /** An event. */
  event(name: string, stream: string | undefined, seq: number, payload: JsonValue): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener({ plugin: this.#plugin, name, stream, seq, payload });
      } catch (thrown) {
        surface(thrown);
      }
    }
  }
}

/** A mistake in a callback of the program is as uncaught as in any other callback, but not in the middle of our reading. */
export function surface(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown;
  });
}
