//! Reads a value that was kept aside as if it came from its format; where wanted, errors learn their place on the way out.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Buffered;

/// Tells an error where it happened, by the name or number of the element that was being read.
pub(in crate::codec) type Place<E> = fn(E, &dyn fmt::Display) -> E;

/// Reads a [`Buffered`] value as if it came from its format.
#[derive(Debug)]
pub(in crate::codec) struct Reader<'a, E> {
    value: &'a Buffered,
    human: bool,
    place: Place<E>,
    /// The member that an object gives first: a union's tag.
    first: &'static str,
}

impl<'a, E: Error> Reader<'a, E> {
    /// What a format said, for a reader whose errors learn their place.
    pub(in crate::codec) fn placing(value: &'a Buffered, human: bool, place: Place<E>) -> Self {
        Self {
            value,
            human,
            place,
            first: "",
        }
    }

    /// What was kept aside, for the reader who comes later.
    pub(in crate::codec) fn replay(value: &'a Buffered, human: bool) -> Self {
        Self {
            value,
            human,
            place: |error, _| error,
            first: "",
        }
    }
}

impl<'de, E: Error> Deserializer<'de> for Reader<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Buffered::Null => visitor.visit_unit(),
            Buffered::Bool(value) => visitor.visit_bool(*value),
            Buffered::Unsigned(value) => visitor.visit_u64(*value),
            Buffered::Signed(value) => visitor.visit_i64(*value),
            Buffered::Float(value) => visitor.visit_f64(*value),
            Buffered::Text(value) => visitor.visit_str(value),
            Buffered::Bytes(value) => visitor.visit_bytes(value),
            Buffered::List(list) => visitor.visit_seq(Elements {
                list: list.iter().enumerate(),
                human: self.human,
                place: self.place,
            }),
            Buffered::Map(map) => visitor.visit_map(Members::new(map, &self, &[self.first])),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Buffered::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// The named member first: so a union finds its tag before anything else, and everything else has a place.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        match self.value {
            Buffered::Map(map) => visitor.visit_map(Members::new(map, &self, fields)),
            _ => self.deserialize_any(visitor),
        }
    }

    /// A kind union names the tag of its object arm, if that is a union in turn.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(Self {
            first: name,
            ..self
        })
    }

    fn is_human_readable(&self) -> bool {
        self.human
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Elements<'a, E> {
    list: std::iter::Enumerate<std::slice::Iter<'a, Buffered>>,
    human: bool,
    place: Place<E>,
}

impl<'de, E: Error> SeqAccess<'de> for Elements<'_, E> {
    type Error = E;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, E> {
        let Some((number, value)) = self.list.next() else {
            return Ok(None);
        };
        let reader = Reader {
            value,
            human: self.human,
            place: self.place,
            first: "",
        };
        seed.deserialize(reader)
            .map(Some)
            .map_err(|error| (self.place)(error, &number))
    }
}

struct Members<'a, E> {
    members: std::vec::IntoIter<&'a (String, Buffered)>,
    current: Option<&'a (String, Buffered)>,
    human: bool,
    place: Place<E>,
}

impl<'a, E> Members<'a, E> {
    fn new(map: &'a [(String, Buffered)], reader: &Reader<'a, E>, first: &[&str]) -> Self {
        let (mut members, rest): (Vec<_>, Vec<_>) = map
            .iter()
            .partition(|(key, _)| first.contains(&key.as_str()));
        members.extend(rest);
        Self {
            members: members.into_iter(),
            current: None,
            human: reader.human,
            place: reader.place,
        }
    }
}

impl<'de, E: Error> MapAccess<'de> for Members<'_, E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, E> {
        self.current = self.members.next();
        match self.current {
            Some((key, _)) => seed.deserialize(StrDeserializer::new(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, E> {
        let Some((key, value)) = self.current.take() else {
            return Err(E::custom("a value without its key"));
        };
        let reader = Reader {
            value,
            human: self.human,
            place: self.place,
            first: "",
        };
        seed.deserialize(reader)
            .map_err(|error| (self.place)(error, key))
    }
}
