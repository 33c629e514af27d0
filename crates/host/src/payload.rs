//! A value on its way in or out: checked bytes that nobody has looked into yet, in the encoding that a plugin speaks. Knows
//! the codec, no call and no door.

use std::borrow::Cow;

use crossplug_protocol::codec::{self, AsJson, Encoded, Value, Wire};
use crossplug_protocol::handshake::Encoding;
use crossplug_protocol::message::Raw;
use crossplug_protocol::{json, msgpack};

use crate::{Error, ErrorKind, Result};

/// One complete value in an encoding of the wire: JSON, or what a plugin speaks beside it
/// ([`HostBuilder::encoding`](crate::HostBuilder::encoding)).
///
/// ```
/// use crossplug_host::Payload;
/// use crossplug_host::protocol::codec::{Int64, List};
/// let payload = Payload::parse(r#"["9007199254740993", 2]"#)?;
/// assert_eq!(payload.decode::<List<Int64>>()?, [9_007_199_254_740_993, 2]);
/// assert_eq!(payload.as_json(), r#"["9007199254740993", 2]"#);
/// # Ok::<(), crossplug_host::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    encoding: Encoding,
    bytes: Vec<u8>,
}

impl Payload {
    /// Takes JSON text after checking it.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where it is nested too deep, else [`ErrorKind::Protocol`], with the place in the text.
    pub fn parse(json: impl Into<Vec<u8>>) -> Result<Self> {
        Self::parse_in(Encoding::Json, json)
    }

    /// The same in another encoding.
    ///
    /// ```
    /// use crossplug_host::Payload;
    /// use crossplug_host::protocol::handshake::Encoding;
    /// assert_eq!(Payload::parse_in(Encoding::Msgpack, *b"\x91\x07")?.as_json(), "[7]");
    /// assert!(Payload::parse_in(Encoding::Msgpack, *b"\x92\x07").is_err());
    /// # Ok::<(), crossplug_host::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Payload::parse`].
    pub fn parse_in(encoding: Encoding, bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        match encoding {
            Encoding::Msgpack => msgpack::check(&bytes, json::DEFAULT_DEPTH)
                .map(drop)
                .map_err(|error| {
                    let too_deep = error.reason == msgpack::Reason::TooDeep;
                    refused("read MessagePack", too_deep, error)
                }),
            _ => json::check(&bytes, json::DEFAULT_DEPTH)
                .map(drop)
                .map_err(|error| {
                    let too_deep = error.reason == json::Reason::TooDeep;
                    refused("read JSON", too_deep, error)
                }),
        }?;
        Ok(Self::trust_in(encoding, bytes))
    }

    /// Takes JSON that is known to be one complete, checked value: it comes from a writer.
    #[must_use]
    pub fn trust(json: Vec<u8>) -> Self {
        Self::trust_in(Encoding::Json, json)
    }

    /// The same in another encoding.
    #[must_use]
    pub fn trust_in(encoding: Encoding, bytes: Vec<u8>) -> Self {
        Self { encoding, bytes }
    }

    /// The value `null`.
    #[must_use]
    pub fn null() -> Self {
        Self::trust(b"null".to_vec())
    }

    /// Writes a value of a type of the IDL in JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] where the value breaks its own type's rules, such as a number that is not finite, or is
    /// nested so deep that no peer would read its message.
    pub fn encode<W: Wire>(value: &W::Value) -> Result<Self> {
        Self::encode_in::<W>(Encoding::Json, value)
    }

    /// The same in another encoding.
    ///
    /// ```
    /// use crossplug_host::Payload;
    /// use crossplug_host::protocol::codec::Bytes;
    /// use crossplug_host::protocol::handshake::Encoding;
    /// let packed = Payload::encode_in::<Bytes>(Encoding::Msgpack, &vec![0, 255])?;
    /// assert_eq!(packed.as_bytes(), b"\xc4\x02\x00\xff");
    /// assert_eq!(packed.as_json(), r#""AP8=""#);
    /// # Ok::<(), crossplug_host::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Payload::encode`].
    pub fn encode_in<W: Wire>(encoding: Encoding, value: &W::Value) -> Result<Self> {
        let mut bytes = Vec::with_capacity(128);
        let written = encoding.encode_into::<W>(value, codec::DEPTH - 1, &mut bytes);
        written
            .map(|()| Self::trust_in(encoding, bytes))
            .map_err(|error| {
                Error::new(ErrorKind::Protocol, "write a value")
                    .with_context(error.to_string())
                    .with_source(error)
            })
    }

