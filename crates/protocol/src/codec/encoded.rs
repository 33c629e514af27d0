//! Values as an encoding has them: the one place that chooses between JSON and MessagePack for a type.

use super::error::{self, DecodeError, EncodeError};
use super::wire::Wire;
use super::{buffered, pack, unpack, writer};
use crate::handshake::Encoding;
use crate::msgpack;

impl Encoding {
    /// Reads one document as a value of the type `W`; every law holds, those about the bytes first.
    ///
    /// # Errors
    /// As for [`decode`](super::decode).
    ///
    /// ```
    /// use crossplug_protocol::codec::Int64;
    /// use crossplug_protocol::handshake::Encoding;
    ///
    /// // Native, and as JSON spells it.
    /// assert_eq!(Encoding::Msgpack.decode::<Int64>(b"\xd3\x80\0\0\0\0\0\0\0").unwrap(), i64::MIN);
    /// assert_eq!(Encoding::Msgpack.decode::<Int64>(b"\xa17").unwrap(), 7);
    /// ```
    pub fn decode<W: Wire>(self, document: &[u8]) -> Result<W::Value, DecodeError> {
        match self {
            Self::Json => super::decode::<W>(document),
            Self::Msgpack => {
                msgpack::check(document, super::DEPTH as u32).map_err(error::of_bytes)?;
                unpacked::<W>(document)
            }
        }
    }

    /// Like [`Encoding::decode`], for a document that has already passed the laws about bytes, as everything has that a
    /// session hands out.
    ///
    /// # Errors
    /// As for [`decode`](super::decode).
    pub fn decode_scanned<W: Wire>(self, document: &[u8]) -> Result<W::Value, DecodeError> {
        match self {
            Self::Json => super::decode_scanned::<W>(error::utf8(document)?),
            Self::Msgpack => unpacked::<W>(document),
        }
    }

    /// Writes a value as one document.
    ///
    /// # Errors
    /// As for [`encode`](super::encode).
    ///
    /// ```
    /// use crossplug_protocol::codec::Bytes;
    /// use crossplug_protocol::handshake::Encoding;
    ///
    /// assert_eq!(Encoding::Json.encode::<Bytes>(&vec![0, 255]).unwrap(), br#""AP8=""#);
    /// assert_eq!(Encoding::Msgpack.encode::<Bytes>(&vec![0, 255]).unwrap(), b"\xc4\x02\x00\xff");
    /// ```
    pub fn encode<W: Wire>(self, value: &W::Value) -> Result<Vec<u8>, EncodeError> {
        let mut document = Vec::with_capacity(128);
        self.encode_into::<W>(value, super::DEPTH, &mut document)?;
        Ok(document)
    }

    /// Appends a value as one document that nests at most `depth` arrays and objects; on an error the buffer is as before.
    ///
    /// # Errors
    /// As for [`encode`](super::encode).
    pub fn encode_into<W: Wire>(
        self,
        value: &W::Value,
        depth: usize,
        document: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        match self {
            Self::Json => writer::append::<W>(value, depth, document),
            Self::Msgpack => pack::append::<W>(value, depth, document),
        }
    }
}

/// A value as it travels: one document that has passed the laws about bytes, as everything has that a session hands out,
/// and the encoding that it is in.
///
/// ```
/// use crossplug_protocol::codec::{Encoded, Int64};
/// use crossplug_protocol::handshake::Encoding;
///
/// assert_eq!(Encoded::new(Encoding::Json, br#""7""#).decode::<Int64>().unwrap(), 7);
/// assert_eq!(Encoded::new(Encoding::Msgpack, b"\x07").decode::<Int64>().unwrap(), 7);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoded<'a> {
    encoding: Encoding,
    bytes: &'a [u8],
}

impl<'a> Encoded<'a> {
    /// Takes checked bytes.
    #[must_use]
    pub const fn new(encoding: Encoding, bytes: &'a [u8]) -> Self {
        Self { encoding, bytes }
    }

    /// How it is to be read.
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        self.encoding
    }

    /// The document.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Reads it as a value of the type `W`.
    ///
    /// # Errors
    /// As for [`decode`](super::decode).
    pub fn decode<W: Wire>(self) -> Result<W::Value, DecodeError> {
        self.encoding.decode_scanned::<W>(self.bytes)
    }
}

fn unpacked<W: Wire>(document: &[u8]) -> Result<W::Value, DecodeError> {
    let mut reader = unpack::Unpacker::new(document);
    let value = W::decode(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| buffered::locate_packed::<W>(document, &error))
}
