// What the corpus cannot say: values in memory, writing, dangerous names, text as text and as bytes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CrossplugError, DecodeError, EncodeError, type JsonObject, type JsonValue, parseJson } from "crossplug";
import { Content } from "crossplug/interfaces/agent";
import { Color, Echo, Mixed, Mood, Shape, Thing, Tree } from "crossplug/interfaces/conformance";
import { fromBase64, toBase64 } from "./inside.js";

/** What a refusal says. */
function refusal(act: () => unknown): { reason: string; pointer: string } {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof DecodeError || thrown instanceof EncodeError, String(thrown));
    assert.ok(thrown instanceof CrossplugError && thrown instanceof Error);
    return { reason: thrown.reason, pointer: thrown.pointer };
  }
  assert.fail("nothing was thrown");
}

describe("text", () => {
  test("is refused where the laws say so, wherever it stands", () => {
    const cases: [string | Uint8Array, string][] = [
      ["\ufeff{}", "notJson"],
      [Buffer.from("\ufeff{}"), "notJson"],
      [Buffer.from([0x22, 0xc3, 0x22]), "notJson"],
      [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "notJson"],
      ['{"a":1,"a":1}', "duplicateKey"],
      ['{"a":1,"\\u0061":1}', "duplicateKey"],
      ['[{"b":{"__proto__":1,"__proto__":2}}]', "duplicateKey"],
      ['{"a":{"b":1},"a":1}', "duplicateKey"],
      ['"\\ud800"', "loneSurrogate"],
      ['{"\\udc00":1}', "loneSurrogate"],
      ['"\ud800"', "loneSurrogate"],
      ["[1e400]", "notFinite"],
      [`${"[".repeat(129)}${"]".repeat(129)}`, "tooDeep"],
      [`${"[".repeat(200_000)}${"]".repeat(200_000)}`, "tooDeep"],
      ["[".repeat(200_000), "notJson"],
      ["NaN", "notJson"],
      ["", "notJson"],
    ];
    for (const [text, reason] of cases)
      assert.equal(refusal(() => parseJson(text)).reason, reason, String(text).slice(0, 40));
  });

  test("is taken where it only looks dangerous", () => {
    const cases = [
      '{"a":{"a":{"a":1}}}',
      '["a:b","\\":","\\\\",":\\\\\\":"]',
      `{"${"long ".repeat(20)}\\"${":".repeat(50)}":1,"x":"${"y\\\\".repeat(30)}"}`,
      '"\\ud83d\\ude00"',
      '"\\\\ud800"',
      `${"[".repeat(128)}${"]".repeat(128)}`,
      '{"__proto__":1,"constructor":2}',
      " \t\r\n1e308 ",
    ];
    for (const text of cases) assert.deepEqual(parseJson(text), JSON.parse(text), text);
  });

  test("finds every doubled name among random documents, and no other", () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const names = ["a", "b", "a\\u0062", ":", "{", '\\"', "\\\\", "x".repeat(30)];
    const make = (depth: number): { text: string; doubled: boolean } => {
      const kind = depth > 4 ? 0 : random(4);
      if (kind < 2)
        return {
          text: ["1", '"a:\\"b"', "null", `"${"\\\\".repeat(random(20))}"`][random(4)] as string,
          doubled: false,
        };
      const parts = Array.from({ length: random(4) }, () => make(depth + 1));
      const doubled = parts.some((part) => part.doubled);
      if (kind === 2) return { text: `[${parts.map(({ text }) => text).join(", ")}]`, doubled };
      const chosen = parts.map(() => names[random(names.length)] as string);
      return {
        text: `{${parts.map(({ text }, at) => `"${chosen[at]}" : ${text}`).join(",")}}`,
        doubled: doubled || new Set(chosen).size < chosen.length,
      };
    };
    let found = 0;
    for (let round = 0; round < 3000; round++) {
      const { text, doubled } = make(0);
      if (doubled) {
        assert.equal(refusal(() => parseJson(text)).reason, "duplicateKey", text);
        found++;
      } else {
        assert.deepEqual(parseJson(text), JSON.parse(text), text);
      }
    }
    assert.ok(found > 100, `only ${found} documents had a doubled name`);
  });
});

describe("names that objects have anyway", () => {
  test("__proto__ is a member like any other and touches no prototype", () => {
    const content = Content.decode('{"__proto__":{"polluted":true},"data":{"__proto__":{"polluted":true}}}');
    assert.equal(({} as JsonObject).polluted, undefined);
    assert.equal(Object.getPrototypeOf(content.data), Object.prototype);
    assert.deepEqual(
      JSON.parse(Content.encode(content)),
      JSON.parse('{"data":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}'),
    );
    const map = Echo.decode('{"map":{"__proto__":"red","toString":"blue"}}').map;
    assert.ok(map);
    assert.deepEqual(Object.keys(map), ["__proto__", "toString"]);
    assert.equal(refusal(() => Echo.decode('{"map":{"__proto__":"pink"}}')).pointer, "/map/__proto__");
  });

  test("an unknown arm keeps it too", () => {
    const text = '{"kind":"blob","__proto__":1}';
    assert.deepEqual(parseJson(Thing.encode(Thing.decode(text))), JSON.parse(text));
  });
});

