// Values of a case, written out, and whether what came is what a case says. Pure; runs on any platform.

import type { JsonObject, JsonValue } from "crossplug";
import { CrossplugError, PluginError } from "crossplug";

/** What came is not what the case says: where, and what. */
export class Mismatch extends Error {}

/** Writes out `$repeat`, `$range` and `$n`. */
export function fill(value: JsonValue, number = 0): JsonValue {
  if (typeof value === "string") return value.replaceAll("$n", String(number));
  if (Array.isArray(value)) return value.map((item) => fill(item, number));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value);
  const [name, parts] = members.length === 1 ? (members[0] as [string, JsonValue]) : ["", null];
  if (name === "$repeat" && Array.isArray(parts)) {
    return String(parts[0]).repeat(Number(parts[1])) + String(parts[2] ?? "");
  }
  if (name === "$range" && Array.isArray(parts)) {
    const [from, to, step] = [Number(parts[0]), Number(parts[1]), Number(parts[2] ?? 1)];
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => String(from + index * step));
  }
  const filled: { [name: string]: JsonValue } = Object.create(null);
  for (const [name, member] of members) filled[name] = fill(member, number);
  return filled;
}

/**
 * Compares as sessions do: `$any` is any value, `$rest` lets an object have more members.
 *
 * @throws Mismatch with the first place that differs
 */
export function same(expected: JsonValue, got: JsonValue | undefined, place = ""): void {
  if (expected === "$any" && got !== undefined) return;
  if (isObject(expected) && isObject(got)) {
    const rest = expected.$rest === true;
    const names = Object.keys(expected).filter((name) => !(rest && name === "$rest"));
    for (const name of names) same(expected[name] as JsonValue, own(got, name), `${place}/${name}`);
    const surplus = Object.keys(got).find((name) => !rest && !Object.hasOwn(expected, name));
    if (surplus !== undefined) throw new Mismatch(`${place}/${surplus}: expected nothing, got ${short(got[surplus])}`);
    return;
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    for (const [index, item] of expected.entries()) same(item, got[index], `${place}/${index}`);
    if (expected.length === got.length) return;
    throw new Mismatch(`${place || "the list"}: expected ${expected.length} items, got ${got.length}`);
  }
  if (expected !== got) throw new Mismatch(`${place || "the value"}: expected ${short(expected)}, got ${short(got)}`);
}

/** What came in MessagePack as JSON would have said it where that is expected: digits. */
export function asExpected(expected: JsonValue | undefined, got: JsonValue): JsonValue {
  if (typeof expected === "string" && typeof got === "number") return String(got);
  if (Array.isArray(expected) && Array.isArray(got)) return got.map((item, index) => asExpected(expected[index], item));
  if (!isObject(expected) || !isObject(got)) return got;
  const told: { [name: string]: JsonValue } = Object.create(null);
  for (const [name, member] of Object.entries(got)) told[name] = asExpected(own(expected, name), member);
  return told;
}

/** Holds an error to as much as the case says of it. @throws Mismatch; the error itself, where it is none of ours */
export function sameError(expected: JsonObject, error: unknown): void {
  if (!(error instanceof CrossplugError)) throw error;
  const seen: { [name: string]: JsonValue } = { kind: String(error.kind) };
  if (error instanceof PluginError) {
    seen.code = error.code;
    seen.message = error.message;
    if (error.details !== undefined) seen.details = error.details as JsonValue;
  }
  const looked = Object.entries(seen).filter(([name]) => Object.hasOwn(expected, name));
  try {
    same(expected, Object.fromEntries(looked));
  } catch (mismatch) {
    throw new Mismatch(`${(mismatch as Error).message} (${error})`);
  }
}

/** For a person. */
export function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
