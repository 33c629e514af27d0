//! MessagePack as bytes: one strict pass that checks a document and finds its members. It knows no message and no type.
//!
//! The sibling of [`crate::json`], with the same laws (`schema/README.md` section 3): one value and nothing behind it,
//! UTF-8, names are strings and stand once in a map, floats are finite, nesting has a cap. Lengths that promise more than
//! there is are refused before anything is done with them. Any width of integer and length is taken, the shortest or not;
//! extension types are not. [`Scanner`] applies this; everything else here walks or writes what has been checked already.
//!
//! ```
//! use crossplug_protocol::msgpack::{self, Scanner};
//!
//! let document = b"\x82\xa2id\x07\xa6params\x81\xa4name\xc4\x02\x00\xff"; // {"id": 7, "params": {"name": 00 ff}}
//! let mut scanner = Scanner::new(128);
//! let object = scanner.object(document)?;
//! let params = object.get("params").unwrap();
//! assert_eq!(msgpack::member(params.as_bytes(), "name"), Some(&b"\xc4\x02\x00\xff"[..]));
//!
//! let error = msgpack::check(b"\x82\xa1a\x01\xa1a\x02", 128).unwrap_err();
//! assert_eq!(error.reason.name(), "duplicateKey");
//! # Ok::<(), msgpack::Error>(())
//! ```

mod head;
mod scan;
mod walk;
mod write;

pub(crate) use head::{Head, head, text_at};
pub use scan::{Object, Scanner};
pub use walk::{Members, boolean, integer, is_null, kind, member, members, number, text};
pub use write::{
    push_array, push_boolean, push_bytes, push_float, push_map, push_null, push_signed, push_text,
    push_unsigned,
};

pub use crate::json::Kind;
use crate::message::Raw;

/// Which law a document broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Not one MessagePack value, or one with what the profile leaves out: extension types, names that are not strings.
    NotMsgpack,
    /// A name stands twice in a map.
    DuplicateKey,
    /// A float is infinite or no number.
    NotFinite,
    /// Arrays and maps are nested deeper than the cap.
    TooDeep,
}

impl Reason {
    /// The name that the vectors use: `notMsgpack`, `duplicateKey`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMsgpack => "notMsgpack",
            Self::DuplicateKey => "duplicateKey",
            Self::NotFinite => "notFinite",
            Self::TooDeep => "tooDeep",
        }
    }
}

/// Where and why a document was refused.
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

/// Checks a document and hands it back as a value that may travel in a message.
///
/// # Errors
/// The first law that the document breaks.
///
/// ```
/// use crossplug_protocol::msgpack;
/// assert!(msgpack::check(b"\x92\x01\x02", 128).is_ok());
/// assert_eq!(msgpack::check(b"\xdd\xff\xff\xff\xff", 128).unwrap_err().reason, msgpack::Reason::NotMsgpack);
/// ```
pub fn check(document: &[u8], max_depth: u32) -> Result<Raw<'_>, Error> {
    Scanner::new(max_depth).check(document)
}
