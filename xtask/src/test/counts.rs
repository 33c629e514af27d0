//! Reads how many tests ran out of what the runners print, and how many vectors each language played.
//!
//! A vector test prints a line `vectors <corpus> <language> <count>`. The corpora that every language plays must
//! have the same count in each: a language that passed over a file would show here.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::bail;

/// The languages that play every corpus for plugins.
const LANGUAGES: [&str; 3] = ["rust", "python", "typescript"];
/// The corpora that are played by more than one, and by whom. Python's host is the Rust one.
const SHARED: [(&str, &[&str]); 7] = [
    ("types", &LANGUAGES),
    ("packed", &LANGUAGES),
    ("msgpack", &LANGUAGES),
    ("frames", &LANGUAGES),
    ("sessions", &LANGUAGES),
    ("sessions-msgpack", &LANGUAGES),
    ("hosts", &["rust", "typescript"]),
];

/// What some steps ran.
#[derive(Default)]
pub(crate) struct Counts {
    /// Tests that passed, as the runners count them.
    pub(crate) passed: u64,
    vectors: BTreeMap<(String, String), u64>,
}

impl Counts {
    /// Reads a runner's output.
    pub(crate) fn read(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines() {
            let line = line
                .trim()
                .trim_start_matches("# ")
                .trim_start_matches("ℹ ");
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["vectors", corpus, language, count] => {
                    if let Ok(count) = count.parse::<u64>() {
                        counts
                            .vectors
                            .insert(((*corpus).to_owned(), (*language).to_owned()), count);
                    }
                }
                ["test", "result:", "ok.", count, "passed;", ..] | ["pass", count] => {
                    counts.passed += count.parse::<u64>().unwrap_or(0);
                }
                _ if line.contains(" passed in ")
                    || line.contains(" passed, ") && line.contains(" in ") =>
                {
                    let before = line.split(" passed").next().unwrap_or_default();
                    let count = before
                        .rsplit(|c: char| !c.is_ascii_digit())
                        .next()
                        .unwrap_or_default();
                    counts.passed += count.parse::<u64>().unwrap_or(0);
                }
                _ => {}
            }
        }
        counts
    }

    /// Checks that have no runner to count them.
    pub(crate) fn checks(passed: u64) -> Self {
        Self {
            passed,
            ..Self::default()
        }
    }

    /// Adds what another step ran.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.vectors.extend(other.vectors);
    }

    /// Every language played every shared corpus whole.
    ///
    /// # Errors
    /// A language printed no count, or another one.
    pub(crate) fn compare(&self) -> anyhow::Result<()> {
        for (corpus, languages) in SHARED {
            let mut first = None;
            for language in languages {
                let Some(count) = self
                    .vectors
                    .get(&(corpus.to_owned(), (*language).to_owned()))
                else {
                    bail!(
                        "{language} printed no `vectors {corpus} {language} COUNT`: did it play them?"
                    );
                };
                if *first.get_or_insert(*count) != *count {
                    bail!("the languages played different numbers of {corpus} vectors:\n{self}");
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((corpus, language), count) in &self.vectors {
            writeln!(formatter, "vectors {corpus:10} {language:12} {count:6}")?;
        }
        write!(formatter, "{} tests", self.passed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn reads_every_runner() {
        let output = "test result: ok. 12 passed; 0 failed; 1 ignored\n=== 30 passed in 2.1s ===\n31 passed, 2 warnings in 1.00s\nℹ pass 5\n# pass 6\nvectors types rust 700\n";
        let counts = Counts::read(output);
        assert_eq!(counts.passed, 12 + 30 + 31 + 5 + 6);
        assert_eq!(counts.vectors.len(), 1);
    }

    #[test]
    fn unequal_corpora_are_refused() {
        let mut counts = Counts::default();
        for (language, count) in [("rust", 3), ("python", 3), ("typescript", 2)] {
            for (corpus, _) in SHARED {
                counts
                    .vectors
                    .insert((corpus.to_owned(), language.to_owned()), count);
            }
        }
        assert!(counts.compare().is_err());
        for (corpus, _) in SHARED {
            counts
                .vectors
                .insert((corpus.to_owned(), "typescript".to_owned()), 3);
        }
        counts.compare().unwrap();
    }
}
