//! Enums: closed ones refuse what they do not know, open ones keep it. Law 13.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};

/// Reads a string as one of an enum's values.
#[doc(hidden)]
#[derive(Debug)]
pub struct EnumVisitor<T, F> {
    name: &'static str,
    read: F,
    kind: PhantomData<T>,
}

impl<T, F: Fn(&str) -> Option<T>> EnumVisitor<T, F> {
    /// `read` gives the value of a string that the enum knows or keeps.
    pub const fn new(name: &'static str, read: F) -> Self {
        Self {
            name,
            read,
            kind: PhantomData,
        }
    }
}

impl<T, F: Fn(&str) -> Option<T>> Visitor<'_> for EnumVisitor<T, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        (self.read)(value).ok_or_else(|| {
            super::error::refuse(
                super::Reason::ClosedEnum,
                format_args!("{value:?} is not a value of {}", self.name),
            )
        })
    }
}

/// Implements serde, [`Wire`](crate::codec::Wire), `Display` and `FromStr` for a generated closed enum.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_closed_enum {
    ($type:ident $($variant:ident = $wire:literal;)*) => {
        impl $type {
            /// Every value, in the order of the document.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As the wire spells it.
            #[must_use]
            pub const fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)*
                }
            }

            fn known(text: &str) -> ::core::option::Option<Self> {
                match text {
                    $($wire => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl ::core::str::FromStr for $type {
            type Err = $crate::codec::DecodeError;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                Self::known(text).ok_or_else(|| {
                    $crate::codec::DecodeError::new(
                        $crate::codec::Reason::ClosedEnum,
                        format!(concat!("{:?} is not a value of ", stringify!($type)), text),
                    )
                })
            }
        }

        $crate::__codec_enum!($type, Self::known);
        $crate::__codec_enum_schema!($type closed $($wire)*);
    };
}

/// Implements serde, [`Wire`](crate::codec::Wire), `Display` and `From<&str>` for a generated open enum.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_open_enum {
    ($type:ident $unknown:ident $($variant:ident = $wire:literal;)*) => {
        impl $type {
            /// Every value that the document names, in its order.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// As the wire spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::$unknown(text) => text,
                }
            }
        }

        impl ::core::convert::From<&str> for $type {
            fn from(text: &str) -> Self {
                match text {
                    $($wire => Self::$variant,)*
                    _ => Self::$unknown(text.to_owned()),
                }
            }
        }

        impl ::core::convert::From<::std::string::String> for $type {
            fn from(text: ::std::string::String) -> Self {
                match text.as_str() {
                    $($wire => Self::$variant,)*
                    _ => Self::$unknown(text),
                }
            }
        }

        $crate::__codec_enum!($type, |text: &str| Some(Self::from(text)));
        $crate::__codec_enum_schema!($type open $($wire)*);
    };
}

/// What both kinds of enum have.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_enum {
    ($type:ident, $read:expr) => {
        impl ::core::fmt::Display for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::codec::serde::Serialize for $type {
            fn serialize<__S: $crate::codec::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::codec::serde::Deserialize<'de> for $type {
            fn deserialize<__D: $crate::codec::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                deserializer
                    .deserialize_str($crate::codec::EnumVisitor::new(stringify!($type), $read))
            }
        }

        $crate::__codec_named!($type);
    };
}
