"""Counts words, sentences and syllables of a paragraph. Knows nothing of plugins."""

from __future__ import annotations

SEPARATORS = frozenset(
    ' \t\r\n\u00a0\u2002\u2003\u2009\u200b\ufeff!"#$%&()*+,./:;<=>?@[\\]^_`{|}~«»“”„‘–—…·•→←─│┌┐└┘├┤┬┴┼▼▲'
)
SENTENCE_ENDS = frozenset(".!?…")
EDGES = "'’-"
VOWELS = frozenset("aeiouyAEIOUYàáâãäåæèéêëìíîïòóôõöøœùúûüýÿÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØŒÙÚÛÜÝŸ")
LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def paragraphs(text: str) -> list[str]:
    """The parts of the text between blank lines."""
    found: list[str] = []
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.strip(" \t\r"):
            lines.append(line)
        elif lines:
            found.append("\n".join(lines))
            lines = []
    return found


def words(text: str) -> list[str]:
    """What stands between separators, without apostrophes and hyphens at its ends."""
    spaced = "".join(" " if char in SEPARATORS else char for char in text)
    return [word for part in spaced.split(" ") if (word := part.strip(EDGES))]


def sentences(text: str) -> int:
    """How often a word is followed by the end of a sentence; at least 1."""
    count = 0
    in_word = False
    for char in text:
        if char in SENTENCE_ENDS:
            count += in_word
            in_word = False
        elif char not in SEPARATORS:
            in_word = True
    return max(count, 1)


def syllables(word: str) -> int:
    """Groups of vowels; at least 1."""
    count = 0
    in_group = False
    for char in word:
        vowel = char in VOWELS
        count += vowel and not in_group
        in_group = vowel
    return max(count, 1)


def reading_ease(word_count: int, sentence_count: int, syllable_count: int) -> float:
    """Flesch reading ease, rounded half up to one decimal."""
    ease = 206.835 - 1.015 * (word_count / sentence_count) - 84.6 * (syllable_count / word_count)
    scaled = ease * 10.0 + 0.5
    return (scaled // 1.0) / 10.0


def lower(word: str) -> str:
    """ASCII letters in lower case; every language agrees on those."""
    return word.translate(LOWER)
