//! Strings and what they must look like: law 8. The grammars of the formats are next door, in `format`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;

use regex_lite::Regex;
use serde::de::{Deserializer, Error, Visitor};
use serde::ser::{Error as _, Serializer};

pub use super::format::Format;

use super::error::{Reason, refuse};
use super::wire::Wire;

/// Any text.
#[derive(Debug, Clone, Copy)]
pub struct Text;

impl Wire for Text {
    type Value = String;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        // serde's own would take bytes, too, where they happen to be UTF-8.
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = String;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
                Ok(value.to_owned())
            }

            fn visit_string<E: Error>(self, value: String) -> Result<String, E> {
                Ok(value)
            }
        }
        deserializer.deserialize_string(Visit)
    }

    fn encode<S: Serializer>(value: &String, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value)
    }
}

/// What a string must look like; generated code implements it. All parts hold together.
pub trait Rule {
    /// A grammar of ours.
    const FORMAT: Option<Format> = None;
    /// Matched whole, in the portable subset.
    const PATTERN: Option<&'static str> = None;
    /// At least so many Unicode scalar values.
    const MIN_LENGTH: Option<u32> = None;
    /// At most so many Unicode scalar values.
    const MAX_LENGTH: Option<u32> = None;

    /// Where the compiled pattern is kept; an implementation that has a pattern gives a static of its own.
    #[must_use]
    fn cell() -> Option<&'static PatternCell> {
        None
    }
}

/// A compiled pattern, made when it is first needed.
#[derive(Debug, Default)]
pub struct PatternCell(OnceLock<Option<Regex>>);

impl PatternCell {
    /// Not compiled yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }
}

/// Text by the rule `R`; checked when it is read and when it is written.
#[derive(Debug, Clone, Copy)]
pub struct Checked<R>(PhantomData<R>);

impl<R: Rule> Checked<R> {
    /// Judges a text by the rule.
    fn judge(text: &str) -> Result<(), (Reason, String)> {
        if R::MIN_LENGTH.is_some() || R::MAX_LENGTH.is_some() {
            let length = text.chars().count();
            let (min, max) = (
                R::MIN_LENGTH.unwrap_or(0),
                R::MAX_LENGTH.unwrap_or(u32::MAX),
            );
            if length < min as usize || length > max as usize {
                return Err((
                    Reason::BadLength,
                    format!("{length} characters, expected {min} to {max}"),
                ));
            }
        }
        if let Some(format) = R::FORMAT
            && !format.accepts(text)
        {
            return Err((
                Reason::BadFormat,
                format!("{} is not a {format}", shortened(text)),
            ));
        }
        if let Some(pattern) = R::PATTERN {
            let compile = || Regex::new(&format!("^(?:{pattern})$")).ok();
            let matches = match R::cell() {
                Some(cell) => cell
                    .0
                    .get_or_init(compile)
                    .as_ref()
                    .is_some_and(|regex| regex.is_match(text)),
                None => compile().is_some_and(|regex| regex.is_match(text)),
            };
            if !matches {
                return Err((
                    Reason::BadPattern,
                    format!("{} does not match `{pattern}`", shortened(text)),
                ));
            }
        }
        Ok(())
    }
}

impl<R: Rule> Wire for Checked<R> {
    type Value = String;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_string(CheckedVisitor::<R>(PhantomData))
    }

    fn encode<S: Serializer>(value: &String, serializer: S) -> Result<S::Ok, S::Error> {
        match Self::judge(value) {
            Ok(()) => serializer.serialize_str(value),
            Err((_, message)) => Err(S::Error::custom(message)),
        }
    }
}

struct CheckedVisitor<R>(PhantomData<R>);

impl<R: Rule> Visitor<'_> for CheckedVisitor<R> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<String, E> {
        match Checked::<R>::judge(&value) {
            Ok(()) => Ok(value),
            Err((reason, message)) => Err(refuse(reason, message)),
        }
    }
}

/// A hostile text does not make a hostile error message.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.chars().nth(SHOWN).is_none() {
        return format!("{text:?}");
    }
    format!("{:?}…", text.chars().take(SHOWN).collect::<String>())
}
