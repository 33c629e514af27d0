// One unit of the protocol, whatever dialect it came in. Knows no bytes; values stay as they are.

import type { LogLevel } from "../context.js";
import type { JsonObject, JsonValue } from "../json/value.js";

/** Unique among the requests of its sender that are in flight. */
export type RequestId = number | string;

/** Why a request has no result. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details?: JsonValue | undefined;
  readonly retryable?: boolean | undefined;
}

/** What stands beside a request's params. */
export interface Meta {
  readonly timeoutMs?: number | undefined;
  readonly traceparent?: string | undefined;
}

/** What a request ends with. */
export type Outcome = { readonly result: JsonValue } | { readonly error: Failure };

/** One message. */
export type Message =
  | {
      readonly kind: "request";
      readonly id: RequestId;
      readonly method: string;
      readonly params: JsonValue | undefined;
      readonly meta: Meta;
    }
  /** An `id` of null belongs to an error about a message that could not be read. */
  | { readonly kind: "reply"; readonly id: RequestId | null; readonly outcome: Outcome }
  | { readonly kind: "cancel"; readonly id: RequestId }
  | {
      readonly kind: "progress";
      readonly id: RequestId;
      readonly fraction: number | undefined;
      readonly message: string | undefined;
    }
  | { readonly kind: "item"; readonly id: RequestId; readonly item: JsonValue }
  | { readonly kind: "end"; readonly id: RequestId }
  | { readonly kind: "credit"; readonly id: RequestId; readonly items: number; readonly bytes: number }
  | {
      readonly kind: "event";
      readonly name: string;
      readonly stream: string | undefined;
      readonly seq: number;
      readonly payload: JsonValue;
    }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: JsonObject | undefined;
    };

/** What a dialect reads. */
export type Received =
  | Message
  /** A reply that cannot be read or, where nobody waits for it and `orRequest` says so, a request without a method. */
  | {
      readonly kind: "broken";
      readonly id: RequestId | undefined;
      readonly problem: string;
      readonly orRequest: boolean;
    }
  /** The peer could not read something of ours. */
  | { readonly kind: "complaint"; readonly message: string };

/** A frame that is no message. The plugin answers where it can, and goes on. */
export class Violation {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}
