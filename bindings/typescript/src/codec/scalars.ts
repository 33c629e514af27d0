// Reading and writing of values without members: laws 3 and 5–10 of schema/README.md. Knows one value at a time.
//
// A function without a direction in its name serves both: what it takes is the same in memory and in JSON.

import type { Fields } from "../json/value.js";
import { kindOf, own } from "../json/value.js";
import { Float } from "../msgpack/float.js";
import { fromBase64, toBase64 } from "./base64.js";
import { Misfit, within } from "./misfit.js";

const signed = /^(?:0|-?[1-9][0-9]*)$/;
const unsigned = /^(?:0|[1-9][0-9]*)$/;
/** Digits and sign that any 64-bit integer needs at most; more of them need not be converted to be refused. */
const LONGEST_64 = 20;

const INT64_MIN: bigint = -(2n ** 63n);
const INT64_MAX: bigint = 2n ** 63n - 1n;
const UINT64_MAX: bigint = 2n ** 64n - 1n;

/**
 * Whether what is being written goes into MessagePack, which has integers of 64 bits, floats and bytes of its own. Writing
 * never waits, so nothing else is written meanwhile.
 */
let native = false;

/** Writes a value for MessagePack, or for JSON. */
export function writing<T>(forMsgpack: boolean, write: () => T): T {
  const before = native;
  native = forMsgpack;
  try {
    return write();
  } finally {
    native = before;
  }
}

/** A value of another kind than expected, or none at all. */
export function wrongKind(value: unknown, expected: string): Misfit {
  if (value === undefined) return new Misfit("missingField", `expected ${expected}`, true);
  return new Misfit("wrongKind", `expected ${expected}, found ${kindOf(value)}`);
}

/** true or false. */
export function boolean(value: unknown): boolean {
  if (typeof value !== "boolean") throw wrongKind(value, "a boolean");
  return value;
}

/** A finite number. */
export function number(value: unknown): number {
  if (typeof value !== "number") throw beyond(value, "a number");
  if (!Number.isFinite(value)) throw new Misfit("notFinite", `${value} is no JSON number`);
  // The writer would take it for an integer.
  return native && Number.isInteger(value) ? (new Float(value) as unknown as number) : value;
}

/** What is no number: an integer that only bigint holds, or something of another kind (a small bigint is an author's). */
export function beyond(value: unknown, wanted: string): Misfit {
  if (typeof value !== "bigint" || Number.isSafeInteger(Number(value))) return wrongKind(value, wanted);
  return new Misfit("beyond2p53", `${value} is beyond 2^53 - 1, where numbers are rounded`);
}

/** An integer within bounds. `-0` becomes 0. */
export function integer(value: unknown, min: number, max: number): number {
  if (typeof value !== "number") {
    const wide = typeof value === "bigint" && (value < min || value > max);
    throw wide ? outside(value, min, max) : wrongKind(value, "an integer");
  }
  if (!Number.isInteger(value))
    throw new Misfit(Number.isFinite(value) ? "notAnInteger" : "notFinite", `${value} is not an integer`);
  if (value < min || value > max) throw outside(value, min, max);
  return value + 0;
}

function outside(value: number | bigint, min: number | bigint, max: number | bigint): Misfit {
  return new Misfit("outOfRange", `${value} is not within ${min} and ${max}`);
}

/** A 64-bit integer that JSON carries as a number: what a 64-bit float would round is refused. */
export function safeInteger(value: unknown, min: number): number {
  if (typeof value === "bigint") throw beyond(value, "an integer");
  const out = integer(value, -Infinity, Infinity);
  if (!Number.isSafeInteger(out))
    throw new Misfit("beyond2p53", `${out} is beyond 2^53 - 1, where numbers are rounded`);
  if (out < min) throw new Misfit("outOfRange", `${out} is less than ${min}`);
  return out;
}

/** int64 from its decimal string, from an integer that is exact, or from a bigint. */
export function readInt64(value: unknown): bigint {
  return read64(value, INT64_MIN, INT64_MAX, signed);
}

/** uint64 from its decimal string, from an integer that is exact, or from a bigint. */
export function readUint64(value: unknown): bigint {
  return read64(value, 0n, UINT64_MAX, unsigned);
}

/** int64 as a decimal string, or native. */
export function writeInt64(value: unknown): string | bigint {
  const out = checked64(value, INT64_MIN, INT64_MAX);
  return native ? out : String(out);
}

/** uint64 as a decimal string, or native. */
export function writeUint64(value: unknown): string | bigint {
  const out = checked64(value, 0n, UINT64_MAX);
  return native ? out : String(out);
}

/** int64 as a decimal string whatever is written: in a kind union it is told apart from numbers by that. */
export function writeInt64Text(value: unknown): string {
  return String(checked64(value, INT64_MIN, INT64_MAX));
}

/** uint64 as a decimal string whatever is written. */
export function writeUint64Text(value: unknown): string {
  return String(checked64(value, 0n, UINT64_MAX));
}

