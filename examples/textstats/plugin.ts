// Reading statistics of a text, streamed paragraph by paragraph: the interface `textstats` in TypeScript.

import { definePlugin, implement, isMain, type Plugin, run } from "crossplug/plugin";
import { EmptyTextError, type Textstats, textstats } from "./generated/textstats.js";
import { byCodePoint, lower, paragraphs, readingEase, sentences, syllables, words } from "./reading.js";

const WORDS_A_MINUTE = 238;
const letters = (word: string) => [...word].length;

const reader: Textstats = {
  textAnalyse: async (ctx, params, items) => {
    const parts = paragraphs(params.text).filter((part) => words(part).length > 0);
    const characters = BigInt([...params.text].length);
    if (parts.length === 0) throw new EmptyTextError("the text holds no word", { characters });
    const counts = new Map<string, number>();
    const total = { words: 0, sentences: 0, syllables: 0, longest: "" };
    for (const [index, part] of parts.entries()) {
      const found = words(part);
      const paragraph = {
        number: index + 1,
        words: found.length,
        sentences: sentences(part),
        syllables: found.reduce((sum, word) => sum + syllables(word), 0),
      };
      const ease = readingEase(paragraph.words, paragraph.sentences, paragraph.syllables);
      await items.send({ ...paragraph, readingEase: ease, opening: found.slice(0, 5).join(" ") });
      ctx.progress(paragraph.number / parts.length);
      total.words += paragraph.words;
      total.sentences += paragraph.sentences;
      total.syllables += paragraph.syllables;
      for (const word of found) {
        if (letters(word) > letters(total.longest)) total.longest = word;
        if (letters(word) >= 4) counts.set(lower(word), (counts.get(lower(word)) ?? 0) + 1);
      }
    }
    const ease = readingEase(total.words, total.sentences, total.syllables);
    const top = [...counts].sort(([left, a], [right, b]) => b - a || byCodePoint(left, right));
    return {
      paragraphs: parts.length,
      words: total.words,
      sentences: total.sentences,
      characters,
      readingEase: ease,
      difficulty: ease >= 60 ? "easy" : ease >= 30 ? "plain" : "hard",
      readingSeconds: Math.floor((total.words * 60) / WORDS_A_MINUTE),
      longestWord: total.longest,
      topWords: top.slice(0, params.topWords ?? 5).map(([word, count]) => ({ word, count })),
    };
  },
};

/** The plugin, for tests in memory. */
export const plugin: Plugin = definePlugin({ interfaces: [implement(textstats, reader)] });

if (isMain(import.meta)) run(plugin);
