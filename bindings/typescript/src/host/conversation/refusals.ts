// What a session refuses, and what a plugin did to be ended, as errors of the host. The names are the session's.

import { type ErrorKind, HostError } from "../../errors.js";

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
