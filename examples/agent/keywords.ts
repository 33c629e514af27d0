// Finds the keywords and the tone of a text. Knows nothing of plugins.

const SHORTEST_KEYWORD = 4;

/** Runs of ASCII letters, digits and apostrophes, in lower case. */
export function words(text: string): string[] {
  return (text.match(/[A-Za-z0-9']+/g) ?? [])
    .map((part) => part.replace(/^'+|'+$/g, "").toLowerCase())
    .filter((word) => word !== "");
}

/** The commonest words with their counts, commonest first, equally common ones in alphabetical order. */
export function keywords(text: string, stopWords: readonly string[], limit: number): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words(text)) {
    if (word.length >= SHORTEST_KEYWORD && !stopWords.includes(word)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1)).slice(0, limit);
}

/** `curious` where a fifth of the sentence ends are questions, `excited` where they are exclamations, else `calm`. */
export function tone(text: string): "curious" | "excited" | "calm" {
  const count = (mark: string) => text.split(mark).length - 1;
  const questions = count("?");
  const exclamations = count("!");
  const ends = questions + exclamations + count(".");
  if (questions * 5 > ends) return "curious";
  return exclamations * 5 > ends ? "excited" : "calm";
}
