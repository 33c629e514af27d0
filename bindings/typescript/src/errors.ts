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

/**
 * What kind of thing went wrong at a host: what the caller may do about it.
 *
 * - `NotFound`: there is nothing at the path, or no plugin, door or dialect of the name. Correct the name.
 * - `Manifest`: the manifest cannot be read or breaks a rule. Mend it at the place that the message names.
 * - `Incompatible`: plugin and host share no protocol version, feature or door. Bring one of them up to date.
 * - `Denied`: it was not granted. Grant it when loading, or do without.
 * - `ToolMissing`: a program that the plugin needs is not on the PATH. Install it.
 * - `Start`: the plugin did not come up. Loading again may help if the reason was outside of the plugin.
 * - `Protocol`: the plugin broke the protocol and was stopped. Report it to its author.
 * - `Died`: the plugin ended. Load it again.
 * - `Deadline`: the answer did not come in time; the plugin lives on. Try again, or allow more time.
 * - `Cancelled`: the caller gave the call up, or the plugin is being stopped at the host's own wish.
 * - `Limit`: a cap was reached. Send less, or raise the cap.
 * - `Trap`: a sandboxed plugin trapped; the next call gets a new instance.
 * - `Plugin`: the plugin answered with an error of its own, a {@link PluginError}. The plugin is fine.
 * - `Io`: the operating system refused something. See the cause.
 */
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** Every {@link ErrorKind}, in the order of the Rust host's. */
export const ERROR_KINDS = [
  "NotFound",
  "Manifest",
  "Incompatible",
  "Denied",
  "ToolMissing",
  "Start",
  "Protocol",
  "Died",
  "Deadline",
  "Cancelled",
  "Limit",
  "Trap",
  "Plugin",
  "Io",
] as const;

/**
 * Makes `instanceof` true for what another copy of this package made: a plugin that was bundled, as `crossplug build` does it,
 * brings its own into its host's program, where its classes may be called otherwise. Classes derived from it are asked as ever.
 */
export function acrossCopies(made: abstract new (...given: never[]) => object, name: string): void {
  const mark = Symbol.for(`crossplug.${name}`);
  Object.defineProperty(made.prototype, mark, { value: true });
  Object.defineProperty(made, Symbol.hasInstance, {
    value(this: unknown, thrown: unknown): boolean {
      if (this !== made) return Function.prototype[Symbol.hasInstance].call(this as typeof made, thrown);
      return typeof thrown === "object" && thrown !== null && mark in thrown;
    },
  });
}

/** Base of every error that crossplug throws. */
export class CrossplugError extends Error {
  override name = "CrossplugError";
  /** What a program decides by. */
  readonly code: string;

  /** What a host says of it; undefined where it has nothing to do with a plugin that was loaded. */
  get kind(): ErrorKind | undefined {
    return undefined;
  }

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
  static {
    acrossCopies(PluginError, "PluginError");
  }

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

  override get kind(): ErrorKind {
    return "Plugin";
  }

  /** The details as they go over the wire. */
  wireDetails(): JsonValue | undefined {
    return this.details as JsonValue | undefined;
  }
}

/** What a {@link HostError} holds besides its kind. */
export interface HostErrorOptions {
  /** What happened, where, and what to do next. */
  readonly context?: string;
  /** The error below. */
  readonly cause?: unknown;
}

/** Kinds after which the same thing, tried again unchanged, may succeed. */
const PASSING: ReadonlySet<ErrorKind> = new Set<ErrorKind>(["Start", "Died", "Deadline", "Trap"]);

/**
 * Something that went wrong on the host's side; it never crosses the wire. What a plugin answers with is a
 * {@link PluginError} instead.
 *
 * @example
 * try {
 *   await plugin.call("note.search", { text: "milk" }, { timeoutMs: 500 });
 * } catch (error) {
 *   if (error instanceof CrossplugError && error.kind === "Deadline") console.log("later, then");
 * }
 */
export class HostError extends CrossplugError {
  readonly #kind: ErrorKind;
  /** What was being done: `load`, ``call `note.search` ``. */
  readonly operation: string;
  /** What happened, where, and what to do next. */
  readonly context: string;

  /** An error of a kind in an operation. */
  constructor(kind: ErrorKind, operation: string, { context = "", cause }: HostErrorOptions = {}) {
    const said = context === "" ? "" : `: ${context}`;
    super(kind, `${operation}: ${kind}${said}`, cause === undefined ? undefined : { cause });
    this.#kind = kind;
    this.operation = operation;
    this.context = context;
  }

  override get kind(): ErrorKind {
    return this.#kind;
  }

  /** Whether the same thing, tried again unchanged, may succeed. */
  get retryable(): boolean {
    return PASSING.has(this.#kind);
  }

  /** The same error, seen from another operation: what a call says of the death of its plugin. */
  in(operation: string): HostError {
    return new HostError(this.#kind, operation, { context: this.context, cause: this.cause });
  }
}