describe("writing", () => {
  test("refuses what a reader would refuse, and says where", () => {
    const cases: [unknown, string, string][] = [
      [{ small: 128 }, "outOfRange", "/small"],
      [{ count: 1.5 }, "notAnInteger", "/count"],
      [{ big: 5 }, "wrongKind", "/big"],
      [{ big: 2n ** 63n }, "outOfRange", "/big"],
      [{ huge: -1n }, "outOfRange", "/huge"],
      [{ legacy: 2 ** 53 }, "beyond2p53", "/legacy"],
      [{ ratio: Number.NaN }, "notFinite", "/ratio"],
      [{ text: "\ud800" }, "loneSurrogate", "/text"],
      [{ code: "AA" }, "badPattern", "/code"],
      [{ code: "abcdefghi" }, "badLength", "/code"],
      [{ day: "2023-02-29" }, "badFormat", "/day"],
      [{ bytes: "AAE=" }, "wrongKind", "/bytes"],
      [{ flag: null }, "nullForAbsent", "/flag"],
      [{ list: [1n, "2"] }, "wrongKind", "/list/1"],
      [{ map: { "\ud800": "red" } }, "loneSurrogate", "/map/\ud800"],
      [{ color: "pink" }, "closedEnum", "/color"],
      [{ shape: { kind: "circle" } }, "missingField", "/shape"],
      [{ shape: { kind: "blob" } }, "unknownTag", "/shape/kind"],
      [{ thing: { unknown: {} } }, "missingTag", "/thing"],
      [{ mixed: null }, "nullForAbsent", "/mixed"],
      [{ mixed: 1n }, "wrongKind", "/mixed"],
      [{ any: { a: [1, undefined] } }, "missingField", "/any/a/1"],
      [{ any: { a: new Date(0) } }, "wrongKind", "/any/a"],
      [{ any: { a: Number.POSITIVE_INFINITY } }, "notFinite", "/any/a"],
      [{ any: 1n }, "wrongKind", "/any"],
      [{ extra: { text: "x" } }, "duplicateKey", ""],
      [{ extra: { more: () => 1 } }, "wrongKind", "/more"],
    ];
    for (const [value, reason, pointer] of cases) {
      assert.deepEqual(
        refusal(() => Echo.encode(value as Echo)),
        { reason, pointer },
        JSON.stringify(reason),
      );
      assert.equal(Echo.is(value), false);
    }
  });

  test("leaves out what is undefined and what the type does not know", () => {
    const circle = { kind: "circle", radius: 1, color: "red", more: undefined };
    assert.equal(Shape.encode(circle as Shape), '{"kind":"circle","radius":1}');
    assert.equal(Echo.encode({ text: undefined } as unknown as Echo), "{}");
  });

  test("keeps absent, null and value apart", () => {
    assert.deepEqual(
      ["{}", '{"note":null}', '{"note":"n"}'].map((text) => Echo.decode(text)),
      [{}, { note: null }, { note: "n" }],
    );
    assert.deepEqual(
      [{}, { note: null }].map((value) => Echo.encode(value)),
      ["{}", '{"note":null}'],
    );
  });

  test("refuses values that contain themselves or nest too deep", () => {
    const tree: Tree = { value: "x" };
    tree.left = tree;
    assert.equal(refusal(() => Tree.encode(tree)).reason, "tooDeep");
    let deep: JsonValue = [];
    for (let depth = 0; depth < 127; depth++) deep = [deep];
    assert.equal(refusal(() => Echo.encode({ any: deep })).reason, "tooDeep");
    assert.ok(Echo.encode({ any: (deep as JsonValue[])[0] as JsonValue }));
  });
});

describe("shapes in memory", () => {
  test("an integer -0 is 0", () => {
    assert.ok(Object.is(Echo.decode('{"small":-0}').small, 0));
    assert.ok(Object.is(Echo.decode('{"ratio":-0}').ratio, -0));
  });

  test("64-bit integers are bigint, bytes are Uint8Array", () => {
    const echo = Echo.decode('{"big":"-9223372036854775808","huge":7,"bytes":"AAEC","list":["1",2]}');
    assert.deepEqual(echo, { big: -(2n ** 63n), huge: 7n, bytes: new Uint8Array([0, 1, 2]), list: [1n, 2n] });
  });

  test("enums have lists, unions narrow, unknown arms are set apart", () => {
    assert.deepEqual(Color.values, ["red", "green", "blue"]);
    assert.deepEqual(Mood.values, ["calm", "cross-eyed"]);
    assert.ok(Mood.is("furious") && !Color.is("furious"));
    const area = (thing: Thing): number | string => {
      switch (thing.kind) {
        case "circle":
          return thing.radius;
        case "square":
          return thing.side;
        default:
          return String(thing.unknown.kind);
      }
    };
    assert.deepEqual(
      ['{"kind":"circle","radius":2}', '{"kind":"blob"}'].map((text) => area(Thing.decode(text))),
      [2, "blob"],
    );
    assert.deepEqual(
      ["true", "5", '"x"', '["a"]', '{"kind":"circle","radius":1}'].map((text) => typeof Mixed.decode(text)),
      ["boolean", "number", "string", "object", "object"],
    );
  });
});

describe("base64", () => {
  test("agrees with the platform's, both ways, for every length", () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 89 + length) & 0xff);
      const text = Buffer.from(bytes).toString("base64");
      assert.equal(toBase64(bytes), text);
      assert.deepEqual(fromBase64(text), bytes);
    }
  });
});
