//! Counts words, sentences and syllables of a paragraph. Knows nothing of plugins.

const SEPARATORS: &str = " \t\r\n\u{a0}\u{2002}\u{2003}\u{2009}\u{200b}\u{feff}!\"#$%&()*+,./:;<=>?@[\\]^_`{|}~«»“”„‘–—…·•→←─│┌┐└┘├┤┬┴┼▼▲";
const SENTENCE_ENDS: &str = ".!?…";
const EDGES: [char; 3] = ['\'', '’', '-'];
const VOWELS: &str = "aeiouyAEIOUYàáâãäåæèéêëìíîïòóôõöøœùúûüýÿÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØŒÙÚÛÜÝŸ";

/// The parts of the text between blank lines.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.split('\n').chain([""]) {
        if !line.trim_matches([' ', '\t', '\r']).is_empty() {
            lines.push(line);
        } else if !lines.is_empty() {
            found.push(lines.join("\n"));
            lines.clear();
        }
    }
    found
}

/// What stands between separators, without apostrophes and hyphens at its ends.
pub(crate) fn words(text: &str) -> Vec<&str> {
    text.split(|c| SEPARATORS.contains(c))
        .map(|part| part.trim_matches(EDGES))
        .filter(|word| !word.is_empty())
        .collect()
}

/// How often a word is followed by the end of a sentence; at least 1.
pub(crate) fn sentences(text: &str) -> u32 {
    let mut count = 0;
    let mut in_word = false;
    for char in text.chars() {
        if SENTENCE_ENDS.contains(char) {
            count += u32::from(in_word);
            in_word = false;
        } else if !SEPARATORS.contains(char) {
            in_word = true;
        }
    }
    count.max(1)
}

/// Groups of vowels; at least 1.
pub(crate) fn syllables(word: &str) -> u32 {
    let mut count = 0;
    let mut in_group = false;
    for char in word.chars() {
        let vowel = VOWELS.contains(char);
        count += u32::from(vowel && !in_group);
        in_group = vowel;
    }
    count.max(1)
}

/// Flesch reading ease, rounded half up to one decimal.
pub(crate) fn reading_ease(words: u32, sentences: u32, syllables: u32) -> f64 {
    let (words, sentences, syllables) =
        (f64::from(words), f64::from(sentences), f64::from(syllables));
    let ease = 206.835 - 1.015 * (words / sentences) - 84.6 * (syllables / words);
    (ease * 10.0 + 0.5).floor() / 10.0
}
