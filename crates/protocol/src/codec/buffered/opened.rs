//! Values of which the first look is taken already: a scalar, an array that was opened, an object that was opened.

use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::codec::constant::ConstValue;

/// One number, string, boolean or bytes.
#[derive(Debug)]
pub(in crate::codec) struct Scalar<'a, E> {
    value: Unexpected<'a>,
    human: bool,
    error: PhantomData<E>,
}

impl<'a, E> Scalar<'a, E> {
    pub(in crate::codec) const fn new(value: Unexpected<'a>, human: bool) -> Self {
        Self {
            value,
            human,
            error: PhantomData,
        }
    }

    pub(in crate::codec) const fn constant(value: ConstValue, human: bool) -> Self {
        let value = match value {
            ConstValue::String(text) => Unexpected::Str(text),
            ConstValue::Integer(number) => Unexpected::Signed(number),
            ConstValue::Boolean(flag) => Unexpected::Bool(flag),
        };
        Self::new(value, human)
    }
}

impl<'de, E: Error> Deserializer<'de> for Scalar<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Unexpected::Bool(value) => visitor.visit_bool(value),
            Unexpected::Unsigned(value) => visitor.visit_u64(value),
            Unexpected::Signed(value) => visitor.visit_i64(value),
            Unexpected::Float(value) => visitor.visit_f64(value),
            Unexpected::Str(value) => visitor.visit_str(value),
            Unexpected::Bytes(value) => visitor.visit_bytes(value),
            other => Err(E::invalid_type(other, &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn is_human_readable(&self) -> bool {
        self.human
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// An array that has been opened already.
#[derive(Debug)]
pub(in crate::codec) struct OpenArray<A> {
    pub(in crate::codec) access: A,
    pub(in crate::codec) human: bool,
}

impl<'de, A: SeqAccess<'de>> Deserializer<'de> for OpenArray<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_seq(self.access)
    }

    fn is_human_readable(&self) -> bool {
        self.human
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// An object that has been opened already.
#[derive(Debug)]
pub(in crate::codec) struct OpenObject<A> {
    pub(in crate::codec) access: A,
    pub(in crate::codec) human: bool,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for OpenObject<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.access)
    }

    fn is_human_readable(&self) -> bool {
        self.human
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
