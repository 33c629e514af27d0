// Plays schema/vectors/types against the generated codecs of the package. Prints the count.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Codec } from "crossplug";
import { entries, text } from "./corpus.js";
import { packedCases, problems, type Vectors } from "./vector-player.js";

let played = 0;
let packed = 0;

for (const folder of entries("types")) {
  const module = (await import(`crossplug/interfaces/${folder.replaceAll(".", "-")}`)) as Record<
    string,
    Codec<unknown>
  >;
  for (const file of entries("types", folder)) {
    test(`${folder}/${file}`, () => {
      const vectors = JSON.parse(text("types", folder, file)) as Vectors;
      const codec = module[vectors.type];
      assert.ok(codec, `${folder} has no codec ${vectors.type}`);
      assert.deepEqual(problems(codec, vectors), []);
      played += vectors.valid.length + vectors.invalid.length;
      packed += packedCases(vectors);
    });
  }
}

after(() => {
  console.log(`vectors types typescript ${played}`);
  console.log(`vectors packed typescript ${packed}`);
});
