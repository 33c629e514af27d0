"""Reading statistics of a text, streamed paragraph by paragraph: the interface `textstats` in Python."""

from __future__ import annotations

from crossplug import UNSET, Context, ItemSender, Plugin, run
from generated.textstats import (
    Analyse,
    Difficulty,
    EmptyText,
    EmptyTextError,
    ParagraphStats,
    Summary,
    Textstats,
    WordCount,
)
from reading import lower, paragraphs, reading_ease, sentences, syllables, words

WORDS_A_MINUTE = 238


class Reader(Textstats):
    """Counts and streams."""

    async def text_analyse(self, ctx: Context, params: Analyse, items: ItemSender[ParagraphStats]) -> Summary:
        """Streams the statistics of each paragraph and sums up."""
        parts = [part for part in paragraphs(params.text) if words(part)]
        if not parts:
            raise EmptyTextError("the text holds no word", EmptyText(characters=len(params.text)))
        counts: dict[str, int] = {}
        longest = ""
        total_words = total_sentences = total_syllables = 0
        for number, part in enumerate(parts, 1):
            found = words(part)
            sentence_count = sentences(part)
            syllable_count = sum(syllables(word) for word in found)
            await items.send(
                ParagraphStats(
                    number=number,
                    words=len(found),
                    sentences=sentence_count,
                    syllables=syllable_count,
                    reading_ease=reading_ease(len(found), sentence_count, syllable_count),
                    opening=" ".join(found[:5]),
                )
            )
            ctx.progress(number / len(parts))
            total_words += len(found)
            total_sentences += sentence_count
            total_syllables += syllable_count
            for word in found:
                longest = word if len(word) > len(longest) else longest
                if len(word) >= 4:
                    counts[lower(word)] = counts.get(lower(word), 0) + 1
        ease = reading_ease(total_words, total_sentences, total_syllables)
        limit = 5 if params.top_words is UNSET else params.top_words
        top = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]
        return Summary(
            paragraphs=len(parts),
            words=total_words,
            sentences=total_sentences,
            characters=len(params.text),
            reading_ease=ease,
            difficulty=Difficulty.EASY if ease >= 60 else Difficulty.PLAIN if ease >= 30 else Difficulty.HARD,
            reading_seconds=total_words * 60 // WORDS_A_MINUTE,
            longest_word=longest,
            top_words=[WordCount(word=word, count=count) for word, count in top],
        )


plugin = Plugin("example-textstats-python", Reader(), version="0.1.0")

if __name__ == "__main__":
    run(plugin)
