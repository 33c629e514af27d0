// What a session refuses, and what a plugin did to be ended, as errors of the host. The names are the session's.

import { writeAny } from "../../codec/any.js";
import { writeAs } from "../../descriptor.js";
import { type ErrorKind, HostError } from "../../errors.js";
import type { JsonValue } from "../../json/value.js";

/** Refusals of the session that are no cap. */
const REFUSALS: { readonly [name: string]: ErrorKind } = {
  notOpen: "Died",
  ended: "Cancelled",
  late: "Deadline",
  notInDialect: "Incompatible",
};

/** The caps that a session keeps. */
const CAPS: ReadonlySet<string> = new Set(["tooManyCalls", "tooManyStreams", "bufferFull", "tooLarge", "noCredit"]);

/** What a session threw; anything else is thrown on. */
export function refusal(thrown: unknown, operation: string): HostError {
  const { name, message } = thrown as Error;
  const kind = REFUSALS[name] ?? (CAPS.has(name) ? "Limit" : undefined);
  if (kind === undefined) throw thrown;
  return new HostError(kind, operation, { context: message });
}

const utf8 = new TextEncoder();

/** A value that was checked, as the session takes it. */
export function bytes(value: JsonValue): Uint8Array {
  return utf8.encode(JSON.stringify(value));
}

/** An untyped value as the session takes it. @throws EncodeError */
export function checkedBytes(value: JsonValue): Uint8Array {
  return bytes(writeAs("the value", writeAny, value));
}
