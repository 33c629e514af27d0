//! Finds the keywords and the tone of a text. Knows nothing of plugins.

use std::cmp::Reverse;
use std::collections::BTreeMap;

const SHORTEST_KEYWORD: usize = 4;

/// Runs of ASCII letters, digits and apostrophes, in lower case.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'')
        .map(|part| part.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

/// The commonest words with their counts, commonest first, equally common ones in alphabetical order.
pub(crate) fn keywords(text: &str, stop_words: &[String], limit: usize) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for word in words(text) {
        if word.len() >= SHORTEST_KEYWORD && !stop_words.contains(&word) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut found: Vec<_> = counts.into_iter().collect();
    found.sort_by_key(|(_, count)| Reverse(*count));
    found.truncate(limit);
    found
}

/// `curious` where a fifth of the sentence ends are questions, `excited` where they are exclamations, else `calm`.
pub(crate) fn tone(text: &str) -> &'static str {
    let count = |mark: char| text.matches(mark).count();
    let (questions, exclamations) = (count('?'), count('!'));
    let ends = questions + exclamations + count('.');
    if questions * 5 > ends {
        "curious"
    } else if exclamations * 5 > ends {
        "excited"
    } else {
        "calm"
    }
}
