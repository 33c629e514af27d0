//! Values to text and back: every law of `schema/README.md` section 3. Knows types; must not know messages or sessions.
//!
//! Generated types implement [`serde::Serialize`] and [`serde::Deserialize`] through the adapters here, so any serde
//! format works with them; [`decode`] and [`encode`] are the JSON that goes over the wire, with the laws about text
//! added and with errors that name their place.
//!
//! ```
//! use crossplug_protocol::codec;
//! use crossplug_protocol::generated::protocol::Peer;
//!
//! let peer = codec::decode::<Peer>(br#"{"name":"demo","version":"1.0.0","later":true}"#)?;
//! assert_eq!(codec::encode::<Peer>(&peer).unwrap(), br#"{"name":"demo","version":"1.0.0"}"#);
//!
//! let refused = codec::decode::<Peer>(br#"{"name":"demo","version":7}"#).unwrap_err();
//! assert_eq!((refused.reason.as_str(), refused.pointer.as_str()), ("wrongKind", "/version"));
//! # Ok::<(), codec::DecodeError>(())
//! ```

mod any;
mod buffered;
mod constant;
mod container;
mod encoded;
mod enumeration;
mod error;
mod format;
mod kind;
mod object;
mod pack;
mod scalar;
mod tagged;
mod text;
mod unpack;
mod wire;
mod writer;

#[cfg(feature = "schemars")]
#[doc(hidden)]
pub mod schema;
#[cfg(not(feature = "schemars"))]
mod unschemed;

pub use any::{Any, AsJson};
pub use constant::{Const, ConstValue, Constant};
pub use container::{AnyMap, Boxed, Dict, List, Nullable};
pub use encoded::Encoded;
pub use error::{DecodeError, EncodeError, Reason};
pub use kind::KindUnion;
pub use object::{Flag, Member, Optional, Required};
pub use scalar::{
    Bool, Bytes, Int8, Int16, Int32, Int64, Int64Number, Int64Text, Nothing, Number, Uint8, Uint16,
    Uint32, Uint64, Uint64Number, Uint64Text,
};
pub use text::{Checked, Format, PatternCell, Rule, Text};
pub use wire::{Serde, Wire};
pub use writer::DEPTH;

#[doc(hidden)]
pub use crate::{
    __codec_closed_enum as closed_enum, __codec_kind_union as kind_union,
    __codec_newtype as newtype, __codec_object as object, __codec_open_enum as open_enum,
    __codec_tagged_union as tagged_union,
};
#[doc(hidden)]
pub use enumeration::EnumVisitor;
#[doc(hidden)]
pub use kind::KindVisitor;
#[doc(hidden)]
pub use object::{Key, check_extra, refuse_duplicate};
#[doc(hidden)]
pub use serde;
#[doc(hidden)]
pub use tagged::{Opening, UnionVisitor};
#[doc(hidden)]
pub use wire::{As, Seed};

/// Any JSON value, for members whose type is `any`.
pub type Value = serde_json::Value;

/// A JSON object of any values, in the order in which it was read.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;

/// Reads one JSON document as a value of the type `W`: a generated type, or an adapter such as [`List<Int64>`](List).
///
/// # Errors
/// A [`DecodeError`] with the reason, the JSON pointer of the place and a sentence.
///
/// ```
/// use crossplug_protocol::codec::{self, Int64, List};
///
/// assert_eq!(codec::decode::<List<Int64>>(br#"["9007199254740993", 2.0]"#).unwrap(), [9_007_199_254_740_993, 2]);
/// ```
pub fn decode<W: Wire>(document: &[u8]) -> Result<W::Value, DecodeError> {
    decode_scanned::<W>(scan(document)?)
}

/// Like [`decode`], for text that has already passed the laws about text, as everything has that a session hands out.
///
/// # Errors
/// As for [`decode`].
pub fn decode_scanned<W: Wire>(document: &str) -> Result<W::Value, DecodeError> {
    let mut reader = serde_json::Deserializer::from_str(document);
    // The scan has bounded the depth at 128; serde_json's own bound is 127.
    reader.disable_recursion_limit();
    match W::decode(&mut reader).and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(buffered::locate::<W>(document, &error)),
    }
}

/// Reads a value that is already a JSON tree.
///
/// # Errors
/// As for [`decode`].
pub fn decode_value<W: Wire>(value: &Value) -> Result<W::Value, DecodeError> {
    buffered::decode_value::<W>(value)
}

/// Writes a value as one JSON document.
///
/// # Errors
/// An [`EncodeError`] where the value cannot be written: a number that is not finite, a string against its rule, an
/// `x-wire: number` beyond 2^53 − 1, nesting deeper than [`DEPTH`].
pub fn encode<W: Wire>(value: &W::Value) -> Result<Vec<u8>, EncodeError> {
    let mut document = Vec::with_capacity(128);
    encode_into::<W>(value, DEPTH, &mut document)?;
    Ok(document)
}

/// Appends a value as one JSON document that nests at most `depth` arrays and objects; on an error the buffer is as before.
///
/// # Errors
/// As for [`encode`].
pub fn encode_into<W: Wire>(
    value: &W::Value,
    depth: usize,
    document: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    writer::append::<W>(value, depth, document)
}

/// Turns a value into a JSON tree.
///
/// # Errors
/// As for [`encode`].
pub fn encode_value<W: Wire>(value: &W::Value) -> Result<Value, EncodeError> {
    W::encode(value, serde_json::value::Serializer).map_err(EncodeError::from)
}

/// Something to do with a type that is known by its name only; what the tables of generated modules lead to.
#[doc(hidden)]
pub trait ForType {
    /// What comes of it.
    type Output;
    /// Does it.
    fn visit<W: Wire>(self) -> Self::Output;
}

/// The laws about text, at any depth and in members that no type knows.
fn scan(document: &[u8]) -> Result<&str, DecodeError> {
    crate::json::check(document, DEPTH as u32).map_err(error::of_text)?;
    error::utf8(document)
}
