//! Strings inside and outside of their rules.

use super::doc::{Doc, Fault, Sample};
use super::formats;
use crate::model::{StringFormat, StringRule};
use crate::pattern::{Judge, Pattern};
use std::cell::RefCell;

/// Longer limits are not tried: the corpus would be about nothing else.
const MAX_LENGTH: u32 = 320;
/// A character that is one scalar value, two UTF-16 units and four bytes.
const ASTRAL: char = '\u{1f600}';

/// What a file has said about strings already: the same rule is tried in full only once.
#[derive(Default)]
pub(super) struct Strings {
    said: RefCell<Vec<(bool, StringRule)>>,
}

impl Strings {
    /// Whether the rule comes up for the first time, for valid or for invalid documents.
    fn is_first(&self, valid: bool, rule: &StringRule) -> bool {
        let mut said = self.said.borrow_mut();
        let key = (valid, rule.clone());
        let first = !said.contains(&key);
        if first {
            said.push(key);
        }
        first
    }

    /// Texts that keep the rule.
    pub(super) fn samples(&self, rule: &StringRule) -> Vec<Sample> {
        let most = if self.is_first(true, rule) {
            usize::MAX
        } else {
            1
        };
        let rooms = Rooms::new(rule);
        let mut samples = Vec::new();
        for text in rooms.valid().into_iter().take(most.min(12)) {
            let label = match text.chars().count() {
                0 => "empty".to_owned(),
                length if text.chars().all(|c| c == ASTRAL) => {
                    format!("{length} astral characters")
                }
                length if rule.pattern.is_some() && length > 40 => format!("{length} characters"),
                _ => format!("{text:?}"),
            };
            samples.push(Sample::new(label, Doc::json(text)));
        }
        if most > 1 && *rule == StringRule::default() {
            let escaped =
                "\"\\u0000\\u001f\\\"\\\\\\/\\b\\f\\n\\r\\t\\u007f\\u2028\\uD83D\\ude00\\uffff\"";
            samples.push(Sample::new("escapes", Doc::raw(escaped)));
        }
        samples
    }

    /// Texts that break the rule in one way.
    pub(super) fn faults(&self, rule: &StringRule) -> Vec<Fault> {
        let most = if self.is_first(false, rule) {
            usize::MAX
        } else {
            1
        };
        let rooms = Rooms::new(rule);
        let mut faults = Vec::new();
        for (reason, texts) in [
            ("badFormat", rooms.bad_format()),
            ("badPattern", rooms.bad_pattern()),
            ("badLength", rooms.bad_length()),
        ] {
            for text in texts.into_iter().take(most) {
                let label = if text.chars().count() > 40 {
                    format!("{} characters", text.chars().count())
                } else {
                    format!("{text:?}")
                };
                faults.push(Fault::new(label, reason, Doc::json(text)));
            }
        }
        faults
    }
}

/// The plainest text that keeps the rule.
pub(super) fn plainest(rule: &StringRule) -> Option<String> {
    Rooms::new(rule).valid().into_iter().next()
}

/// Texts sorted by which parts of a rule they keep.
struct Rooms<'r> {
    rule: &'r StringRule,
    pattern: Option<Pattern>,
}

impl<'r> Rooms<'r> {
    fn new(rule: &'r StringRule) -> Self {
        let pattern = rule
            .pattern
            .as_deref()
            .and_then(|text| Pattern::parse(text).ok());
        Self { rule, pattern }
    }

    /// Texts among which those that keep the rule are looked for.
    fn universe(&self) -> Vec<String> {
        if let Some(format) = self.rule.format {
            return formats::good(format)
                .iter()
                .map(|text| (*text).to_owned())
                .collect();
        }
        if let Some(pattern) = &self.pattern {
            let least = self.rule.min_length.unwrap_or(0) as usize + 16;
            let most = self
                .rule
                .max_length
                .map_or(least, |max| (max as usize).saturating_add(2));
            return Judge::new(pattern).matching(most);
        }
        let (min, max) = (self.rule.min_length, self.rule.max_length);
        let mut texts = Vec::new();
        let mut lengths: Vec<u32> = [min, max].into_iter().flatten().collect();
        lengths.extend(min.and_then(|min| min.checked_sub(1)));
        lengths.extend(max.and_then(|max| max.checked_add(1)));
        if min.is_none_or(|min| min <= 4) && max.is_none_or(|max| max >= 4) {
            texts.push("text".to_owned());
        }
        for length in lengths.into_iter().filter(|length| *length <= MAX_LENGTH) {
            texts.extend([
                "a".repeat(length as usize),
                ASTRAL.to_string().repeat(length as usize),
            ]);
        }
        if lengths_free(self.rule) {
            texts.extend([
                "".to_owned(),
                "Gr\u{fc}\u{df}e, \u{65e5}\u{672c} \u{1f600}e\u{301}".to_owned(),
            ]);
        }
        texts
    }

    fn has_length(&self, text: &str) -> bool {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.rule.min_length.is_none_or(|min| length >= min)
            && self.rule.max_length.is_none_or(|max| length <= max)
    }

    /// Whether the pattern takes the text; a text that nobody can judge is neither.
    fn has_pattern(&self, text: &str, wanted: bool) -> bool {
        match &self.pattern {
            None => wanted,
            Some(pattern) => Judge::new(pattern).matches(text) == Some(wanted),
        }
    }

    fn choose(&self, texts: Vec<String>, pattern: bool, length: bool) -> Vec<String> {
        let judge = self.pattern.as_ref().map(Judge::new);
        texts
            .into_iter()
            .filter(|text| self.has_length(text) == length)
            .filter(|text| match &judge {
                None => pattern,
                Some(judge) => judge.matches(text) == Some(pattern),
            })
            .collect()
    }

    fn valid(&self) -> Vec<String> {
        let mut texts = self.choose(self.universe(), true, true);
        if self.pattern.is_some() && texts.len() > 8 {
            // The first few and the longest.
            let longest = texts.pop();
            texts.truncate(7);
            texts.extend(longest);
        }
        texts
    }

    fn bad_format(&self) -> Vec<String> {
        let bad = self
            .rule
            .format
            .map_or(&[] as &[&str], |format: StringFormat| formats::bad(format));
        let bad = bad.iter().map(|text| (*text).to_owned());
        bad.filter(|text| self.has_length(text) && self.has_pattern(text, true))
            .collect()
    }

    fn bad_pattern(&self) -> Vec<String> {
        let Some(pattern) = &self.pattern else {
            return Vec::new();
        };
        let mut texts = self.universe();
        if self.rule.format.is_none() {
            texts = Judge::new(pattern).near_misses(&texts);
        }
        let mut texts = self.choose(texts, false, true);
        texts.truncate(16);
        texts
    }

    fn bad_length(&self) -> Vec<String> {
        let texts = self.choose(self.universe(), true, false);
        let short = texts
            .iter()
            .filter(|text| !self.is_long(text))
            .max_by_key(|text| text.chars().count());
        let long: Vec<&String> = texts.iter().filter(|text| self.is_long(text)).collect();
        let shortest = long.iter().map(|text| text.chars().count()).min();
        let long = long
            .into_iter()
            .filter(|text| Some(text.chars().count()) == shortest)
            .take(2);
        short.into_iter().chain(long).cloned().collect()
    }

    fn is_long(&self, text: &str) -> bool {
        self.rule
            .max_length
            .is_some_and(|max| text.chars().count() > max as usize)
    }
}

fn lengths_free(rule: &StringRule) -> bool {
    rule.min_length.is_none() && rule.max_length.is_none()
}
