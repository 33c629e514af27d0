//! Constants: written and checked, not stored. Law 10.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::ser::Serializer;

use super::error::{Reason, refuse};
use super::scalar::integral;
use super::wire::Wire;

/// The value of a `const` or of a union's tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstValue {
    /// A string.
    String(&'static str),
    /// An integer within ±(2^53 − 1).
    Integer(i64),
    /// A boolean.
    Boolean(bool),
}

impl fmt::Display for ConstValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(value) => write!(f, "{value:?}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Boolean(value) => write!(f, "{value}"),
        }
    }
}

impl ConstValue {
    pub(super) fn write<S: Serializer>(self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::String(value) => serializer.serialize_str(value),
            Self::Integer(value) => serializer.serialize_i64(value),
            Self::Boolean(value) => serializer.serialize_bool(value),
        }
    }
}

/// Names a constant at compile time; generated code implements it.
pub trait Constant {
    /// The value.
    const VALUE: ConstValue;
}

/// Always the value of `K`.
#[derive(Debug, Clone, Copy)]
pub struct Const<K>(PhantomData<K>);

impl<K: Constant> Wire for Const<K> {
    type Value = ();

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(ConstVisitor(K::VALUE))
    }

    fn encode<S: Serializer>((): &(), serializer: S) -> Result<S::Ok, S::Error> {
        K::VALUE.write(serializer)
    }
}

struct ConstVisitor(ConstValue);

impl ConstVisitor {
    fn judge<E: Error>(&self, equal: bool, found: &dyn fmt::Display) -> Result<(), E> {
        if equal {
            Ok(())
        } else {
            Err(refuse(
                Reason::UnknownConst,
                format_args!("expected {}, found {found}", self.0),
            ))
        }
    }
}

impl Visitor<'_> for ConstVisitor {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the constant {}", self.0)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match self.0 {
            ConstValue::Boolean(constant) => self.judge(constant == value, &value),
            _ => Err(E::invalid_type(Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        match self.0 {
            ConstValue::Integer(constant) => self.judge(constant == value, &value),
            _ => Err(E::invalid_type(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match self.0 {
            ConstValue::Integer(constant) => {
                self.judge(i128::from(constant) == i128::from(value), &value)
            }
            _ => Err(E::invalid_type(Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match self.0 {
            ConstValue::Integer(constant) => self.judge(
                integral::<E>(value).is_ok_and(|number| number == i128::from(constant)),
                &value,
            ),
            _ => Err(E::invalid_type(Unexpected::Float(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        match self.0 {
            ConstValue::String(constant) => {
                self.judge(constant == value, &format_args!("{value:?}"))
            }
            _ => Err(E::invalid_type(Unexpected::Str(value), &self)),
        }
    }
}
