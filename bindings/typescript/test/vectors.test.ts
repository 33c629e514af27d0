// Plays schema/vectors/types against the generated codecs: verdict, place, reason, and what is written back. Prints the count.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Codec, DecodeError, type JsonValue, parseJson } from "crossplug";
import { entries, text } from "./corpus.js";

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

interface Vectors {
  readonly type: string;
  readonly valid: readonly Valid[];
  readonly invalid: readonly Invalid[];
}

/** Reasons about the text itself: the platform's parser does not say where. */
const TEXT_REASONS = new Set(["duplicateKey", "loneSurrogate", "tooDeep", "notFinite", "notJson"]);

let valid = 0;
let invalid = 0;

/** Equal as JSON values with 64-bit floats: -0 is 0. */
function normal(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

function document(one: { readonly json?: JsonValue; readonly text?: string }): string {
  return one.text ?? JSON.stringify(one.json);
}

for (const folder of entries("types")) {
  const module = (await import(`crossplug/interfaces/${folder.replaceAll(".", "-")}`)) as Record<string, Codec<unknown>>;
  for (const file of entries("types", folder)) {
    test(`${folder}/${file}`, () => {
      const vectors = JSON.parse(text("types", folder, file)) as Vectors;
      const codec = module[vectors.type];
      assert.ok(codec, `${folder} has no codec ${vectors.type}`);
      const problems = [
        ...vectors.valid.map((one) => validProblem(codec, one)),
        ...vectors.invalid.map((one) => invalidProblem(codec, one)),
      ].filter((problem) => problem !== undefined);
      assert.deepEqual(problems, []);
      valid += vectors.valid.length;
      invalid += vectors.invalid.length;
    });
  }
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
    return undefined;
  } catch (thrown) {
    return `${one.case}: ${(thrown as Error).message}`;
  }
}

/** What is wrong with how an invalid document is refused, if anything. */
function invalidProblem(codec: Codec<unknown>, one: Invalid): string | undefined {
  try {
    return `${one.case}: read as ${String(codec.decode(document(one)))}`;
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) return `${one.case}: threw ${String(thrown)}`;
    const same = thrown.reason === one.reason || (one.reason === "notAnInteger" && thrown.reason === "badFormat");
    const placed = TEXT_REASONS.has(one.reason) || thrown.pointer === one.pointer;
    return same && placed ? undefined : `${one.case}: ${one.reason} at "${one.pointer}", but: ${thrown.message}`;
  }
}

after(() => {
  console.log(`vectors types typescript ${valid + invalid}`);
});
