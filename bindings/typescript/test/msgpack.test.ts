// MessagePack byte by byte: schema/vectors/msgpack, for what only bytes can say; and what the packer itself refuses.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Codec, EncodeError, type JsonValue, packMsgpack, parseJson, parseMsgpack } from "crossplug";
import { bounded, number, writeAs } from "crossplug/codec";
import { entries, text } from "./corpus.js";
import { refusalProblem } from "./vector-player.js";

interface Document {
  readonly case: string;
  readonly type: string;
  readonly hex: string;
}

interface Vectors {
  readonly valid: readonly (Document & { readonly encodes: JsonValue; readonly packs?: string })[];
  readonly invalid: readonly (Document & { readonly reason: string; readonly pointer: string })[];
}

let played = 0;

for (const file of entries("msgpack")) {
  const vectors = JSON.parse(text("msgpack", file)) as Vectors;
  for (const one of vectors.valid) {
    test(`${file}: ${one.case}`, async () => {
      const codec = await codecOf(one.type);
      const value = codec.unpack(bytes(one.hex));
      assert.deepEqual(parseJson(codec.encode(value)), one.encodes);
      if (one.packs !== undefined) assert.equal(Buffer.from(codec.pack(value)).toString("hex"), one.packs);
      played++;
    });
  }
  for (const one of vectors.invalid) {
    test(`${file}: ${one.case}`, async () => {
      const codec = await codecOf(one.type);
      assert.equal(
        refusalProblem(one, () => codec.unpack(bytes(one.hex))),
        undefined,
      );
      played++;
    });
  }
}

after(() => {
  console.log(`vectors msgpack typescript ${played}`);
});

async function codecOf(name: string): Promise<Codec<unknown>> {
  const [folder = "", type = ""] = name.split("/");
  const module = (await import(`crossplug/interfaces/${folder}`)) as Record<string, Codec<unknown>>;
  const codec = module[type];
  assert.ok(codec, `${folder} has no codec ${type}`);
  return codec;
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

const refused: readonly [string, unknown][] = [
  ["notFinite", Number.NaN],
  ["loneSurrogate", "\ud800"],
  ["loneSurrogate", { ["\ud800".repeat(50)]: 1 }],
  ["wrongKind", () => 1],
];

for (const [reason, value] of refused) {
  test(`the packer refuses ${reason} of ${typeof value}`, () => {
    assert.throws(
      () => packMsgpack([value]),
      (thrown) => thrown instanceof EncodeError && thrown.reason === reason,
    );
  });
}

test("the packer knows depth, and goes on after a refusal", () => {
  let deep: unknown = [];
  for (let level = 0; level < 127; level++) deep = [deep];
  assert.deepEqual(parseMsgpack(packMsgpack(deep)), deep);
  assert.throws(
    () => packMsgpack([deep]),
    (thrown) => thrown instanceof EncodeError && thrown.reason === "tooDeep",
  );
  assert.deepEqual(parseMsgpack(packMsgpack({ a: "x".repeat(300_000), __proto__x: 1 })), {
    a: "x".repeat(300_000),
    __proto__x: 1,
  });
});

test("a float without a fraction is as deep as the number that it is", () => {
  const write = bounded((value: number) => {
    let out: unknown = number(value);
    for (let level = 0; level < 127; level++) out = [out];
    return out;
  }, 1);
  assert.doesNotThrow(() => writeAs("the value", write, 1.5, true));
  assert.doesNotThrow(() => writeAs("the value", write, 1, true));
});