function read64(value: unknown, min: bigint, max: bigint, grammar: RegExp): bigint {
  let out: bigint;
  if (typeof value === "string") {
    if (!grammar.test(value)) throw new Misfit("badFormat", 'expected an integer in decimal digits, such as "7"');
    if (value.length > LONGEST_64) throw new Misfit("outOfRange", `more digits than ${max} has`);
    out = BigInt(value);
  } else if (typeof value === "number") {
    if (!Number.isInteger(value)) throw new Misfit("notAnInteger", `${value} is not an integer`);
    if (!Number.isSafeInteger(value))
      throw new Misfit("beyond2p53", "an integer beyond 2^53 must be written as a string");
    out = BigInt(value);
  } else if (typeof value === "bigint") {
    out = value;
  } else {
    throw wrongKind(value, "an integer in a string");
  }
  if (out < min || out > max) throw outside(out, min, max);
  return out;
}

function checked64(value: unknown, min: bigint, max: bigint): bigint {
  if (typeof value !== "bigint") throw wrongKind(value, "a bigint");
  if (value < min || value > max) throw outside(value, min, max);
  return value;
}

/** Text without halves of surrogate pairs. */
export function string(value: unknown): string {
  if (typeof value !== "string") throw wrongKind(value, "a string");
  if (!value.isWellFormed()) throw new Misfit("loneSurrogate", "the text holds half of a surrogate pair");
  return value;
}

/** Compiles a pattern of the portable subset; it is matched whole. */
export function pattern(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, "u");
}

/** Text that a {@link pattern} matches. */
export function matching(text: string, rule: RegExp): string {
  if (!rule.test(text)) throw new Misfit("badPattern", `the text does not match ${rule.source.slice(4, -2)}`);
  return text;
}

/** Text whose length, in Unicode scalar values, is within bounds. */
export function sized(text: string, min: number, max: number): string {
  // Never fewer code units than scalar values, and never more than twice as many: counting is rarely needed.
  if (text.length >= min * 2 && text.length <= max) return text;
  let length = 0;
  for (const _ of text) length++;
  if (length < min || length > max) {
    throw new Misfit(
      "badLength",
      `${length} characters are not within ${min} and ${max === Infinity ? "any number" : max}`,
    );
  }
  return text;
}

/** Bytes from base64, or as they are. */
export function readBytes(value: unknown): Uint8Array {
  if (isBytes(value)) return value;
  if (typeof value !== "string") throw wrongKind(value, "base64 in a string");
  return fromBase64(value);
}

/** Bytes as base64, or as they are. */
export function writeBytes(value: unknown): string | Uint8Array {
  if (!isBytes(value)) throw wrongKind(value, "a Uint8Array");
  return native ? value : toBase64(value);
}

/** Whether a value is bytes. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

/** Always this value. */
export function constant<T extends string | number | boolean>(value: unknown, only: T): T {
  if (value === only) return only;
  const wide = typeof value === "bigint" && typeof only === "number";
  if (typeof value !== typeof only && !wide) throw wrongKind(value, `the constant ${JSON.stringify(only)}`);
  throw new Misfit(
    "unknownConst",
    `expected ${JSON.stringify(only)}, found ${typeof value === "bigint" ? value : JSON.stringify(value)}`,
  );
}

/** A value that may be absent but not null. */
export function notNull(value: unknown): unknown {
  if (value === null) throw new Misfit("nullForAbsent", "null does not stand for absent: leave the member out");
  return value;
}

/** Whether a value is an object, in memory or in JSON. */
export function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isBytes(value);
}

/** Whether a value is an array. */
export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The names of an object's own members. */
export function keysOf(fields: Fields): readonly string[] {
  return Object.keys(fields);
}

/** The members that a type knows. */
export function namesOf(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names);
}

/** The object that a value is. */
export function object(value: unknown): Fields {
  if (!isObject(value)) throw wrongKind(value, "an object");
  return value as Fields;
}

/** The array that a value is. */
export function array(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongKind(value, "an array");
  return value;
}

/** An enum has no such value. */
export function closedEnum(value: unknown, known: readonly string[]): Misfit {
  if (typeof value !== "string") return wrongKind(value, "a string");
  return new Misfit("closedEnum", `expected one of ${known.map((one) => JSON.stringify(one)).join(", ")}`);
}

/** The JSON kinds that a tag can have. */
export type TagKind = "string" | "number" | "boolean";

/** A union has no arm for a tag, or its tag is none. */
export function unknownTag(fields: Fields, tag: string, kind: TagKind = "string"): unknown {
  const found = own(fields, tag);
  if (found === undefined)
    return new Misfit("missingTag", `${JSON.stringify(tag)}, which tells the kinds apart, is missing`);
  const isKind = typeof found === kind || (typeof found === "bigint" && kind === "number");
  const misfit = isKind
    ? new Misfit("unknownTag", `${String(found)} is not a known kind`)
    : wrongKind(found, `a ${kind}`);
  return within(misfit, tag);
}
