//! Arrays, maps, null and boxes of other types. Knows nothing of what they hold.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::JsonMap;
use super::any::{Any, PlainMap};
use super::error::{Reason, refuse};
use super::wire::{As, Seed, Wire};

/// No peer can make us reserve more than this many elements before it has sent them.
const RESERVE: usize = 1024;

/// An array.
#[derive(Debug, Clone, Copy)]
pub struct List<W>(PhantomData<W>);

impl<W: Wire> Wire for List<W> {
    type Value = Vec<W::Value>;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(ListVisitor::<W>(PhantomData))
    }

    fn encode<S: Serializer>(value: &Self::Value, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(value.len()))?;
        for element in value {
            list.serialize_element(&As::<W>(element))?;
        }
        list.end()
    }
}

struct ListVisitor<W>(PhantomData<W>);

impl<'de, W: Wire> Visitor<'de> for ListVisitor<W> {
    type Value = Vec<W::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::with_capacity(access.size_hint().unwrap_or(0).min(RESERVE));
        while let Some(element) = access.next_element_seed(Seed::<W>::NEW)? {
            list.push(element);
        }
        Ok(list)
    }
}

/// A map from strings.
#[derive(Debug, Clone, Copy)]
pub struct Dict<W>(PhantomData<W>);

impl<W: Wire> Wire for Dict<W> {
    type Value = BTreeMap<String, W::Value>;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(DictVisitor::<W>(PhantomData))
    }

    fn encode<S: Serializer>(value: &Self::Value, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(value.len()))?;
        for (key, element) in value {
            map.serialize_entry(key, &As::<W>(element))?;
        }
        map.end()
    }
}

struct DictVisitor<W>(PhantomData<W>);

impl<'de, W: Wire> Visitor<'de> for DictVisitor<W> {
    type Value = BTreeMap<String, W::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(Seed::<W>::NEW)?;
            if map.contains_key(&key) {
                return Err(twice(&key));
            }
            map.insert(key, value);
        }
        Ok(map)
    }
}

/// A map from strings to any values, in the order in which it came.
#[derive(Debug, Clone, Copy)]
pub struct AnyMap;

impl Wire for AnyMap {
    type Value = JsonMap;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JsonMap, D::Error> {
        deserializer.deserialize_map(AnyMapVisitor)
    }

    fn encode<S: Serializer>(value: &JsonMap, serializer: S) -> Result<S::Ok, S::Error> {
        PlainMap(value).serialize(serializer)
    }
}

/// serde_json's own would take null for an empty map.
struct AnyMapVisitor;

impl<'de> Visitor<'de> for AnyMapVisitor {
    type Value = JsonMap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<JsonMap, A::Error> {
        let mut map = JsonMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(Seed::<Any>::NEW)?;
            if map.contains_key(&key) {
                return Err(twice(&key));
            }
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cold]
fn twice<E: Error>(key: &str) -> E {
    refuse(Reason::DuplicateKey, format_args!("`{key}` stands twice"))
}

/// A type or null.
#[derive(Debug, Clone, Copy)]
pub struct Nullable<W>(PhantomData<W>);

impl<W: Wire> Wire for Nullable<W> {
    type Value = Option<W::Value>;
    const TAKES_NULL: bool = true;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(NullableVisitor::<W>(PhantomData))
    }

    fn encode<S: Serializer>(value: &Self::Value, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&As::<W>(value)),
            None => serializer.serialize_none(),
        }
    }
}

struct NullableVisitor<W>(PhantomData<W>);

impl<'de, W: Wire> Visitor<'de> for NullableVisitor<W> {
    type Value = Option<W::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        W::decode(deserializer).map(Some)
    }
}

/// A type that contains itself, behind a box.
#[derive(Debug, Clone, Copy)]
pub struct Boxed<W>(PhantomData<W>);

impl<W: Wire> Wire for Boxed<W> {
    type Value = Box<W::Value>;
    const TAKES_NULL: bool = W::TAKES_NULL;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error> {
        W::decode(deserializer).map(Box::new)
    }

    fn encode<S: Serializer>(value: &Self::Value, serializer: S) -> Result<S::Ok, S::Error> {
        W::encode(value, serializer)
    }
}

/// Implements serde and [`Wire`](crate::codec::Wire) for a generated struct around one value.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_newtype {
    ($type:ident: $codec:ty) => {
        impl $crate::codec::serde::Serialize for $type {
            fn serialize<__S: $crate::codec::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                <$codec as $crate::codec::Wire>::encode(&self.0, serializer)
            }
        }

        impl<'de> $crate::codec::serde::Deserialize<'de> for $type {
            fn deserialize<__D: $crate::codec::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                <$codec as $crate::codec::Wire>::decode(deserializer).map(Self)
            }
        }

        $crate::__codec_named!($type);
        $crate::__codec_newtype_schema!($type: $codec);
    };
}
