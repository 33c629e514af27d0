// The author's own test: the plugin in this process, without a host.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testHost } from "crossplug/testing";
import { EmptyTextError, TextstatsClient } from "./generated/textstats.js";
import { plugin } from "./plugin.js";

test("streams each paragraph and sums up", async () => {
  await using host = await testHost(plugin);
  const call = new TextstatsClient(host).textAnalyse({ text: "One two three. Four!\n\nFive six?\n", topWords: 2 });
  const words: number[] = [];
  for await (const paragraph of call) words.push(paragraph.words);
  const summary = await call.result();
  assert.deepEqual(words, [4, 2]);
  assert.equal(summary.sentences, 3);
  assert.equal(summary.characters, 32n);
  assert.deepEqual(summary.topWords, [
    { word: "five", count: 1 },
    { word: "four", count: 1 },
  ]);
  assert.deepEqual(
    host.progress.map(({ fraction }) => fraction),
    [0.5, 1],
  );
});

test("refuses a text without a word", async () => {
  await using host = await testHost(plugin);
  await assert.rejects(new TextstatsClient(host).textAnalyse({ text: " \n--" }).result(), EmptyTextError);
});
