//! A value kept aside: what stands before a union's tag, and the second, slow reading that finds the place of an error.
//! Knows serde's data model; must not know a type of the IDL.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::constant::ConstValue;
use super::error::{DecodeError, Reason};
use super::wire::Wire;
use super::{JsonMap, Value};

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
    /// As JSON; bytes, which JSON does not have, become an array of numbers.
    #[must_use]
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => value.into(),
            Self::Unsigned(value) => value.into(),
            Self::Signed(value) => value.into(),
            Self::Float(value) => value.into(),
            Self::Text(value) => value.into(),
            Self::Bytes(value) => value.into(),
            Self::List(list) => list.into_iter().map(Self::into_value).collect(),
            Self::Map(map) => map
                .into_iter()
                .map(|(key, value)| (key, value.into_value()))
                .collect::<JsonMap>()
                .into(),
        }
    }

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

/// Tells an error where it happened, by the name or number of the element that was being read.
type Place<E> = fn(E, &dyn fmt::Display) -> E;

/// Reads a [`Buffered`] value as if it came from its format.
#[derive(Debug)]
pub(super) struct Reader<'a, E> {
    value: &'a Buffered,
    human: bool,
    place: Place<E>,
    /// The member that an object gives first: a union's tag.
    first: &'static str,
}

impl<'a, E: Error> Reader<'a, E> {
    /// What was kept aside, for the reader who comes later.
    pub(super) fn replay(value: &'a Buffered, human: bool) -> Self {
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

/// One number, string, boolean or bytes.
#[derive(Debug)]
pub(super) struct Scalar<'a, E> {
    value: Unexpected<'a>,
    human: bool,
    error: PhantomData<E>,
}

impl<'a, E> Scalar<'a, E> {
    pub(super) const fn new(value: Unexpected<'a>, human: bool) -> Self {
        Self {
            value,
            human,
            error: PhantomData,
        }
    }

    pub(super) const fn constant(value: ConstValue, human: bool) -> Self {
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
pub(super) struct OpenArray<A> {
    pub(super) access: A,
    pub(super) human: bool,
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
pub(super) struct OpenObject<A> {
    pub(super) access: A,
    pub(super) human: bool,
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

/// Reads a JSON tree.
pub(super) fn decode_value<W: Wire>(value: &Value) -> Result<W::Value, DecodeError> {
    W::decode(value).map_err(|error| find::<W>(&Buffered::of_value(value), &error))
}

/// Reads a refused document again, slowly, to find the place of the error.
#[cold]
pub(super) fn locate<W: Wire>(document: &str, error: &serde_json::Error) -> DecodeError {
    let mut reader = serde_json::Deserializer::from_str(document);
    reader.disable_recursion_limit();
    match Buffered::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => find::<W>(&value, error),
        Err(error) => DecodeError::new(Reason::NotJson, error.to_string()),
    }
}

fn find<W: Wire>(value: &Buffered, error: &serde_json::Error) -> DecodeError {
    let reader = Reader {
        value,
        human: true,
        place: |error: DecodeError, token| error.within(token),
        first: "",
    };
    match W::decode(reader) {
        Err(error) => error,
        // Both readings follow one code, so this takes a type whose own `Deserialize` asks the format for something.
        Ok(_) => DecodeError::new(Reason::WrongKind, error.to_string()),
    }
}
