// Plays a file of type vectors against a codec, in JSON and in MessagePack: verdict, place, reason, and what is written back.
// Knows no folder.

import assert from "node:assert/strict";
import { type Codec, DecodeError, type JsonValue, packMsgpack, parseJson } from "crossplug";

interface Valid {
  readonly case: string;
  readonly json?: JsonValue;
  readonly text?: string;
  readonly encodes?: JsonValue;
}

interface Invalid {
  readonly case: string;
  readonly reason: string;
  readonly pointer: string;
  readonly json?: JsonValue;
  readonly text?: string;
}

/** One file of type vectors. */
export interface Vectors {
  readonly type: string;
  readonly valid: readonly Valid[];
  readonly invalid: readonly Invalid[];
}

/** Reasons about the text itself: the platform's parser does not say where. */
const TEXT_REASONS = new Set(["duplicateKey", "loneSurrogate", "tooDeep", "notFinite", "notJson", "notMsgpack"]);

/** Equal as JSON values with 64-bit floats: -0 is 0. */
function normal(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

function document(one: { readonly json?: JsonValue; readonly text?: string }): string {
  return one.text ?? JSON.stringify(one.json);
}

/** Cases of a file that MessagePack has, too: all but those about text. */
export function packedCases(vectors: Vectors): number {
  return vectors.valid.length + vectors.invalid.filter((one) => !TEXT_REASONS.has(one.reason)).length;
}

/** What a codec gets wrong, case by case. */
export function problems(codec: Codec<unknown>, vectors: Vectors): string[] {
  return [
    ...vectors.valid.map((one) => validProblem(codec, one)),
    ...vectors.invalid.map((one) => invalidProblem(codec, one)),
  ].filter((problem) => problem !== undefined);
}

/** What is wrong with how a valid document is taken, if anything. */
function validProblem(codec: Codec<unknown>, one: Valid): string | undefined {
  try {
    const source = document(one);
    const read = codec.decode(source);
    const expected = normal(one.encodes ?? parseJson(source));
    assert.deepEqual(parseJson(codec.encode(read)), expected);
    assert.ok(codec.is(read), "what was read is not one of the type");
    assert.deepEqual(codec.decode(new TextEncoder().encode(source)), read, "differs when read as bytes");
    const unpacked = codec.unpack(packMsgpack(parseJson(source)));
    assert.deepEqual(
      parseJson(codec.encode(codec.unpack(codec.pack(unpacked)))),
      expected,
      "differs through MessagePack",
    );
    return undefined;
  } catch (thrown) {
    return `${one.case}: ${(thrown as Error).message}`;
  }
}

/** What is wrong with how an invalid document is refused, if anything. */
function invalidProblem(codec: Codec<unknown>, one: Invalid): string | undefined {
  const source = document(one);
  return (
    refusalProblem(one, () => codec.decode(source)) ??
    (TEXT_REASONS.has(one.reason)
      ? undefined
      : refusalProblem(one, () => codec.unpack(packMsgpack(parseJson(source))), " in MessagePack"))
  );
}

/** What is wrong with one refusal. */
export function refusalProblem(
  one: Omit<Invalid, "json" | "text">,
  read: () => unknown,
  where = "",
): string | undefined {
  try {
    return `${one.case}${where}: read as ${String(read())}`;
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) return `${one.case}${where}: threw ${String(thrown)}`;
    const placed = TEXT_REASONS.has(one.reason) || thrown.pointer === one.pointer;
    return thrown.reason === one.reason && placed
      ? undefined
      : `${one.case}${where}: ${one.reason} at "${one.pointer}", but: ${thrown.message}`;
  }
}
