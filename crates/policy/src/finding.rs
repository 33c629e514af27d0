//! What is wrong with a file, where, and how to mend it. Knows no file in particular.

use std::fmt;

use serde_json::Value;

/// One thing about a file that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// The file, as whoever read it names it.
    pub file: String,
    /// JSON pointer (RFC 6901) into it; for something that is missing, of where it should be. Empty: the whole file.
    pub pointer: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Weight {
    /// A reader takes it without a word; a strict validator names it.
    Deviation,
    /// It is taken, but something may not be as its author thinks.
    Warning,
    /// The file is refused.
    Error,
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deviation => "deviation",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "" } else { " at " };
        write!(
            f,
            "{}: {}{place}{}: {}; {}",
            self.weight, self.file, self.pointer, self.what, self.cure
        )
    }
}

/// A file that cannot be used, and everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// At least one error; warnings stand among them in the order of the file.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Collects findings of one file.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    file: String,
    list: Vec<Finding>,
    document: Value,
}

/// A file with more mistakes than this is no manifest; the rest would not help anybody.
const MOST: usize = 100;

impl Findings {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            list: Vec::new(),
            document: Value::Null,
        }
    }

    /// The findings are about this document and come in its order.
    pub(crate) fn follow(&mut self, document: Value) {
        self.document = document;
    }

    pub(crate) fn error(
        &mut self,
        pointer: impl Into<String>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.push(Weight::Error, pointer.into(), what.into(), cure.into());
    }

    pub(crate) fn warning(
        &mut self,
        pointer: impl Into<String>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.push(Weight::Warning, pointer.into(), what.into(), cure.into());
    }

    pub(crate) fn deviation(
        &mut self,
        pointer: impl Into<String>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.push(Weight::Deviation, pointer.into(), what.into(), cure.into());
    }

    fn push(&mut self, weight: Weight, pointer: String, what: String, cure: String) {
        if self.list.len() < MOST {
            self.list.push(Finding {
                weight,
                file: self.file.clone(),
                pointer,
                what,
                cure,
            });
        }
    }

    /// Whether nothing more is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// Whether an error is known for the place or for something that it stands in.
    pub(crate) fn has_error_at(&self, pointer: &str) -> bool {
        self.errors().any(|wrong| is_inside(pointer, wrong))
    }

    /// Whether an error is known for the place, for something that it stands in, or for something that stands in it.
    pub(crate) fn has_error_around(&self, pointer: &str) -> bool {
        self.errors()
            .any(|wrong| is_inside(pointer, wrong) || is_inside(wrong, pointer))
    }

    fn errors(&self) -> impl Iterator<Item = &str> {
        self.list
            .iter()
            .filter(|finding| finding.weight == Weight::Error)
            .map(|finding| finding.pointer.as_str())
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.list
            .iter()
            .any(|finding| finding.weight == Weight::Error)
    }

    /// In the order of the document; what is missing comes behind what is there.
    pub(crate) fn into_list(mut self) -> Vec<Finding> {
        let document = self.document;
        self.list
            .sort_by_cached_key(|finding| position(&document, &finding.pointer));
        self.list
    }
}

/// Which member or element a pointer takes on its way, level by level.
fn position(document: &Value, pointer: &str) -> Vec<usize> {
    let mut way = Vec::new();
    let mut here = Some(document);
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let next = match here {
            Some(Value::Object(members)) => members
                .iter()
                .enumerate()
                .find(|(_, (known, _))| **known == name)
                .map(|(at, (_, inner))| (at, inner)),
            Some(Value::Array(elements)) => name
                .parse()
                .ok()
                .and_then(|at: usize| elements.get(at).map(|inner| (at, inner))),
            _ => None,
        };
        way.push(next.map_or(usize::MAX, |(at, _)| at));
        here = next.map(|(_, inner)| inner);
    }
    way
}

fn is_inside(pointer: &str, outer: &str) -> bool {
    pointer
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
