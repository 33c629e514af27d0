//! A value kept aside: what stands before a union's tag, and the second, slow reading that finds the place of an error.
//! Knows serde's data model; must not know a type of the IDL.

mod opened;
mod reader;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Value;
use super::error::{DecodeError, Reason};
use super::unpack::Unpacker;
use super::wire::Wire;

pub(super) use opened::{OpenArray, OpenObject, Scalar};
pub(super) use reader::Reader;

/// Any value of any format.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Buffered {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Buffered>),
    Map(Vec<(String, Buffered)>),
}

impl Buffered {
    fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => Self::Unsigned(value),
                (None, Some(value)) => Self::Signed(value),
                (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(list) => Self::List(list.iter().map(Self::of_value).collect()),
            Value::Object(map) => Self::Map(
                map.iter()
                    .map(|(key, value)| (key.clone(), Self::of_value(value)))
                    .collect(),
            ),
        }
    }
}

impl fmt::Display for Buffered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Signed(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Bytes(_) => f.write_str("bytes"),
            Self::List(_) => f.write_str("an array"),
            Self::Map(_) => f.write_str("an object"),
        }
    }
}

impl<'de> Deserialize<'de> for Buffered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Buffered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E: Error>(self) -> Result<Buffered, E> {
                Ok(Buffered::Null)
            }

            fn visit_none<E: Error>(self) -> Result<Buffered, E> {
                Ok(Buffered::Null)
            }

            fn visit_some<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Buffered, D::Error> {
                Buffered::deserialize(deserializer)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Buffered, E> {
                Ok(Buffered::Bool(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Buffered, E> {
                Ok(Buffered::Unsigned(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Buffered, E> {
                Ok(Buffered::Signed(value))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Buffered, E> {
                Ok(Buffered::Float(value))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Buffered, E> {
                Ok(Buffered::Text(value.to_owned()))
            }

            fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Buffered, E> {
                Ok(Buffered::Bytes(value.to_vec()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Buffered, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = access.next_element()? {
                    list.push(element);
                }
                Ok(Buffered::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Buffered, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    map.push(entry);
                }
                Ok(Buffered::Map(map))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// Reads a JSON tree.
pub(super) fn decode_value<W: Wire>(value: &Value) -> Result<W::Value, DecodeError> {
    W::decode(value).map_err(|error| find::<W>(&Buffered::of_value(value), true, &error))
}

/// Reads a refused document again, slowly, to find the place of the error.
#[cold]
pub(super) fn locate<W: Wire>(document: &str, error: &serde_json::Error) -> DecodeError {
    let mut reader = serde_json::Deserializer::from_str(document);
    reader.disable_recursion_limit();
    match Buffered::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => find::<W>(&value, true, error),
        Err(error) => DecodeError::new(Reason::NotJson, error.to_string()),
    }
}

/// The same for a MessagePack document.
#[cold]
pub(super) fn locate_packed<W: Wire>(document: &[u8], error: &DecodeError) -> DecodeError {
    let mut reader = Unpacker::new(document);
    match Buffered::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => find::<W>(&value, false, error),
        Err(error) => error,
    }
}

fn find<W: Wire>(value: &Buffered, human: bool, error: &dyn fmt::Display) -> DecodeError {
    let place = |error: DecodeError, token: &dyn fmt::Display| error.within(token);
    let reader = Reader::placing(value, human, place);
    match W::decode(reader) {
        Err(error) => error,
        // Both readings follow one code, so this takes a type whose own `Deserialize` asks the format for something.
        Ok(_) => DecodeError::new(Reason::WrongKind, error.to_string()),
    }
}
