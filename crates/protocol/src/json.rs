//! JSON as bytes: one strict pass that checks a text and finds its members. It knows no message and no type.
//!
//! The laws are those of `schema/README.md` section 3, group one: UTF-8, RFC 8259, no name twice in an object (`"a"`
//! and `"\u0061"` are one name), no lone surrogate, no number beyond the finite 64-bit floats, no nesting deeper than a
//! cap. [`Scanner`] applies them; everything else in this room walks or writes text that has been checked already.
//!
//! ```
//! use crossplug_protocol::json::{self, Scanner};
//!
//! let mut scanner = Scanner::new(128);
//! let object = scanner.object(br#"{"id":7,"params":{"name":"\u00e9clair"}}"#)?;
//! let params = object.get("params").unwrap();
//! assert_eq!(params.as_bytes(), br#"{"name":"\u00e9clair"}"#);
//! let name = json::member(params.as_bytes(), "name").unwrap();
//! assert_eq!(json::text(name).unwrap(), "éclair");
//!
//! let error = json::check(br#"{"a":1,"\u0061":2}"#, 128).unwrap_err();
//! assert_eq!(error.reason.name(), "duplicateKey");
//! # Ok::<(), json::Error>(())
//! ```

mod names;
mod number;
mod scan;
mod strings;
mod walk;
mod write;

pub(crate) use names::Names;
pub use scan::{Object, Scanner};
pub(crate) use strings::resolved as inner_text;
pub use strings::text;
pub use walk::{
    Elements, Members, boolean, elements, integer, is_null, kind, member, members, number,
};
pub use write::{push_integer, push_text};

use crate::message::Raw;

/// Depth of nesting that a message may have where nothing else was agreed on.
pub const DEFAULT_DEPTH: u32 = 128;

/// Which law a text broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Not UTF-8, or not one JSON value by RFC 8259.
    NotJson,
    /// A name stands twice in an object.
    DuplicateKey,
    /// Half of a surrogate pair stands alone in a string.
    LoneSurrogate,
    /// A number's nearest 64-bit float is infinite.
    NotFinite,
    /// Arrays and objects are nested deeper than the cap.
    TooDeep,
}

impl Reason {
    /// The name that the vectors use: `notJson`, `duplicateKey`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotJson => "notJson",
            Self::DuplicateKey => "duplicateKey",
            Self::LoneSurrogate => "loneSurrogate",
            Self::NotFinite => "notFinite",
            Self::TooDeep => "tooDeep",
        }
    }
}

/// Where and why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct Error {
    /// The law.
    pub reason: Reason,
    /// Offset in bytes of the place that showed it.
    pub at: usize,
    /// For a person.
    pub what: &'static str,
}

/// The kinds of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// White space as JSON has it: space, tab, carriage return, line feed; no vertical tab and no form feed.
#[must_use]
pub const fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Checks a text and hands it back as a value that may travel in a message.
///
/// A [`Scanner`] that is kept does the same without allocating its stacks anew.
///
/// # Errors
/// The first law that the text breaks.
///
/// ```
/// use crossplug_protocol::json;
/// assert!(json::check(b"[1, 2]", 128).is_ok());
/// assert_eq!(json::check(b"[[1]]", 1).unwrap_err().reason, json::Reason::TooDeep);
/// ```
pub fn check(text: &[u8], max_depth: u32) -> Result<Raw<'_>, Error> {
    Scanner::new(max_depth).check(text)
}
