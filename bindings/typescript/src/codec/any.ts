// Values without a type of their own: `any`, unknown members and unknown arms. Knows JSON only.

import type { Draft, Fields, JsonObject, JsonValue } from "../json/value.js";
import { kindOf, own, put } from "../json/value.js";
import { metForeign } from "../msgpack/unpack.js";
import { toBase64 } from "./base64.js";
import { Misfit, within } from "./misfit.js";
import { beyond, isBytes, object, type TagKind, unknownTag, wrongKind } from "./scalars.js";

/**
 * An object of an open union whose tag is not known here, kept as it came. The tag itself is absent, so that
 * `switch (value.kind)` still tells the known arms apart and ends here in `default`.
 */
export type UnknownArm<Tag extends string> = { readonly [T in Tag]?: never } & {
  /** The whole object, its tag included. */
  readonly unknown: JsonObject;
};

/** Any value of a document that has been checked as text: kept as it is. What JSON cannot say is refused. */
export function readAny(value: unknown): JsonValue {
  if (value === undefined) throw wrongKind(value, "a value");
  if (metForeign()) refuseForeign(value);
  return value as JsonValue;
}

/** MessagePack has bytes and integers beyond 2^53, which could not go on into JSON. */
function refuseForeign(value: unknown): void {
  if (typeof value === "bigint") throw beyond(value, "a JSON value");
  if (typeof value !== "object" || value === null) return;
  if (isBytes(value)) throw wrongKind(value, "a JSON value");
  let at: string | number = 0;
  try {
    if (Array.isArray(value)) for (; at < value.length; at++) refuseForeign(value[at]);
    else for (at of Object.keys(value)) refuseForeign((value as Fields)[at]);
  } catch (thrown) {
    throw within(thrown, at);
  }
}

/** A value as JSON would say it: bytes as base64, an integer beyond 2^53 as its decimal string. */
export function asJson(value: unknown): JsonValue {
  return metForeign() ? told(value) : (value as JsonValue);
}

function told(value: unknown): JsonValue {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value as JsonValue;
  if (isBytes(value)) return toBase64(value);
  if (Array.isArray(value)) return value.map(told);
  const out: Draft = {};
  for (const name of Object.keys(value)) put(out, name, told((value as Fields)[name]));
  return out as JsonObject;
}

/** Any value, checked to be what JSON can say. Given back as it is. */
export function writeAny(value: unknown): JsonValue {
  switch (typeof value) {
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new Misfit("notFinite", `${value} is no JSON number`);
      return value;
    case "string":
      if (!value.isWellFormed()) throw new Misfit("loneSurrogate", "the text holds half of a surrogate pair");
      return value;
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) checkElements(value);
      else checkMembers(value);
      return value as JsonValue;
    default:
      throw wrongKind(value, "a JSON value");
  }
}

function checkElements(list: readonly unknown[]): void {
  let at = 0;
  try {
    for (; at < list.length; at++) writeAny(list[at]);
  } catch (thrown) {
    throw within(thrown, at);
  }
}

function checkMembers(value: object): void {
  // A Map, a Date or bytes would be written as something else than what they are.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new Misfit("wrongKind", `expected a plain object, found ${nameOfClass(value)}`);
  }
  let at = "";
  try {
    for (at of Object.keys(value)) {
      if (!at.isWellFormed()) throw new Misfit("loneSurrogate", "the name holds half of a surrogate pair");
      const member = (value as Fields)[at];
      // Like JSON.stringify, and like an absent member of a type.
      if (member !== undefined) writeAny(member);
    }
  } catch (thrown) {
    throw within(thrown, at);
  }
}

function nameOfClass(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" ? `a ${name}` : kindOf(value);
}

/** The members of an object that its type does not know; undefined where there are none. */
export function readExtra(fields: Fields, known: ReadonlySet<string>): JsonObject | undefined {
  let extra: JsonObject | undefined;
  for (const name of Object.keys(fields)) {
    if (known.has(name)) continue;
    extra ??= {};
    put(extra, name, fields[name]);
  }
  if (extra !== undefined) readAny(extra);
  return extra;
}

/** Puts the kept members back behind the known ones. */
export function writeExtra(out: Draft, extra: unknown, known: ReadonlySet<string>): void {
  if (extra === undefined) return;
  const fields = object(extra);
  for (const name of Object.keys(fields)) {
    if (fields[name] === undefined) continue;
    if (known.has(name)) throw new Misfit("duplicateKey", `${JSON.stringify(name)} is a member of the type itself`);
    try {
      if (!name.isWellFormed()) throw new Misfit("loneSurrogate", "the name holds half of a surrogate pair");
      put(out, name, writeAny(fields[name]));
    } catch (thrown) {
      throw within(thrown, name);
    }
  }
}

/** An object of an open union whose tag nobody knows; one without a tag is refused. */
export function readUnknownArm(
  fields: Fields,
  tag: string,
  kind: TagKind = "string",
): { readonly unknown: JsonObject } {
  if (typeof own(fields, tag) !== kind) throw unknownTag(fields, tag, kind);
  return { unknown: readAny(fields) as JsonObject };
}

/** Writes an {@link UnknownArm} back as it came. */
export function writeUnknownArm(fields: Fields, tag: string, kind: TagKind = "string"): JsonObject {
  if (fields.unknown === undefined) throw unknownTag(fields, tag);
  const kept = object(fields.unknown);
  if (typeof own(kept, tag) !== kind) throw unknownTag(kept, tag, kind);
  return writeAny(kept) as JsonObject;
}
