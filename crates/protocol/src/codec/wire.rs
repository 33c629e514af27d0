//! The seam between a Rust value and its form on the wire: adapters that compose as types do. Knows serde alone.

use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer};
use serde::ser::{Serialize, Serializer};

/// How a type of the IDL is read and written. Generated types implement it for themselves; `List<Int64>`,
/// `Nullable<Text>` and the like say how to read and write a `Vec<i64>` or an `Option<String>`.
pub trait Wire {
    /// What Rust holds.
    type Value;

    /// Whether null is one of its values.
    const TAKES_NULL: bool = false;

    /// Reads a value.
    ///
    /// # Errors
    /// Whatever the format gives; the reason stands in front of the text.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error>;

    /// Writes a value.
    ///
    /// # Errors
    /// Where the value may not be written, or the format fails.
    fn encode<S: Serializer>(value: &Self::Value, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A type that is not of the IDL but has serde's own implementations: for untyped calls and a user's own structs.
#[derive(Debug, Clone, Copy)]
pub struct Serde<T>(PhantomData<T>);

impl<T: Serialize + for<'de> Deserialize<'de>> Wire for Serde<T> {
    type Value = T;
    const TAKES_NULL: bool = true;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }

    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

/// Lets serde's sequences and maps read an element by an adapter.
#[derive(Debug)]
pub struct Seed<W>(PhantomData<W>);

impl<W> Seed<W> {
    /// There is only one.
    pub const NEW: Self = Self(PhantomData);
}

impl<'de, W: Wire> DeserializeSeed<'de> for Seed<W> {
    type Value = W::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<W::Value, D::Error> {
        W::decode(deserializer)
    }
}

/// Lets serde's sequences and maps write an element by an adapter.
#[derive(Debug)]
pub struct As<'a, W: Wire>(pub &'a W::Value);

impl<W: Wire> Serialize for As<'_, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        W::encode(self.0, serializer)
    }
}
