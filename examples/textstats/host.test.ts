// A host with the client that was generated from textstats.json: one program, the plugin in three languages and through several doors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Host } from "crossplug/host";
import { EmptyTextError, TextstatsClient } from "./generated/textstats.js";

/** Where `cargo xtask` puts the plugins, seen from where it compiles this file to. */
const PLUGINS = fileURLToPath(new URL("../../plugins/", import.meta.url));

const WAYS = [
  ["rust", "process"],
  ["rust", "wasm"],
  ["rust", "module"],
  ["python", "process"],
  ["typescript", "process"],
  ["typescript", "module"],
];

for (const [language, door = ""] of WAYS) {
  test(`a plugin in ${language}, ${door}: paragraphs come as they are read, then the summary`, async () => {
    await using host = await Host.create();
    await using plugin = await host.load(`${PLUGINS}textstats-${language}`, { door });
    const fractions: (number | undefined)[] = [];
    const onProgress = ({ fraction }: { fraction: number | undefined }): void => void fractions.push(fraction);
    const textstats = plugin.as(TextstatsClient);
    const call = textstats.textAnalyse({ text: "One two three. Four!\n\nFive six?\n", topWords: 2 }, { onProgress });
    const words: number[] = [];
    for await (const paragraph of call) words.push(paragraph.words);
    const { characters, sentences } = await call.result();
    assert.deepEqual([words, characters, sentences], [[4, 2], 32n, 3]);
    assert.deepEqual(fractions, [0.5, 1]);
    await assert.rejects(textstats.textAnalyse({ text: "--" }).result(), EmptyTextError);
    await assert.rejects(plugin.start("text.analyse", { text: 5 }).result(), { code: "invalidParams" });
  });
}
