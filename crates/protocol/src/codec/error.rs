//! What can be wrong with a document, and where. Knows no type.

use std::fmt;

/// Why a document was refused. The names are those of the vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A required member is absent.
    MissingField,
    /// Another JSON kind than the type's.
    WrongKind,
    /// An integer outside its format.
    OutOfRange,
    /// A number with a fractional part where an integer stands.
    NotAnInteger,
    /// Not the value of a `const`.
    UnknownConst,
    /// Not a value of a closed enum.
    ClosedEnum,
    /// A union has no arm for the tag.
    UnknownTag,
    /// An object of a union has no tag.
    MissingTag,
    /// A name stands twice in an object.
    DuplicateKey,
    /// Half of a surrogate pair.
    LoneSurrogate,
    /// A JSON integer that a language without 64-bit numbers would have rounded.
    Beyond2p53,
    /// Not base64 of the standard alphabet with padding.
    BadBase64,
    /// Against a format's grammar.
    BadFormat,
    /// Against a pattern.
    BadPattern,
    /// Too short or too long.
    BadLength,
    /// null where a member may only be absent.
    NullForAbsent,
    /// More than 128 nested arrays and objects.
    TooDeep,
    /// A number beyond a 64-bit float.
    NotFinite,
    /// Not one JSON value in UTF-8.
    NotJson,
    /// Not one MessagePack value, or one with what the profile leaves out.
    NotMsgpack,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 20] = [
        Self::MissingField,
        Self::WrongKind,
        Self::OutOfRange,
        Self::NotAnInteger,
        Self::UnknownConst,
        Self::ClosedEnum,
        Self::UnknownTag,
        Self::MissingTag,
        Self::DuplicateKey,
        Self::LoneSurrogate,
        Self::Beyond2p53,
        Self::BadBase64,
        Self::BadFormat,
        Self::BadPattern,
        Self::BadLength,
        Self::NullForAbsent,
        Self::TooDeep,
        Self::NotFinite,
        Self::NotJson,
        Self::NotMsgpack,
    ];

    /// As the vectors spell it: `missingField`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingField => "missingField",
            Self::WrongKind => "wrongKind",
            Self::OutOfRange => "outOfRange",
            Self::NotAnInteger => "notAnInteger",
            Self::UnknownConst => "unknownConst",
            Self::ClosedEnum => "closedEnum",
            Self::UnknownTag => "unknownTag",
            Self::MissingTag => "missingTag",
            Self::DuplicateKey => "duplicateKey",
            Self::LoneSurrogate => "loneSurrogate",
            Self::Beyond2p53 => "beyond2p53",
            Self::BadBase64 => "badBase64",
            Self::BadFormat => "badFormat",
            Self::BadPattern => "badPattern",
            Self::BadLength => "badLength",
            Self::NullForAbsent => "nullForAbsent",
            Self::TooDeep => "tooDeep",
            Self::NotFinite => "notFinite",
            Self::NotJson => "notJson",
            Self::NotMsgpack => "notMsgpack",
        }
    }

    /// Whether it is about the text itself, whatever the type says; such a document has no certain pointer.
    #[must_use]
    pub const fn is_about_text(self) -> bool {
        matches!(
            self,
            Self::DuplicateKey
                | Self::LoneSurrogate
                | Self::TooDeep
                | Self::NotFinite
                | Self::NotJson
                | Self::NotMsgpack
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A document that does not fit its type: why, where, and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeError {
    /// Why.
    pub reason: Reason,
    /// JSON pointer (RFC 6901) of what is wrong; empty for the whole document.
    pub pointer: String,
    /// What was found and what would have been right.
    pub message: String,
}

impl DecodeError {
    /// About the whole document.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            pointer: String::new(),
            message: message.into(),
        }
    }

    /// The same, seen from the document that holds this one under `token`.
    #[must_use]
    pub(crate) fn within(mut self, token: &dyn fmt::Display) -> Self {
        let token = token.to_string().replace('~', "~0").replace('/', "~1");
        self.pointer.insert_str(0, &token);
        self.pointer.insert(0, '/');
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the document"
        } else {
            &self.pointer
        };
        write!(f, "{} at {place}: {}", self.reason, self.message)
    }
}

impl std::error::Error for DecodeError {}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        for reason in Reason::ALL {
            if let Some(rest) = text
                .strip_prefix(reason.as_str())
                .and_then(|rest| rest.strip_prefix(": "))
            {
                return Self::new(reason, rest);
            }
        }
        Self::new(Reason::WrongKind, text)
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::new(
            Reason::WrongKind,
            format!("expected {expected}, found {}", kind_of(found)),
        )
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Reason::MissingField, format!("`{field}` is required"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Reason::DuplicateKey, format!("`{field}` stands twice"))
    }
}

/// What a person calls the kind of a value, in the words of every SDK.
fn kind_of(found: serde::de::Unexpected<'_>) -> String {
    use serde::de::Unexpected;
    let kind = match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) => "a string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        other => return other.to_string(),
    };
    kind.to_owned()
}

/// A refusal as an error of whatever serde format is reading. serde lets only text through, so the reason goes in
/// front of it; [`DecodeError`] takes it off again.
#[cold]
pub(crate) fn refuse<E: serde::de::Error>(reason: Reason, message: impl fmt::Display) -> E {
    E::custom(format_args!("{reason}: {message}"))
}

/// A value that cannot be written by the laws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot be encoded: {message}")]
#[non_exhaustive]
pub struct EncodeError {
    /// What is wrong with the value.
    pub message: String,
}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
        }
    }
}

impl From<serde_json::Error> for EncodeError {
    fn from(error: serde_json::Error) -> Self {
        Self {
            message: error.to_string(),
        }
    }
}

/// The scanner's refusal of a text.
pub(super) fn of_text(error: crate::json::Error) -> DecodeError {
    let reason = match error.reason {
        crate::json::Reason::NotJson => Reason::NotJson,
        crate::json::Reason::DuplicateKey => Reason::DuplicateKey,
        crate::json::Reason::LoneSurrogate => Reason::LoneSurrogate,
        crate::json::Reason::NotFinite => Reason::NotFinite,
        crate::json::Reason::TooDeep => Reason::TooDeep,
    };
    DecodeError::new(reason, error.to_string())
}

/// The scanner's refusal of a MessagePack document.
pub(super) fn of_bytes(error: crate::msgpack::Error) -> DecodeError {
    let reason = match error.reason {
        crate::msgpack::Reason::NotMsgpack => Reason::NotMsgpack,
        crate::msgpack::Reason::DuplicateKey => Reason::DuplicateKey,
        crate::msgpack::Reason::NotFinite => Reason::NotFinite,
        crate::msgpack::Reason::TooDeep => Reason::TooDeep,
    };
    DecodeError::new(reason, error.to_string())
}

/// A document as text.
pub(super) fn utf8(document: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(document)
        .map_err(|error| DecodeError::new(Reason::NotJson, format!("not UTF-8: {error}")))
}
