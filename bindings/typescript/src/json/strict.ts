// JSON text by the laws of schema/README.md section 3, on top of the platform's parser. Knows no type.
//
// JSON.parse checks the grammar, but lets doubled names, lone surrogates, infinite numbers and any depth through. A doubled
// name leaves fewer members in the value than the text has, so counting both finds it without a set of names.

import { DecodeError, Misfit } from "../codec/misfit.js";
import { Float } from "../msgpack/float.js";
import type { JsonValue } from "./value.js";

/** How deep arrays and objects may nest. */
export const MAX_DEPTH = 128;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An escape that may be half of a surrogate pair. */
const surrogateEscape = /\\u[dD][89a-fA-F]/;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Beyond so many characters a search by the platform beats a loop. */
const SHORT = 24;

/**
 * Reads one JSON value strictly.
 *
 * @param input - text, or its UTF-8 bytes
 * @param maxDepth - how deep arrays and objects may nest
 * @throws DecodeError with the reason `notJson`, `duplicateKey`, `loneSurrogate`, `notFinite` or `tooDeep`
 * @example
 * parseJson('{"a":1,"a":2}'); // throws: duplicateKey
 */
export function parseJson(input: string | Uint8Array, maxDepth: number = MAX_DEPTH): JsonValue {
  try {
    const text = typeof input === "string" ? input : decodeUtf8(input);
    const value = parsed(text);
    // A text that holds raw halves of pairs is no UTF-8; escaped ones are seen by their spelling.
    const suspicious =
      (text.includes("\\u") && surrogateEscape.test(text)) || (typeof input === "string" && !text.isWellFormed());
    const survey = new Survey(maxDepth, suspicious);
    survey.visit(value, 0);
    if (survey.members !== membersIn(text)) throw new Misfit("duplicateKey", "a name stands twice in one object");
    return value;
  } catch (thrown) {
    throw thrown instanceof Misfit ? new DecodeError("JSON", thrown) : thrown;
  }
}

/** The same for a value that a codec built: throws a {@link Misfit} if it nests deeper than `maxDepth`. */
export function checkDepth(value: unknown, maxDepth: number): void {
  new Survey(maxDepth, false).visit(value as JsonValue, 0);
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (thrown) {
    throw new Misfit("notJson", thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Misfit("notJson", "the bytes are not UTF-8");
  }
}

/** How many members the objects of a text have. The text is known to be JSON. */
function membersIn(text: string): number {
  let members = 0;
  const end = text.length;
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit === COLON) members++;
    else if (unit === QUOTE) at = closingQuote(text, at + 1);
  }
  return members;
}

/** Where the string that began before `from` ends. */
function closingQuote(text: string, from: number): number {
  let at = from;
  for (const near = from + SHORT; at < near; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at;
    if (unit === BACKSLASH) at++;
  }
  for (let quote = text.indexOf('"', at); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    // A quote behind an odd number of backslashes is part of the string. An escape never straddles `at`.
    let slash = quote - 1;
    while (slash >= at && text.charCodeAt(slash) === BACKSLASH) slash--;
    if ((quote - slash) % 2 === 1) return quote;
  }
  return text.length;
}

/** One walk over a value: counts members, and refuses what JSON.parse let through. */
class Survey {
  members = 0;
  readonly #maxDepth: number;
  readonly #suspicious: boolean;

  constructor(maxDepth: number, suspicious: boolean) {
    this.#maxDepth = maxDepth;
    this.#suspicious = suspicious;
  }

  visit(value: JsonValue, depth: number): void {
    if (typeof value === "number") {
      if (!Number.isFinite(value)) throw new Misfit("notFinite", "a number is too large for a 64-bit float");
    } else if (typeof value === "string") {
      if (this.#suspicious) this.#text(value);
    } else if (typeof value === "object" && value !== null) {
      if (depth >= this.#maxDepth) {
        if ((value as unknown) instanceof Float) return;
        throw new Misfit("tooDeep", `more than ${this.#maxDepth} nested arrays and objects`);
      }
      if (Array.isArray(value)) {
        for (let at = 0; at < value.length; at++) this.visit(value[at] as JsonValue, depth + 1);
      } else if (!((value as unknown) instanceof Uint8Array)) {
        // Bytes, which another encoding carries as they are, hold nothing.
        const names = Object.keys(value);
        this.members += names.length;
        for (const name of names) {
          if (this.#suspicious) this.#text(name);
          this.visit(value[name] as JsonValue, depth + 1);
        }
      }
    }
  }

  #text(text: string): void {
    if (!text.isWellFormed()) throw new Misfit("loneSurrogate", "a string holds half of a surrogate pair");
  }
}
