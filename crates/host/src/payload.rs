//! A value on its way in or out: checked text that nobody has looked into yet. Knows the codec, no call and no door.

use crossplug_protocol::codec::{self, Value, Wire};
use crossplug_protocol::json;
use crossplug_protocol::message::Raw;

use crate::{Error, ErrorKind, Result};

/// One complete value in the encoding of the wire.
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
pub struct Payload(Vec<u8>);

impl Payload {
    /// Takes JSON text after checking it.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where it is nested too deep, else [`ErrorKind::Protocol`], with the place in the text.
    pub fn parse(json: impl Into<Vec<u8>>) -> Result<Self> {
        let json = json.into();
        json::check(&json, json::DEFAULT_DEPTH).map_err(|error| {
            let kind = if error.reason == json::Reason::TooDeep {
                ErrorKind::Limit
            } else {
                ErrorKind::Protocol
            };
            Error::new(kind, "read JSON")
                .with_context(error.to_string())
                .with_source(error)
        })?;
        Ok(Self(json))
    }

    /// Takes JSON that is known to be one complete, checked value: it comes from a writer.
    #[must_use]
    pub fn trust(json: Vec<u8>) -> Self {
        Self(json)
    }

    /// The value `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(b"null".to_vec())
    }

    /// Writes a value of a type of the IDL.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] where the value breaks its own type's rules, such as a number that is not finite, or is
    /// nested so deep that no peer would read its message.
    pub fn encode<W: Wire>(value: &W::Value) -> Result<Self> {
        let mut json = Vec::with_capacity(128);
        let written = codec::encode_into::<W>(value, codec::DEPTH - 1, &mut json);
        written.map(|()| Self(json)).map_err(|error| {
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
        codec::decode_scanned::<W>(self.as_json()).map_err(|error| {
            Error::new(ErrorKind::Protocol, "read a value")
                .with_context(error.to_string())
                .with_source(error)
        })
    }

    /// Reads it as a JSON tree.
    ///
    /// # Errors
    /// Never for what came from a plugin; [`ErrorKind::Protocol`] for what was trusted and should not have been.
    pub fn value(&self) -> Result<Value> {
        self.decode::<codec::Any>()
    }

    /// The text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        // Everything that gets here was checked; what was trusted wrongly must still not become undefined.
        std::str::from_utf8(&self.0).unwrap_or("null")
    }

    /// The bytes of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same, given away.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    #[cfg_attr(
        not(unix),
        allow(dead_code, reason = "only doors with a wire write messages")
    )]
    pub(crate) fn as_raw(&self) -> Raw<'_> {
        Raw::trust(&self.0)
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({})", self.as_json())
    }
}

/// What can be sent: a JSON tree, a [`Payload`], or `()` for nothing.
///
/// A typed value is sent as [`Payload::encode`] makes it; generated clients do that.
pub trait IntoPayload {
    /// Writes it.
    ///
    /// # Errors
    /// As for [`Payload::encode`].
    fn into_payload(self) -> Result<Payload>;
}

impl IntoPayload for Payload {
    fn into_payload(self) -> Result<Payload> {
        Ok(self)
    }
}

impl<T: IntoPayload> IntoPayload for Result<T> {
    fn into_payload(self) -> Result<Payload> {
        self?.into_payload()
    }
}

impl IntoPayload for Value {
    fn into_payload(self) -> Result<Payload> {
        (&self).into_payload()
    }
}

impl IntoPayload for &Value {
    fn into_payload(self) -> Result<Payload> {
        Payload::encode::<codec::Any>(self)
    }
}

/// No params: `{}`, which every method without params takes.
impl IntoPayload for () {
    fn into_payload(self) -> Result<Payload> {
        Ok(Payload(b"{}".to_vec()))
    }
}
