//! MessagePack that has been checked, as serde reads it: borrowed, without recursion of its own. Knows no type of the IDL.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::error::{DecodeError, Reason, of_bytes};
use crate::msgpack::{Head, head, text_at};

/// Reads one value after the other.
#[derive(Debug)]
pub(super) struct Unpacker<'de> {
    document: &'de [u8],
    at: usize,
}

impl<'de> Unpacker<'de> {
    pub(super) const fn new(document: &'de [u8]) -> Self {
        Self { document, at: 0 }
    }

    /// The document must be read to its end.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.at == self.document.len() {
            Ok(())
        } else {
            Err(DecodeError::new(Reason::NotMsgpack, "expected the end"))
        }
    }

    #[inline]
    fn head(&mut self) -> Result<Head, DecodeError> {
        let (found, behind) = head(self.document, self.at).map_err(of_bytes)?;
        self.at = behind;
        Ok(found)
    }

    #[inline]
    fn text(&mut self, length: usize) -> Result<&'de str, DecodeError> {
        let text = text_at(self.document, self.at, length).map_err(of_bytes)?;
        self.at += length;
        Ok(text)
    }

    fn bytes(&mut self, length: usize) -> &'de [u8] {
        let from = self.at;
        self.at += length;
        self.document.get(from..self.at).unwrap_or_default()
    }

    fn list<V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value, DecodeError> {
        let mut elements = Counted {
            reader: self,
            left: count,
        };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.left > 0 {
            return Err(DecodeError::invalid_length(count, &"fewer elements"));
        }
        Ok(value)
    }

    fn map<V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value, DecodeError> {
        let mut members = Counted {
            reader: self,
            left: count,
        };
        let value = visitor.visit_map(&mut members)?;
        if members.left > 0 {
            return Err(DecodeError::invalid_length(count, &"fewer members"));
        }
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Unpacker<'de> {
    type Error = DecodeError;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Null => visitor.visit_unit(),
            Head::Boolean(value) => visitor.visit_bool(value),
            Head::Unsigned(value) => visitor.visit_u64(value),
            Head::Signed(value) => visitor.visit_i64(value),
            Head::Float(value) => visitor.visit_f64(value),
            Head::Text(length) => visitor.visit_borrowed_str(self.text(length)?),
            Head::Bytes(length) => visitor.visit_borrowed_bytes(self.bytes(length)),
            Head::Array(count) => self.list(count, visitor),
            Head::Map(count) => self.map(count, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match head(self.document, self.at).map_err(of_bytes)? {
            (Head::Null, behind) => {
                self.at = behind;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    /// As JSON has it: a name alone, or a map with one member.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Text(length) => {
                let name = self.text(length)?;
                visitor.visit_enum(IntoDeserializer::<DecodeError>::into_deserializer(name))
            }
            Head::Map(1) => visitor.visit_enum(Variant(self)),
            _ => Err(DecodeError::invalid_type(
                Unexpected::Other("another value"),
                &"a name, or a map with one member",
            )),
        }
    }

    /// Whatever it is, without looking inside more than its lengths ask for.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let mut left = 1_usize;
        while left > 0 {
            left -= 1;
            match self.head()? {
                Head::Text(length) | Head::Bytes(length) => self.at += length,
                Head::Array(count) => left = left.saturating_add(count),
                Head::Map(count) => left = left.saturating_add(count.saturating_mul(2)),
                _ => {}
            }
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier
    }
}

/// What is left of an array or map.
struct Counted<'r, 'de> {
    reader: &'r mut Unpacker<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for &mut Counted<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        match self.left.checked_sub(1) {
            None => Ok(None),
            Some(left) => {
                self.left = left;
                seed.deserialize(&mut *self.reader).map(Some)
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for &mut Counted<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        match self.left.checked_sub(1) {
            None => Ok(None),
            Some(left) => {
                self.left = left;
                seed.deserialize(Name(self.reader)).map(Some)
            }
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DecodeError> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A member's name; a user's own map may have numbers for names, which stand there as text.
struct Name<'r, 'de>(&'r mut Unpacker<'de>);

impl<'de> Name<'_, 'de> {
    #[inline]
    fn text(self) -> Result<&'de str, DecodeError> {
        match self.0.head()? {
            Head::Text(length) => self.0.text(length),
            _ => Err(DecodeError::new(
                Reason::NotMsgpack,
                "a name that is not a string",
            )),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            let text = self.text()?;
            match text.parse::<$type>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => visitor.visit_borrowed_str(text),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Name<'_, 'de> {
    type Error = DecodeError;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_enum(IntoDeserializer::<DecodeError>::into_deserializer(
            self.text()?,
        ))
    }

    numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// A variant that holds something, in a map of one member.
struct Variant<'r, 'de>(&'r mut Unpacker<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), DecodeError> {
        let name = seed.deserialize(Name(self.0))?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        serde::Deserialize::deserialize(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _count: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.deserialize_any(visitor)
    }
}
