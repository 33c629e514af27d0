// Counts words, sentences and syllables of a paragraph. Knows nothing of plugins.

const SEPARATORS = new Set(
  ' \t\r\n\u00a0\u2002\u2003\u2009\u200b\ufeff!"#$%&()*+,./:;<=>?@[\\]^_`{|}~«»“”„‘–—…·•→←─│┌┐└┘├┤┬┴┼▼▲',
);
const SENTENCE_ENDS = new Set(".!?…");
const VOWELS = new Set("aeiouyAEIOUYàáâãäåæèéêëìíîïòóôõöøœùúûüýÿÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØŒÙÚÛÜÝŸ");

/** The parts of the text between blank lines. */
export function paragraphs(text: string): string[] {
  const found: string[] = [];
  let lines: string[] = [];
  for (const line of [...text.split("\n"), ""]) {
    if (/[^ \t\r]/.test(line)) {
      lines.push(line);
    } else if (lines.length > 0) {
      found.push(lines.join("\n"));
      lines = [];
    }
  }
  return found;
}

/** What stands between separators, without apostrophes and hyphens at its ends. */
export function words(text: string): string[] {
  let spaced = "";
  for (const char of text) spaced += SEPARATORS.has(char) ? " " : char;
  return spaced
    .split(" ")
    .map((part) => part.replace(/^['’-]+|['’-]+$/gu, ""))
    .filter((word) => word !== "");
}

/** How often a word is followed by the end of a sentence; at least 1. */
export function sentences(text: string): number {
  let count = 0;
  let inWord = false;
  for (const char of text) {
    if (SENTENCE_ENDS.has(char)) {
      if (inWord) count += 1;
      inWord = false;
    } else if (!SEPARATORS.has(char)) {
      inWord = true;
    }
  }
  return Math.max(count, 1);
}

/** Groups of vowels; at least 1. */
export function syllables(word: string): number {
  let count = 0;
  let inGroup = false;
  for (const char of word) {
    const vowel = VOWELS.has(char);
    if (vowel && !inGroup) count += 1;
    inGroup = vowel;
  }
  return Math.max(count, 1);
}

/** Flesch reading ease, rounded half up to one decimal. */
export function readingEase(words: number, sentences: number, syllables: number): number {
  const ease = 206.835 - 1.015 * (words / sentences) - 84.6 * (syllables / words);
  return Math.floor(ease * 10 + 0.5) / 10;
}

/** ASCII letters in lower case; every language agrees on those. */
export function lower(word: string): string {
  return word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Orders as code points do, as the other languages sort text. */
export function byCodePoint(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
