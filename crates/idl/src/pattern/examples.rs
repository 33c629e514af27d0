//! Texts that match a pattern, and texts that nearly do.

use super::charset::Charset;
use super::{Ast, Pattern};
use regex_lite::Regex;

/// Longest text that is tried.
const MAX_LENGTH: u32 = 320;

/// A pattern that can judge texts.
pub(crate) struct Judge<'p> {
    pattern: &'p Pattern,
    /// Absent where the pattern is too large for the engine.
    regex: Option<Regex>,
}

impl<'p> Judge<'p> {
    pub(crate) fn new(pattern: &'p Pattern) -> Self {
        Self {
            pattern,
            regex: Regex::new(&pattern.anchored()).ok(),
        }
    }

    /// Whether the whole text matches; none where nobody can say.
    pub(crate) fn matches(&self, text: &str) -> Option<bool> {
        self.regex.as_ref().map(|regex| regex.is_match(text))
    }

    /// Texts that match, of every length up to `longest` that is easily reached; the plainest first.
    pub(crate) fn matching(&self, longest: usize) -> Vec<String> {
        let longest = longest.min(MAX_LENGTH as usize);
        let mut texts: Vec<String> = Vec::new();
        for extra in 0..=MAX_LENGTH {
            let styles: u32 = if extra < 3 { 4 } else { 1 };
            let before = texts.len();
            for style in 0..styles {
                let mut text = String::new();
                write(self.pattern.ast(), extra, style, &mut text);
                let fits = text.chars().count() <= longest;
                if fits && !texts.contains(&text) && self.matches(&text) == Some(true) {
                    texts.push(text);
                }
            }
            if extra > 3 && texts.len() == before {
                break;
            }
        }
        texts
    }

    /// Texts that do not match, made from those that do by what engines get wrong.
    pub(crate) fn near_misses(&self, matching: &[String]) -> Vec<String> {
        let near: Vec<Vec<String>> = matching
            .iter()
            .take(4)
            .map(|text| texts_near(text))
            .collect();
        let kinds = near.iter().map(Vec::len).max().unwrap_or(0);
        // One mistake after the other, each on all texts.
        let near = (0..kinds).flat_map(|kind| near.iter().filter_map(move |texts| texts.get(kind)));
        let alone = ["", " ", "x", "0", "\u{1f600}", "\n"].map(str::to_owned);
        let mut texts: Vec<String> = Vec::new();
        for text in near.cloned().chain(alone) {
            if self.matches(&text) == Some(false) && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }
}

/// Neighbours of a text: a line feed where `$` would look away, other scripts' digits, characters that fold to ASCII.
fn texts_near(text: &str) -> Vec<String> {
    let mut shorter = text.to_owned();
    shorter.pop();
    let swap = |from: char, to: char| text.replace(from, &to.to_string());
    vec![
        format!("{text}\n"),
        format!(" {text}"),
        swap('0', '\u{660}'),
        swap('1', '\u{661}'),
        swap('a', '\u{e4}'),
        swap('k', '\u{212a}'),
        text.to_uppercase(),
        format!("{text}\u{1f600}"),
        shorter,
        format!("{text}{text}"),
    ]
}

fn write(ast: &Ast, extra: u32, style: u32, text: &mut String) {
    if text.len() > 8 * MAX_LENGTH as usize {
        return;
    }
    match ast {
        Ast::Class(set) => text.extend(member(set, style)),
        Ast::Concat(parts) => parts
            .iter()
            .for_each(|part| write(part, extra, style, text)),
        Ast::Alternate(arms) => {
            if let Some(arm) = arms.get(style as usize % arms.len().max(1)) {
                write(arm, extra, style, text);
            }
        }
        Ast::Repeat { body, min, max } => {
            let times = (min + extra).min(max.unwrap_or(u32::MAX)).max(*min);
            // Inside a repetition one more round is enough: else lengths multiply.
            (0..times).for_each(|_| write(body, extra.min(1) * u32::from(style > 1), style, text));
        }
    }
}

fn member(set: &Charset, style: u32) -> Option<char> {
    if style == 3 {
        return set.edges().last();
    }
    let plain = ["a0A-_. /", "k1K._-", "z9Z"]
        .get(style as usize)
        .copied()
        .unwrap_or_default();
    plain
        .chars()
        .find(|c| set.contains(*c))
        .or_else(|| set.edges().next())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::Judge;
    use crate::pattern::Pattern;

    #[test]
    fn finds_both_kinds() {
        for text in [
            r"[0-9]+\.[0-9]+",
            "[a-z]+(?:-[a-z]+)*",
            "(?:red|green)?",
            r"[^\n]{3}",
            "[\u{1f600}-\u{1f64f}]{2,5}",
        ] {
            let pattern = Pattern::parse(text).unwrap();
            let judge = Judge::new(&pattern);
            let matching = judge.matching(20);
            assert!(!matching.is_empty(), "{text}");
            assert!(!judge.near_misses(&matching).is_empty(), "{text}");
        }
    }
}
