//! Kind unions: the JSON kind chooses the arm. Law 14.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::Serializer;

use super::buffered::{OpenArray, OpenObject, Scalar};

/// A union of types of different JSON kinds; generated code implements it. An arm that it does not have is refused.
pub trait KindUnion: Sized {
    /// What it takes, for an error message: `a boolean or a string`.
    const EXPECTED: &'static str;
    /// Where the object arm is a tagged union, the name of its tag.
    const TAG: &'static str = "";

    /// Reads the boolean arm.
    ///
    /// # Errors
    /// What the arm's adapter says, or that there is none.
    fn boolean<'de, D: Deserializer<'de>>(_value: D) -> Result<Self, D::Error> {
        Err(none::<Self, _>("a boolean"))
    }

    /// Reads the number arm.
    ///
    /// # Errors
    /// What the arm's adapter says, or that there is none.
    fn number<'de, D: Deserializer<'de>>(_value: D) -> Result<Self, D::Error> {
        Err(none::<Self, _>("a number"))
    }

    /// Reads the string arm.
    ///
    /// # Errors
    /// What the arm's adapter says, or that there is none.
    fn string<'de, D: Deserializer<'de>>(_value: D) -> Result<Self, D::Error> {
        Err(none::<Self, _>("a string"))
    }

    /// Reads the array arm.
    ///
    /// # Errors
    /// What the arm's adapter says, or that there is none.
    fn array<'de, D: Deserializer<'de>>(_value: D) -> Result<Self, D::Error> {
        Err(none::<Self, _>("an array"))
    }

    /// Reads the object arm.
    ///
    /// # Errors
    /// What the arm's adapter says, or that there is none.
    fn object<'de, D: Deserializer<'de>>(_value: D) -> Result<Self, D::Error> {
        Err(none::<Self, _>("an object"))
    }

    /// Writes whichever arm it is.
    ///
    /// # Errors
    /// What the arm's adapter says.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

fn none<U: KindUnion, E: Error>(found: &str) -> E {
    struct Expected<U>(PhantomData<U>);
    impl<U: KindUnion> serde::de::Expected for Expected<U> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(U::EXPECTED)
        }
    }
    E::invalid_type(Unexpected::Other(found), &Expected::<U>(PhantomData))
}

/// Hands each JSON kind to its arm.
#[doc(hidden)]
#[derive(Debug)]
pub struct KindVisitor<U> {
    human: bool,
    union: PhantomData<U>,
}

impl<U> KindVisitor<U> {
    /// `human`: whether the format is human-readable, which an arm may ask.
    pub const fn new(human: bool) -> Self {
        Self {
            human,
            union: PhantomData,
        }
    }
}

impl<'de, U: KindUnion> Visitor<'de> for KindVisitor<U> {
    type Value = U;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(U::EXPECTED)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<U, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<U, E> {
        U::boolean(Scalar::new(Unexpected::Bool(value), self.human))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<U, E> {
        U::number(Scalar::new(Unexpected::Signed(value), self.human))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<U, E> {
        U::number(Scalar::new(Unexpected::Unsigned(value), self.human))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<U, E> {
        U::number(Scalar::new(Unexpected::Float(value), self.human))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<U, E> {
        U::string(Scalar::new(Unexpected::Str(value), self.human))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<U, E> {
        // Bytes are raw outside JSON, but of the kind string all the same.
        U::string(Scalar::new(Unexpected::Bytes(value), self.human))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<U, A::Error> {
        U::array(OpenArray {
            access,
            human: self.human,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<U, A::Error> {
        U::object(OpenObject {
            access,
            human: self.human,
        })
    }
}

/// Implements serde and [`Wire`](crate::codec::Wire) for a generated kind union.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_kind_union {
    ($type:ident $($variant:ident: $arm:ty;)*) => {
        impl $crate::codec::serde::Serialize for $type {
            fn serialize<__S: $crate::codec::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                $crate::codec::KindUnion::write(self, serializer)
            }
        }

        impl<'de> $crate::codec::serde::Deserialize<'de> for $type {
            fn deserialize<__D: $crate::codec::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                let human = deserializer.is_human_readable();
                deserializer.deserialize_newtype_struct(
                    <Self as $crate::codec::KindUnion>::TAG,
                    $crate::codec::KindVisitor::<Self>::new(human),
                )
            }
        }

        $crate::__codec_named!($type);
        $crate::__codec_kind_union_schema!($type $($arm;)*);
    };
}