    /// Reads it as a type of the IDL.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`], with the JSON pointer of the place that does not fit.
    pub fn decode<W: Wire>(&self) -> Result<W::Value> {
        self.as_encoded().decode::<W>().map_err(|error| {
            Error::new(ErrorKind::Protocol, "read a value")
                .with_context(error.to_string())
                .with_source(error)
        })
    }

    /// Reads it as a JSON tree: bytes become base64, and an integer beyond 2^53 its decimal string.
    ///
    /// # Errors
    /// Never for what came from a plugin; [`ErrorKind::Protocol`] for what was trusted and should not have been.
    pub fn value(&self) -> Result<Value> {
        self.decode::<AsJson>()
    }

    /// How its bytes are to be read.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The same value in an encoding: a reader that knows its type finds no difference.
    ///
    /// # Errors
    /// As for [`Payload::value`].
    pub fn in_encoding(&self, encoding: Encoding) -> Result<Cow<'_, Self>> {
        if encoding == self.encoding {
            return Ok(Cow::Borrowed(self));
        }
        Self::encode_in::<AsJson>(encoding, &self.value()?).map(Cow::Owned)
    }

    /// The value as JSON text; written anew where it came in another encoding.
    #[must_use]
    pub fn as_json(&self) -> Cow<'_, str> {
        // Everything that gets here was checked; what was trusted wrongly must still not become undefined.
        match self.encoding {
            Encoding::Json => Cow::Borrowed(std::str::from_utf8(&self.bytes).unwrap_or("null")),
            _ => match self.value() {
                Ok(value) => Cow::Owned(value.to_string()),
                Err(_) => Cow::Borrowed("null"),
            },
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, given away.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn as_encoded(&self) -> Encoded<'_> {
        Encoded::new(self.encoding, &self.bytes)
    }

    #[cfg_attr(
        not(unix),
        allow(dead_code, reason = "only doors with a wire write messages")
    )]
    pub(crate) fn as_raw(&self) -> Raw<'_> {
        Raw::trust(&self.bytes)
    }
}

/// A document that breaks a law.
fn refused(
    operation: &str,
    too_deep: bool,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    let kind = if too_deep {
        ErrorKind::Limit
    } else {
        ErrorKind::Protocol
    };
    Error::new(kind, operation)
        .with_context(error.to_string())
        .with_source(error)
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({})", self.as_json())
    }
}

/// What can be sent: a JSON tree, a [`Payload`], or `()` for nothing.
///
/// A typed value is sent as [`Payload::encode_in`] makes it; generated clients do that.
pub trait IntoPayload {
    /// Writes it in the encoding of whoever it is for.
    ///
    /// # Errors
    /// As for [`Payload::encode`].
    fn into_payload(self, encoding: Encoding) -> Result<Payload>;
}

impl IntoPayload for Payload {
    fn into_payload(self, encoding: Encoding) -> Result<Payload> {
        if encoding == self.encoding {
            return Ok(self);
        }
        self.in_encoding(encoding).map(Cow::into_owned)
    }
}

impl<T: IntoPayload> IntoPayload for Result<T> {
    fn into_payload(self, encoding: Encoding) -> Result<Payload> {
        self?.into_payload(encoding)
    }
}

impl IntoPayload for Value {
    fn into_payload(self, encoding: Encoding) -> Result<Payload> {
        (&self).into_payload(encoding)
    }
}

impl IntoPayload for &Value {
    fn into_payload(self, encoding: Encoding) -> Result<Payload> {
        Payload::encode_in::<codec::Any>(encoding, self)
    }
}

/// No params: an empty object, which every method without params takes.
impl IntoPayload for () {
    fn into_payload(self, encoding: Encoding) -> Result<Payload> {
        Ok(Payload::trust_in(encoding, encoding.empty().into_bytes()))
    }
}
