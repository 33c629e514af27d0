// A host with the client that was generated from textstats.json: one program, the plugin in three languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Host } from "crossplug/host";
import { EmptyTextError, TextstatsClient } from "./generated/textstats.js";

/** Where `cargo xtask` puts the plugins, seen from where it compiles this file to. */
const PLUGINS = fileURLToPath(new URL("../../plugins/", import.meta.url));

for (const language of ["rust", "python", "typescript"]) {
  test(`a plugin in ${language}: paragraphs come as they are read, then the summary`, async () => {
    await using host = await Host.create();
    await using plugin = await host.load(`${PLUGINS}textstats-${language}`);
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
  });
}
