//! Sets of Unicode scalar values, as a pattern's classes say them.

use std::fmt;

/// Sorted ranges that do not touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charset {
    ranges: Vec<(char, char)>,
}

/// The scalar value after one; across the surrogates.
fn after(c: char) -> Option<char> {
    match c {
        '\u{d7ff}' => Some('\u{e000}'),
        _ => char::from_u32(u32::from(c) + 1),
    }
}

/// The scalar value before one.
fn before(c: char) -> Option<char> {
    match c {
        '\u{e000}' => Some('\u{d7ff}'),
        _ => u32::from(c).checked_sub(1).and_then(char::from_u32),
    }
}

impl Charset {
    /// The union of ranges, each from its first to its last.
    pub(crate) fn new(mut ranges: Vec<(char, char)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(char, char)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if after(*end).is_none_or(|next| first <= next) => {
                    *end = (*end).max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }

    /// Everything else.
    pub(crate) fn complement(&self) -> Self {
        let mut ranges = Vec::new();
        let mut next = Some('\0');
        for &(first, last) in &self.ranges {
            if let (Some(start), Some(end)) = (next, before(first))
                && start <= end
            {
                ranges.push((start, end));
            }
            next = after(last);
        }
        if let Some(start) = next {
            ranges.push((start, char::MAX));
        }
        Self { ranges }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(crate) fn contains(&self, c: char) -> bool {
        self.ranges
            .iter()
            .any(|&(first, last)| (first..=last).contains(&c))
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.ranges.iter().any(|&(first, last)| {
            other
                .ranges
                .iter()
                .any(|&(from, to)| first <= to && from <= last)
        })
    }

    /// First characters of the ranges, then last ones: where mistakes of an engine would show.
    pub(crate) fn edges(&self) -> impl Iterator<Item = char> {
        self.ranges
            .iter()
            .map(|range| range.0)
            .chain(self.ranges.iter().map(|range| range.1))
    }

    /// The only member.
    fn single(&self) -> Option<char> {
        match self.ranges.as_slice() {
            [(first, last)] if first == last => Some(*first),
            _ => None,
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(only) = self.single() {
            return literal(out, only, r"\^$.*+?()[]{}|");
        }
        let reaches_end = self.ranges.last().is_some_and(|range| range.1 == char::MAX);
        let others = self.complement();
        let (sign, set) = if reaches_end && !others.is_empty() {
            ("^", &others)
        } else {
            ("", self)
        };
        write!(out, "[{sign}")?;
        for &(first, last) in &set.ranges {
            literal(out, first, r"\[]^-")?;
            if first != last {
                if after(first) != Some(last) {
                    out.write_str("-")?;
                }
                literal(out, last, r"\[]^-")?;
            }
        }
        out.write_str("]")
    }
}

/// A character as every engine reads it, and this parser again: escaped where it is special.
fn literal(out: &mut fmt::Formatter<'_>, c: char, special: &str) -> fmt::Result {
    match c {
        '\n' => out.write_str(r"\n"),
        '\r' => out.write_str(r"\r"),
        '\t' => out.write_str(r"\t"),
        c if special.contains(c) => write!(out, "\\{c}"),
        c => write!(out, "{c}"),
    }
}
