//! Objects: which members stand there, which may be absent, what becomes of the others. Laws 11 and 12.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, Serializer};

use super::JsonMap;
use super::constant::{Const, Constant};
use super::error::{Reason, refuse};
use super::wire::{As, Seed, Wire};

/// How a field of a struct stands in its object.
pub trait Member {
    /// What the struct holds.
    type Value;

    /// Reads the member's value, which is there.
    ///
    /// # Errors
    /// What the adapter of the value says.
    fn read<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Self::Value, A::Error>;

    /// What the struct holds where the member is absent.
    ///
    /// # Errors
    /// A required member may not be.
    fn absent<E: Error>(name: &'static str) -> Result<Self::Value, E>;

    /// Whether the member is written.
    fn present(value: &Self::Value) -> bool;

    /// Writes the member where it is present.
    ///
    /// # Errors
    /// What the adapter of the value says.
    fn write<M: SerializeMap>(
        name: &'static str,
        value: &Self::Value,
        map: &mut M,
    ) -> Result<(), M::Error>;
}

/// A member that must be there.
#[derive(Debug, Clone, Copy)]
pub struct Required<W>(PhantomData<W>);

impl<W: Wire> Member for Required<W> {
    type Value = W::Value;

    fn read<'de, A: MapAccess<'de>>(map: &mut A) -> Result<W::Value, A::Error> {
        map.next_value_seed(Seed::<W>::NEW)
    }

    fn absent<E: Error>(name: &'static str) -> Result<W::Value, E> {
        Err(refuse(
            Reason::MissingField,
            format_args!("`{name}` is required"),
        ))
    }

    fn present(_value: &W::Value) -> bool {
        true
    }

    fn write<M: SerializeMap>(
        name: &'static str,
        value: &W::Value,
        map: &mut M,
    ) -> Result<(), M::Error> {
        map.serialize_entry(name, &As::<W>(value))
    }
}

/// A member that may be absent; null is only for a type that takes null, so `Optional<Nullable<W>>` has three states.
#[derive(Debug, Clone, Copy)]
pub struct Optional<W>(PhantomData<W>);

impl<W: Wire> Member for Optional<W> {
    type Value = Option<W::Value>;

    fn read<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Self::Value, A::Error> {
        if W::TAKES_NULL {
            map.next_value_seed(Seed::<W>::NEW).map(Some)
        } else {
            map.next_value_seed(Seed::<NotNull<W>>::NEW).map(Some)
        }
    }

    fn absent<E: Error>(_name: &'static str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn present(value: &Self::Value) -> bool {
        value.is_some()
    }

    fn write<M: SerializeMap>(
        name: &'static str,
        value: &Self::Value,
        map: &mut M,
    ) -> Result<(), M::Error> {
        match value {
            Some(value) => map.serialize_entry(name, &As::<W>(value)),
            None => Ok(()),
        }
    }
}

/// An optional constant: whether it is there is all there is to know.
#[derive(Debug, Clone, Copy)]
pub struct Flag<K>(PhantomData<K>);

impl<K: Constant> Member for Flag<K> {
    type Value = bool;

    fn read<'de, A: MapAccess<'de>>(map: &mut A) -> Result<bool, A::Error> {
        map.next_value_seed(Seed::<NotNull<Const<K>>>::NEW)
            .map(|()| true)
    }

    fn absent<E: Error>(_name: &'static str) -> Result<bool, E> {
        Ok(false)
    }

    fn present(value: &bool) -> bool {
        *value
    }

    fn write<M: SerializeMap>(
        name: &'static str,
        value: &bool,
        map: &mut M,
    ) -> Result<(), M::Error> {
        if *value {
            map.serialize_entry(name, &As::<Const<K>>(&()))
        } else {
            Ok(())
        }
    }
}

/// Tells null, which stands for nothing here, from a value of another kind.
struct NotNull<W>(PhantomData<W>);

impl<W: Wire> Wire for NotNull<W> {
    type Value = W::Value;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<W::Value, D::Error> {
        deserializer.deserialize_option(NotNullVisitor::<W>(PhantomData))
    }

    fn encode<S: Serializer>(value: &W::Value, serializer: S) -> Result<S::Ok, S::Error> {
        W::encode(value, serializer)
    }
}

struct NotNullVisitor<W>(PhantomData<W>);

impl<'de, W: Wire> Visitor<'de> for NotNullVisitor<W> {
    type Value = W::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E: Error>(self) -> Result<W::Value, E> {
        Err(refuse(
            Reason::NullForAbsent,
            "null; leave the member out instead",
        ))
    }

    fn visit_unit<E: Error>(self) -> Result<W::Value, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<W::Value, D::Error> {
        W::decode(deserializer)
    }
}

/// The name of a member, borrowed from the document where it has no escapes.
#[derive(Debug)]
pub struct Key<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(value)))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }

            fn visit_string<E: Error>(self, value: String) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(value)))
            }
        }
        deserializer.deserialize_str(Visit)
    }
}

