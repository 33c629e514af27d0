//! Booleans, numbers, bytes, `any` and nothing: laws 5, 6, 7 and 9. Knows one value at a time.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Error as _, Serializer};

use super::error::{Reason, refuse};
use super::wire::Wire;

/// The largest integer that every language's JSON reader sees exactly: 2^53 − 1.
pub(super) const EXACT: i128 = (1 << 53) - 1;

/// true or false.
#[derive(Debug, Clone, Copy)]
pub struct Bool;

impl Wire for Bool {
    type Value = bool;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        bool::deserialize(deserializer)
    }

    fn encode<S: Serializer>(value: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*value)
    }
}

/// What a JSON number says, as an integer; a 64-bit float has no fraction beyond 2^53, and i128 holds what fits any format.
pub(super) fn integral<E: Error>(value: f64) -> Result<i128, E> {
    if value.fract() != 0.0 || !value.is_finite() {
        return Err(refuse(
            Reason::NotAnInteger,
            format_args!("{value} has a fractional part"),
        ));
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "saturates, and what saturates is out of every range"
    )]
    Ok(value as i128)
}

/// Reads any number as an integer, and where a width allows it a decimal string too.
struct IntegerVisitor {
    expected: &'static str,
    text: bool,
    signed: bool,
}

/// Where an integer came from decides how far it can be trusted.
enum Found {
    /// Written as an integer.
    Number(i128),
    /// Written as a float, and rounded by whoever did so if it is large.
    Float(i128),
    Text(i128),
}

impl Visitor<'_> for IntegerVisitor {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Found, E> {
        Ok(Found::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Found, E> {
        Ok(Found::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Found, E> {
        integral(value).map(Found::Float)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Found, E> {
        if !self.text {
            return Err(E::invalid_type(Unexpected::Str(value), &self));
        }
        decimal(value, self.signed).map(Found::Text)
    }
}

/// `0|-?[1-9][0-9]*`
fn decimal<E: Error>(text: &str, signed: bool) -> Result<i128, E> {
    let digits = if signed {
        text.strip_prefix('-').unwrap_or(text)
    } else {
        text
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let short = digits == "0" && text == "0" || !digits.starts_with('0');
    if !plain || !short {
        return Err(refuse(
            Reason::BadFormat,
            format_args!("{text:?} is not a decimal integer as the wire spells it"),
        ));
    }
    text.parse().or(Err(refuse(
        Reason::OutOfRange,
        format_args!("{text} has too many digits"),
    )))
}

fn out_of_range<E: Error>(value: i128, format: &str) -> E {
    refuse(
        Reason::OutOfRange,
        format_args!("{value} is not within {format}"),
    )
}

/// An integer where a 64-bit float is meant, too large for every float to tell it from its neighbours.
#[cold]
pub(super) fn beyond<E: Error>(value: i128) -> E {
    refuse(
        Reason::Beyond2p53,
        format_args!("{value} is beyond 2^53 − 1"),
    )
}

macro_rules! small {
    ($($name:ident $rust:ident $format:literal $read:ident $write:ident;)*) => {$(
        #[doc = concat!("An integer of format ", $format, ", a JSON number.")]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Wire for $name {
            type Value = $rust;

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$rust, D::Error> {
                let visitor = IntegerVisitor { expected: "an integer", text: false, signed: true };
                let (Found::Number(value) | Found::Float(value) | Found::Text(value)) =
                    deserializer.$read(visitor)?;
                $rust::try_from(value).or_else(|_| Err(out_of_range(value, $format)))
            }

            fn encode<S: Serializer>(value: &$rust, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.$write(*value)
            }
        }
    )*};
}

small! {
    Int8 i8 "int8" deserialize_i8 serialize_i8;
    Int16 i16 "int16" deserialize_i16 serialize_i16;
    Int32 i32 "int32" deserialize_i32 serialize_i32;
    Uint8 u8 "uint8" deserialize_u8 serialize_u8;
    Uint16 u16 "uint16" deserialize_u16 serialize_u16;
    Uint32 u32 "uint32" deserialize_u32 serialize_u32;
}

macro_rules! wide {
    ($($name:ident $text:ident $rust:ident $format:literal $signed:literal $write:ident;)*) => {$(
        #[doc = concat!("An integer of format ", $format, ": a decimal string in JSON, native in binary encodings.")]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Wire for $name {
            type Value = $rust;

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$rust, D::Error> {
                let human = deserializer.is_human_readable();
                let expected = "an integer in a string";
                let visitor = IntegerVisitor { expected, text: true, signed: $signed };
                let (value, exact) = match deserializer.deserialize_any(visitor)? {
                    Found::Number(value) => (value, !human),
                    Found::Float(value) => (value, false),
                    Found::Text(value) => (value, true),
                };
                if !exact && value.abs() > EXACT {
                    return Err(refuse(
                        Reason::Beyond2p53,
                        format_args!("{value} is beyond 2^53 − 1 as a number; write it as a string"),
                    ));
                }
                $rust::try_from(value).or_else(|_| Err(out_of_range(value, $format)))
            }

            fn encode<S: Serializer>(value: &$rust, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(value) } else { serializer.$write(*value) }
            }
        }

        #[doc = concat!("An integer of format ", $format, " as an arm of a kind union: a decimal string in every encoding, ")]
        #[doc = "so that the kind still tells the arms apart."]
        #[derive(Debug, Clone, Copy)]
        pub struct $text;

        impl Wire for $text {
            type Value = $rust;

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$rust, D::Error> {
                $name::decode(deserializer)
            }

            fn encode<S: Serializer>(value: &$rust, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(value)
            }
        }
    )*};
}

wide! {
    Int64 Int64Text i64 "int64" true serialize_i64;
    Uint64 Uint64Text u64 "uint64" false serialize_u64;
}

macro_rules! legacy {
    ($($name:ident $rust:ident $format:literal $read:ident $write:ident;)*) => {$(
        #[doc = concat!("An integer of format ", $format, " with `x-wire: number`: a JSON number within ±(2^53 − 1).")]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Wire for $name {
            type Value = $rust;

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$rust, D::Error> {
                let expected = "an integer";
                let visitor = IntegerVisitor { expected, text: false, signed: true };
                let (Found::Number(value) | Found::Float(value) | Found::Text(value)) =
                    deserializer.$read(visitor)?;
                if value.abs() > EXACT {
                    return Err(beyond(value));
                }
                $rust::try_from(value).or_else(|_| Err(out_of_range(value, $format)))
            }

            fn encode<S: Serializer>(value: &$rust, serializer: S) -> Result<S::Ok, S::Error> {
                if i128::from(*value).abs() > EXACT {
                    return Err(S::Error::custom(format_args!("{value} is beyond 2^53 − 1, which this field cannot carry")));
                }
                serializer.$write(*value)
            }
        }
    )*};
}

