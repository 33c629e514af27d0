//! The portable subset of regular expressions: its parser and its one spelling that every engine reads alike.
//! Knows nothing of documents.

mod ambiguity;
mod charset;
mod examples;
mod parse;

use charset::Charset;
pub(crate) use examples::Judge;
use std::fmt;

/// A pattern of the portable subset. It is matched against the whole text.
///
/// ```
/// use crossplug_idl::pattern::Pattern;
/// let pattern = Pattern::parse(r"([a-z]+)\-[0-9]{2}\/").unwrap();
/// assert_eq!(pattern.to_string(), "[a-z]+-[0-9]{2}/");
/// assert!(Pattern::parse(r"\d+").unwrap_err().cure.contains("[0-9]"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    ast: Ast,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, and where in the pattern.
    pub what: String,
    /// What to write instead.
    pub cure: String,
}

/// The structure of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ast {
    /// One character of a set.
    Class(Charset),
    /// One after the other; empty matches the empty text.
    Concat(Vec<Ast>),
    /// One of several.
    Alternate(Vec<Ast>),
    /// So many times.
    Repeat {
        body: Box<Ast>,
        min: u32,
        max: Option<u32>,
    },
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The first thing in it that is not in the subset.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let ast = parse::parse(text)?;
        ambiguity::check(&ast)?;
        Ok(Self { ast })
    }

    /// The pattern as an expression that says itself that it is matched whole, for engines that search.
    #[must_use]
    pub fn anchored(&self) -> String {
        format!("^(?:{self})$")
    }

    pub(crate) fn ast(&self) -> &Ast {
        &self.ast
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ast.fmt(out)
    }
}

impl fmt::Display for Ast {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(set) => set.fmt(out),
            Self::Concat(parts) => parts.iter().try_for_each(|part| match part {
                Self::Alternate(_) | Self::Concat(_) => write!(out, "(?:{part})"),
                _ => part.fmt(out),
            }),
            Self::Alternate(arms) => arms.iter().enumerate().try_for_each(|(index, arm)| {
                if index > 0 {
                    out.write_str("|")?;
                }
                arm.fmt(out)
            }),
            Self::Repeat { body, min, max } => {
                match **body {
                    Self::Class(_) => body.fmt(out)?,
                    _ => write!(out, "(?:{body})")?,
                }
                match (min, max) {
                    (0, None) => out.write_str("*"),
                    (1, None) => out.write_str("+"),
                    (0, Some(1)) => out.write_str("?"),
                    (min, None) => write!(out, "{{{min},}}"),
                    (min, Some(max)) if min == max => write!(out, "{{{min}}}"),
                    (min, Some(max)) => write!(out, "{{{min},{max}}}"),
                }
            }
        }
    }
}
