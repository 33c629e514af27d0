// What a test host has seen of its plugin. Plain data.

import type { LogLevel } from "../context.js";
import type { JsonObject, JsonValue } from "../json/value.js";

/** A line that the plugin logged. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: JsonObject | undefined;
}

/** An event that the plugin emitted. */
export interface Emitted {
  readonly name: string;
  readonly stream: string | undefined;
  readonly seq: number;
  readonly payload: JsonValue;
}

/** What the plugin said of how far a call is. */
export interface Progress {
  /** The method that was called. */
  readonly method: string;
  readonly fraction: number | undefined;
  readonly message: string | undefined;
}

/** A call of a service by the plugin, whether the test offers it or not. */
export interface ServiceCall {
  readonly service: string;
  readonly params: JsonValue;
}
