// What a thrown value becomes on the wire. Knows no transport and no handler.

import { writeAny } from "./codec/any.js";
import { DecodeError, EncodeError } from "./codec/misfit.js";
import { writeAs } from "./descriptor.js";
import { PluginError } from "./errors.js";
import type { JsonObject } from "./json/value.js";
import type { Failure } from "./plugin/message.js";

/** Half of a surrogate pair: it may stand in a JavaScript string and never in a message. */
const LONE = /\p{Surrogate}/gu;

/**
 * The error of a reply. A {@link PluginError} is the author's own answer; anything else is `internal`, with the type and
 * text of what was thrown, and a trace only where the host wants one.
 */
export function failureOf(thrown: unknown, debug: boolean): Failure {
  if (thrown instanceof PluginError) return declared(thrown);
  const details: JsonObject | undefined =
    debug && thrown instanceof Error && thrown.stack !== undefined ? { trace: clean(thrown.stack) } : undefined;
  return { code: "internal", message: clean(describe(thrown)), details };
}

/** What does not fit its type, as the error of a call; anything else as it is. The sentence is that of every SDK. */
export function unfit(thrown: unknown): unknown {
  if (!(thrown instanceof DecodeError)) return thrown;
  const { reason, pointer, problem } = thrown;
  const message = `${reason} at ${pointer === "" ? "the document" : pointer}: ${problem}`;
  return new PluginError("invalidParams", message, { details: { reason, pointer }, cause: thrown });
}

/** What a handler gave and its type does not allow, as the error of the call; anything else as it is. */
export function unsendable(thrown: unknown): unknown {
  if (!(thrown instanceof EncodeError)) return thrown;
  const { reason, pointer, problem } = thrown;
  const message = `the result cannot be sent: ${reason} at ${pointer === "" ? "the document" : pointer}: ${problem}`;
  return new PluginError("internal", message, { cause: thrown });
}

function declared(error: PluginError<unknown>): Failure {
  try {
    const details = error.wireDetails();
    if (details !== undefined) writeAs("they", writeAny, details);
    return { code: clean(error.code), message: clean(error.message), details, retryable: error.retryable };
  } catch (thrown) {
    // What is told in words still matters where the details cannot be sent.
    const why = thrown instanceof EncodeError ? thrown.message : describe(thrown);
    const message = clean(`${error.message} (details left out: ${why})`);
    return { code: clean(error.code), message, retryable: error.retryable };
  }
}

function describe(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  try {
    return String(thrown);
  } catch {
    return "a value that cannot be printed was thrown";
  }
}

/** Text that every reader takes. */
export function clean(text: string): string {
  return text.isWellFormed() ? text : text.replace(LONE, "\ufffd");
}

/** Where an error was thrown, as fields of the log line that tells of it. */
export function placeOf(thrown: unknown): { readonly at?: string } {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  const frame = stack.split("\n").find((line) => /^\s*at .*\/.*:\d+:\d+\)?$/.test(line) && !line.includes("node:"));
  return frame === undefined ? {} : { at: frame.trim().slice("at ".length) };
}
