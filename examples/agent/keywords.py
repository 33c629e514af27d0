"""Finds the keywords and the tone of a text. Knows nothing of plugins."""

from __future__ import annotations

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'")
SHORTEST_KEYWORD = 4
LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def words(text: str) -> list[str]:
    """Runs of ASCII letters, digits and apostrophes, in lower case."""
    spaced = "".join(char if char in LETTERS else " " for char in text)
    return [word.translate(LOWER) for part in spaced.split(" ") if (word := part.strip("'"))]


def keywords(text: str, stop_words: list[str], limit: int) -> list[tuple[str, int]]:
    """The commonest words with their counts, commonest first, equally common ones in alphabetical order."""
    counts: dict[str, int] = {}
    for word in words(text):
        if len(word) >= SHORTEST_KEYWORD and word not in stop_words:
            counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]


def tone(text: str) -> str:
    """`curious` where a fifth of the sentence ends are questions, `excited` where they are exclamations; or `calm`."""
    questions = text.count("?")
    exclamations = text.count("!")
    ends = questions + exclamations + text.count(".")
    if questions * 5 > ends:
        return "curious"
    return "excited" if exclamations * 5 > ends else "calm"
