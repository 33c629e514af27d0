// The two families of errors: local ones, and those that cross the wire. Knows the codes, but no message and no transport.

import type { ErrorCode } from "./interfaces/protocol.js";
import type { JsonValue } from "./json/value.js";

/** The codes that every interface has. */
export type KnownErrorCode = (typeof ErrorCode)["values"][number];

/** JSON-RPC's numbers for them. Exhaustive: the compiler refuses a code without a number. */
const numbers: Readonly<Record<KnownErrorCode, number>> = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  permissionDenied: -32001,
  notFound: -32002,
  deadlineExceeded: -32003,
  cancelled: -32004,
  unavailable: -32005,
  resourceExhausted: -32006,
  failedPrecondition: -32007,
  protocolViolation: -32008,
};

/** The number of every code that an interface declares itself. */
const INTERFACE_CODE = -32100;

const codes: ReadonlyMap<number, string> = new Map(Object.entries(numbers).map(([code, number]) => [number, code]));

/** JSON-RPC's number for a code; one number for all codes of interfaces. */
export function numberOf(code: string): number {
  return Object.hasOwn(numbers, code) ? numbers[code as KnownErrorCode] : INTERFACE_CODE;
}

/** The code that JSON-RPC's number stands for where a peer sends no `data`; `internal` for any other number. */
export function codeOf(number: number): string {
  return codes.get(number) ?? "internal";
}

/** Base of every error that crossplug throws. */
export class CrossplugError extends Error {
  override name = "CrossplugError";
  /** What a program decides by. */
  readonly code: string;

  /** An error with a code and a sentence that says what happened, where, and how to mend it. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** What a {@link PluginError} holds besides its code and message. */
export interface PluginErrorOptions<Details = JsonValue> {
  /** For a program; of the type that the interface says for the code. */
  readonly details?: Details | undefined;
  /** Whether trying again may help. */
  readonly retryable?: boolean | undefined;
  /** What led to it. Stays here; never crosses the wire. */
  readonly cause?: unknown;
}

/**
 * An error that crosses the wire: thrown by a handler it becomes the answer; thrown by a service call it is what the host
 * answered. The errors that an interface declares are generated classes of this one.
 *
 * @example
 * throw new PluginError("notFound", `no note ${id}`, { details: { id } });
 */
export class PluginError<Details = JsonValue> extends CrossplugError {
  /** For a program; of the type that the interface says for the code. */
  readonly details: Details | undefined;
  /** Whether trying again may help. */
  readonly retryable: boolean;

  /** An error of the protocol ({@link KnownErrorCode}) or one that the interface declares. */
  constructor(code: KnownErrorCode | (string & {}), message: string, options: PluginErrorOptions<Details> = {}) {
    super(code, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details;
    this.retryable = options.retryable ?? false;
  }

  /** The details as they go over the wire. */
  wireDetails(): JsonValue | undefined {
    return this.details as JsonValue | undefined;
  }
}