/// Refuses a member that stands twice; in JSON the scan has done so already.
///
/// # Errors
/// Where the slot is filled.
pub fn refuse_duplicate<T, E: Error>(slot: Option<&T>, name: &str) -> Result<(), E> {
    match slot {
        Some(_) => Err(refuse(
            Reason::DuplicateKey,
            format_args!("`{name}` stands twice"),
        )),
        None => Ok(()),
    }
}

/// Refuses to write an extra member under the name of a field.
///
/// # Errors
/// Where one has such a name.
pub fn check_extra<S: Serializer>(extra: &JsonMap, names: &[&str]) -> Result<(), S::Error> {
    match names.iter().find(|name| extra.contains_key(**name)) {
        Some(name) => Err(S::Error::custom(format_args!(
            "an extra member is called `{name}`, as a field of the type is"
        ))),
        None => Ok(()),
    }
}

/// Implements serde and [`Wire`](crate::codec::Wire) for a generated struct.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_object {
    (
        $type:ident
        $(constant $cwire:literal $cfield:ident: $constant:ty;)*
        $(member $wire:literal $field:ident: $member:ty;)*
        $(extra $extra:ident;)?
    ) => {
        impl $crate::codec::serde::Serialize for $type {
            fn serialize<__S: $crate::codec::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                use $crate::codec::serde::ser::SerializeMap;
                const __NAMES: &[&str] = &[$($cwire,)* $($wire,)*];
                $($crate::codec::check_extra::<__S>(&self.$extra, __NAMES)?;)?
                let absent: &[bool] = &[$(!<$member as $crate::codec::Member>::present(&self.$field),)*];
                let present = __NAMES.len() - absent.iter().filter(|absent| **absent).count() $(+ self.$extra.len())?;
                #[allow(unused_mut, reason = "an object without members writes none")]
                let mut map = serializer.serialize_map(Some(present))?;
                $(map.serialize_entry($cwire, &$crate::codec::As::<$crate::codec::Const<$constant>>(&()))?;)*
                $(<$member as $crate::codec::Member>::write($wire, &self.$field, &mut map)?;)*
                $(for (name, value) in &self.$extra {
                    map.serialize_entry(name, &$crate::codec::As::<$crate::codec::Any>(value))?;
                })?
                map.end()
            }
        }

        impl<'de> $crate::codec::serde::Deserialize<'de> for $type {
            fn deserialize<__D: $crate::codec::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                struct __Visit;
                impl<'de> $crate::codec::serde::de::Visitor<'de> for __Visit {
                    type Value = $type;

                    fn expecting(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<__A: $crate::codec::serde::de::MapAccess<'de>>(
                        self,
                        mut map: __A,
                    ) -> ::core::result::Result<$type, __A::Error> {
                        $(let mut $cfield: ::core::option::Option<()> = None;)*
                        $(let mut $field: ::core::option::Option<<$member as $crate::codec::Member>::Value> = None;)*
                        $(let mut $extra = $crate::codec::JsonMap::new();)?
                        while let Some($crate::codec::Key(key)) = map.next_key()? {
                            match &*key {
                                $($cwire => {
                                    $crate::codec::refuse_duplicate($cfield.as_ref(), $cwire)?;
                                    $cfield = Some(<$crate::codec::Required<$crate::codec::Const<$constant>>
                                        as $crate::codec::Member>::read(&mut map)?);
                                })*
                                $($wire => {
                                    $crate::codec::refuse_duplicate($field.as_ref(), $wire)?;
                                    $field = Some(<$member as $crate::codec::Member>::read(&mut map)?);
                                })*
                                _ => $crate::__codec_unknown!(map, key $(, $extra)?),
                            }
                        }
                        $(if $cfield.is_none() {
                            <$crate::codec::Required<$crate::codec::Const<$constant>>
                                as $crate::codec::Member>::absent($cwire)?;
                        })*
                        Ok($type {
                            $($field: match $field {
                                Some(value) => value,
                                None => <$member as $crate::codec::Member>::absent($wire)?,
                            },)*
                            $($extra,)?
                        })
                    }
                }
                deserializer.deserialize_map(__Visit)
            }
        }

        $crate::__codec_named!($type);
        $crate::__codec_object_schema!(
            $type
            $(constant $cwire: $constant;)*
            $(member $wire: $member;)*
            $(extra $extra;)?
        );
    };
}

/// What becomes of a member that the type does not know.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_unknown {
    ($map:ident, $key:ident) => {{
        $map.next_value::<$crate::codec::serde::de::IgnoredAny>()?;
    }};
    ($map:ident, $key:ident, $extra:ident) => {{
        let value = $map.next_value_seed($crate::codec::Seed::<$crate::codec::Any>::NEW)?;
        $crate::codec::refuse_duplicate($extra.get(&*$key), &$key)?;
        $extra.insert($key.into_owned(), value);
    }};
}

/// A generated type is its own adapter.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_named {
    ($type:ident) => {
        impl $crate::codec::Wire for $type {
            type Value = Self;

            fn decode<'de, __D: $crate::codec::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                <Self as $crate::codec::serde::Deserialize>::deserialize(deserializer)
            }

            fn encode<__S: $crate::codec::serde::Serializer>(
                value: &Self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                <Self as $crate::codec::serde::Serialize>::serialize(value, serializer)
            }
        }
    };
}
