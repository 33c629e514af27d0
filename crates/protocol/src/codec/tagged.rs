//! Tagged unions: a constant member chooses the arm. Law 13. Nothing is buffered where the tag comes first.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Unexpected, Visitor};

use super::JsonMap;
use super::any::Any;
use super::buffered::{Buffered, OpenObject, Reader, Scalar};
use super::constant::ConstValue;
use super::error::{Reason, refuse};
use super::object::Key;
use super::wire::{Seed, Wire};

/// What a union does with the arm that its tag names; generated code implements it.
pub trait UnionVisitor: Sized {
    /// Name of the type, for error messages.
    const NAME: &'static str;
    /// The member that tells the arms apart.
    const TAG: &'static [&'static str; 1];
    /// The tags, in the order of the arms.
    const TAGS: &'static [ConstValue];
    /// Whether an unknown tag is kept.
    const OPEN: bool;

    /// Reads the arm with the given number.
    ///
    /// # Errors
    /// What the arm says.
    fn arm<'de, D: Deserializer<'de>>(number: usize, object: D) -> Result<Self, D::Error>;

    /// Keeps an object with an unknown tag; asked of open unions only.
    ///
    /// # Errors
    /// A closed union has no place for it.
    fn unknown<E: Error>(object: JsonMap) -> Result<Self, E>;
}

/// Reads a union.
#[doc(hidden)]
#[derive(Debug)]
pub struct Opening<U> {
    human: bool,
    union: PhantomData<U>,
}

impl<U> Opening<U> {
    /// `human`: whether the format is human-readable, which an arm may ask.
    pub const fn new(human: bool) -> Self {
        Self {
            human,
            union: PhantomData,
        }
    }
}

impl<'de, U: UnionVisitor> Visitor<'de> for Opening<U> {
    type Value = U;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut rest: A) -> Result<U, A::Error> {
        let [name] = *U::TAG;
        let mut before = Vec::new();
        loop {
            match rest.next_key::<Key<'de>>()? {
                None => {
                    return Err(refuse(
                        Reason::MissingTag,
                        format_args!("`{name}` tells the arms of {} apart", U::NAME),
                    ));
                }
                Some(Key(key)) if key == name => break,
                Some(Key(key)) => before.push((key.into_owned(), rest.next_value::<Buffered>()?)),
            }
        }
        match rest.next_value_seed(TagSeed::<U>(PhantomData))? {
            FoundTag::Arm(number, tag) => {
                let human = self.human;
                let access = Resumed {
                    name,
                    tag: Some(tag),
                    before: before.into_iter(),
                    held: None,
                    rest,
                    human,
                };
                U::arm(number, OpenObject { access, human })
            }
            FoundTag::Unknown(tag) => {
                let human = self.human;
                let kept = |value: &Buffered| Any::decode(Reader::replay(value, human));
                let mut object = JsonMap::new();
                for (key, value) in &before {
                    object.insert(key.clone(), kept(value)?);
                }
                object.insert(name.to_owned(), kept(&tag)?);
                while let Some(key) = rest.next_key::<String>()? {
                    object.insert(key, rest.next_value_seed(Seed::<Any>::NEW)?);
                }
                U::unknown(object)
            }
        }
    }
}

/// What a tag says.
#[doc(hidden)]
#[derive(Debug)]
enum FoundTag {
    /// The number of the arm and the constant itself.
    Arm(usize, ConstValue),
    /// A tag that an open union does not know.
    Unknown(Buffered),
}

struct TagSeed<U>(PhantomData<U>);

impl<U: UnionVisitor> TagSeed<U> {
    /// The arm of a tag, given as the constant that it would have to equal.
    fn find<E: Error>(
        &self,
        equal: impl Fn(&ConstValue) -> Option<bool>,
        kind: Unexpected<'_>,
        found: impl FnOnce() -> Buffered,
    ) -> Result<FoundTag, E> {
        let mut of_the_kind = false;
        for (number, tag) in U::TAGS.iter().enumerate() {
            match equal(tag) {
                Some(true) => return Ok(FoundTag::Arm(number, *tag)),
                Some(false) => of_the_kind = true,
                None => {}
            }
        }
        if !of_the_kind {
            return Err(E::invalid_type(kind, self));
        }
        if U::OPEN {
            return Ok(FoundTag::Unknown(found()));
        }
        Err(refuse(
            Reason::UnknownTag,
            format_args!("{} has no arm for {}", U::NAME, found()),
        ))
    }
}