legacy! {
    Int64Number i64 "int64" deserialize_i64 serialize_i64;
    Uint64Number u64 "uint64" deserialize_u64 serialize_u64;
}

/// A finite 64-bit float.
#[derive(Debug, Clone, Copy)]
pub struct Number;

impl Wire for Number {
    type Value = f64;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        struct Visit {
            human: bool,
        }

        impl Visit {
            #[allow(
                clippy::cast_precision_loss,
                reason = "a number of the IDL is a 64-bit float"
            )]
            fn whole<E: Error>(&self, value: i128) -> Result<f64, E> {
                // A JSON number means its nearest float; an integer of a binary encoding means itself.
                if !self.human && value.abs() > EXACT {
                    return Err(beyond(value));
                }
                Ok(value as f64)
            }
        }

        impl Visitor<'_> for Visit {
            type Value = f64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
                self.whole(value.into())
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
                self.whole(value.into())
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
                if value.is_finite() {
                    Ok(value)
                } else {
                    Err(refuse(Reason::NotFinite, value))
                }
            }
        }
        let human = deserializer.is_human_readable();
        deserializer.deserialize_f64(Visit { human })
    }

    fn encode<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            serializer.serialize_f64(*value)
        } else {
            Err(S::Error::custom(format_args!(
                "{value} is not a finite number"
            )))
        }
    }
}

/// As JSON spells bytes.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Bytes: base64 in JSON, raw in binary encodings.
#[derive(Debug, Clone, Copy)]
pub struct Bytes;

impl Wire for Bytes {
    type Value = Vec<u8>;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64 in a string")
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Vec<u8>, E> {
                STANDARD
                    .decode(value)
                    .map_err(|error| refuse(Reason::BadBase64, error))
            }

            fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Vec<u8>, E> {
                Ok(value.to_vec())
            }

            fn visit_byte_buf<E: Error>(self, value: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(value)
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Visit)
        } else {
            deserializer.deserialize_byte_buf(Visit)
        }
    }

    fn encode<S: Serializer>(value: &Vec<u8>, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&base64(value))
        } else {
            serializer.serialize_bytes(value)
        }
    }
}

/// No value: what a method without a result gives. null on the wire; whatever comes is passed over.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Wire for Nothing {
    type Value = ();
    const TAKES_NULL: bool = true;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| ())
    }

    fn encode<S: Serializer>((): &(), serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
