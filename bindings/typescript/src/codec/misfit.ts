// What can be wrong with a document and where. Knows no type and no text.

import { acrossCopies, CrossplugError } from "../errors.js";

/** Why a document was refused. The names are those of the test vectors. */
export type Reason =
  | "missingField"
  | "wrongKind"
  | "outOfRange"
  | "notAnInteger"
  | "unknownConst"
  | "closedEnum"
  | "unknownTag"
  | "missingTag"
  | "duplicateKey"
  | "loneSurrogate"
  | "beyond2p53"
  | "badBase64"
  | "badFormat"
  | "badPattern"
  | "badLength"
  | "nullForAbsent"
  | "tooDeep"
  | "notFinite"
  | "notJson"
  | "notMsgpack";

/**
 * Thrown inside codecs while the place is still being found. Codecs of the outside give {@link DecodeError} or
 * {@link EncodeError} instead. It is no Error: nobody needs the stack of a codec.
 */
export class Misfit {
  static {
    acrossCopies(Misfit, "Misfit");
  }

  readonly reason: Reason;
  problem: string;
  pointer = "";
  /** Nothing was found where a value should be: the place is the object that lacks the member, not the member. */
  absent: boolean;

  constructor(reason: Reason, problem: string, absent = false) {
    this.reason = reason;
    this.problem = problem;
    this.absent = absent;
  }
}

/** What was thrown, seen from the object or array that holds it under `token`; undefined where it holds it as itself. */
export function within(thrown: unknown, token: string | number | undefined): unknown {
  if (!(thrown instanceof Misfit) || token === undefined) return thrown;
  const lacks = thrown.absent && typeof token === "string";
  thrown.absent = false;
  if (lacks) {
    thrown.problem = `\`${token}\` is required`;
  } else {
    const escaped = typeof token === "number" ? String(token) : token.replaceAll("~", "~0").replaceAll("/", "~1");
    thrown.pointer = `/${escaped}${thrown.pointer}`;
  }
  return thrown;
}

function sentence(what: string, misfit: Misfit): string {
  return `${what}${misfit.pointer === "" ? "" : ` at ${misfit.pointer}`}: ${misfit.problem} (${misfit.reason})`;
}

/** A document that does not fit its type. */
export class DecodeError extends CrossplugError {
  static {
    acrossCopies(DecodeError, "DecodeError");
  }

  /** Why. */
  readonly reason: Reason;
  /** JSON pointer (RFC 6901) to what is wrong; empty for the whole document, or where the text itself is wrong. */
  readonly pointer: string;
  /** What was found and what would have been right. */
  readonly problem: string;

  /** From what a codec of the type `what` threw. */
  constructor(what: string, misfit: Misfit) {
    super("decode", sentence(what, misfit));
    this.problem = misfit.problem;
    this.reason = misfit.reason;
    this.pointer = misfit.pointer;
  }
}

/** A value that may not be written as its type. */
export class EncodeError extends CrossplugError {
  static {
    acrossCopies(EncodeError, "EncodeError");
  }

  /** Why. */
  readonly reason: Reason;
  /** JSON pointer (RFC 6901) to what is wrong in the document that would have been written. */
  readonly pointer: string;
  /** What was found and what would have been right. */
  readonly problem: string;

  /** From what a codec of the type `what` threw. */
  constructor(what: string, misfit: Misfit) {
    super("encode", sentence(what, misfit));
    this.problem = misfit.problem;
    this.reason = misfit.reason;
    this.pointer = misfit.pointer;
  }
}