impl<'de, U: UnionVisitor> DeserializeSeed<'de> for TagSeed<U> {
    type Value = FoundTag;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<FoundTag, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, U: UnionVisitor> Visitor<'de> for TagSeed<U> {
    type Value = FoundTag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match U::TAGS.first() {
            Some(ConstValue::Boolean(_)) => "a boolean",
            Some(ConstValue::Integer(_)) => "a number",
            _ => "a string",
        })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<FoundTag, E> {
        let equal = |tag: &ConstValue| match tag {
            ConstValue::Boolean(tag) => Some(*tag == value),
            _ => None,
        };
        self.find(equal, Unexpected::Bool(value), || Buffered::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<FoundTag, E> {
        self.find(
            integer(Some(value.into())),
            Unexpected::Signed(value),
            || Buffered::Signed(value),
        )
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<FoundTag, E> {
        self.find(
            integer(Some(value.into())),
            Unexpected::Unsigned(value),
            || Buffered::Unsigned(value),
        )
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<FoundTag, E> {
        let whole = super::scalar::integral::<E>(value).ok();
        self.find(integer(whole), Unexpected::Float(value), || {
            Buffered::Float(value)
        })
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<FoundTag, E> {
        let equal = |tag: &ConstValue| match tag {
            ConstValue::String(tag) => Some(*tag == value),
            _ => None,
        };
        self.find(equal, Unexpected::Str(value), || {
            Buffered::Text(value.to_owned())
        })
    }
}

/// Whether an integer tag is this number; a number with a fraction equals none.
fn integer(number: Option<i128>) -> impl Fn(&ConstValue) -> Option<bool> {
    move |tag| match tag {
        ConstValue::Integer(tag) => Some(number == Some((*tag).into())),
        _ => None,
    }
}

/// The object again, from its beginning: the tag, what came before it, and the rest as it comes.
struct Resumed<A> {
    name: &'static str,
    tag: Option<ConstValue>,
    before: std::vec::IntoIter<(String, Buffered)>,
    held: Option<Held>,
    rest: A,
    human: bool,
}

/// The value of the key that was given last, where it does not come from the rest.
enum Held {
    Tag(ConstValue),
    Before(Buffered),
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Resumed<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        if let Some(tag) = self.tag.take() {
            self.held = Some(Held::Tag(tag));
            return seed
                .deserialize(BorrowedStrDeserializer::new(self.name))
                .map(Some);
        }
        match self.before.next() {
            Some((key, value)) => {
                self.held = Some(Held::Before(value));
                seed.deserialize(serde::de::value::StringDeserializer::new(key))
                    .map(Some)
            }
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.held.take() {
            Some(Held::Tag(tag)) => seed.deserialize(Scalar::constant(tag, self.human)),
            Some(Held::Before(value)) => seed.deserialize(Reader::replay(&value, self.human)),
            None => self.rest.next_value_seed(seed),
        }
    }
}

/// Implements serde, [`Wire`](crate::codec::Wire) and `From` each arm for a generated tagged union.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_tagged_union {
    ($type:ident $tag:literal $(arm $number:literal $variant:ident($arm:ident) = $value:expr;)* $(open $unknown:ident;)?) => {
        impl $crate::codec::UnionVisitor for $type {
            const NAME: &'static str = stringify!($type);
            const TAG: &'static [&'static str; 1] = &[$tag];
            const TAGS: &'static [$crate::codec::ConstValue] = &[$($value),*];
            const OPEN: bool = $crate::__codec_is_open!($($unknown)?);

            fn arm<'de, __D: $crate::codec::serde::Deserializer<'de>>(
                number: usize,
                object: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                match number {
                    $($number => <$arm as $crate::codec::Wire>::decode(object).map(Self::$variant),)*
                    _ => Err($crate::codec::serde::de::Error::custom("no such arm")),
                }
            }

            fn unknown<__E: $crate::codec::serde::de::Error>(
                object: $crate::codec::JsonMap,
            ) -> ::core::result::Result<Self, __E> {
                $(return Ok(Self::$unknown(object));)?
                #[allow(unreachable_code, reason = "an open union has returned")]
                {
                    let _ = object;
                    Err(__E::custom("a closed union keeps nothing"))
                }
            }
        }

        impl $crate::codec::serde::Serialize for $type {
            fn serialize<__S: $crate::codec::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::codec::serde::Serialize::serialize(value, serializer),)*
                    $(Self::$unknown(value) => <$crate::codec::AnyMap as $crate::codec::Wire>::encode(value, serializer),)?
                }
            }
        }

        impl<'de> $crate::codec::serde::Deserialize<'de> for $type {
            fn deserialize<__D: $crate::codec::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                let human = deserializer.is_human_readable();
                deserializer.deserialize_struct(
                    <Self as $crate::codec::UnionVisitor>::NAME,
                    <Self as $crate::codec::UnionVisitor>::TAG,
                    $crate::codec::Opening::<Self>::new(human),
                )
            }
        }

        $(impl ::core::convert::From<$arm> for $type {
            fn from(value: $arm) -> Self {
                Self::$variant(value)
            }
        })*

        $crate::__codec_named!($type);
        $crate::__codec_tagged_union_schema!($type $($arm;)*);
    };
}

/// Whether a name of the unknown arm was given.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_is_open {
    () => {
        false
    };
    ($unknown:ident) => {
        true
    };
}
