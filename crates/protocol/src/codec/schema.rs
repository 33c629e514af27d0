//! What the adapters say about themselves as JSON Schema, and `schemars::JsonSchema` for generated types. It is made
//! from the code that reads and writes, so comparing it with the documents' own schema compares the code with the IDL.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::any::{Any, AsJson};
use super::constant::{Const, ConstValue, Constant};
use super::container::{AnyMap, Boxed, Dict, List, Nullable};
use super::object::{Flag, Optional, Required};
use super::scalar::{
    Bool, Bytes, EXACT, Int8, Int16, Int32, Int64, Int64Number, Int64Text, Nothing, Number, Uint8,
    Uint16, Uint32, Uint64, Uint64Number, Uint64Text,
};
use super::text::{Checked, Rule, Text};
use super::wire::Wire;

/// An adapter that can say what it takes.
pub trait Schemed: Wire {
    /// As JSON Schema; named types as references.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

macro_rules! fixed {
    ($($adapter:ident: $schema:tt;)*) => {$(
        impl Schemed for $adapter {
            fn schema(_generator: &mut SchemaGenerator) -> Schema {
                schemars::json_schema!($schema)
            }
        }
    )*};
}

fixed! {
    Bool: { "type": "boolean" };
    Number: { "type": "number" };
    Text: { "type": "string" };
    Bytes: { "type": "string", "contentEncoding": "base64" };
    Any: {};
    AsJson: {};
    AnyMap: { "type": "object", "additionalProperties": {} };
    Nothing: { "type": "null" };
}

macro_rules! integers {
    ($($adapter:ident $rust:ident;)*) => {$(
        impl Schemed for $adapter {
            fn schema(_generator: &mut SchemaGenerator) -> Schema {
                schemars::json_schema!({ "type": "integer", "minimum": $rust::MIN, "maximum": $rust::MAX })
            }
        }
    )*};
}

integers! {
    Int8 i8;
    Int16 i16;
    Int32 i32;
    Uint8 u8;
    Uint16 u16;
    Uint32 u32;
}

/// The part of a 64-bit integer's range that a JSON number may have.
fn exact(least: i128) -> (i64, i64) {
    let within = |value: i128| i64::try_from(value.clamp(-EXACT, EXACT)).unwrap_or_default();
    (within(least), within(EXACT))
}

macro_rules! wide {
    ($($adapter:ident $rust:ident $pattern:literal;)*) => {$(
        impl Schemed for $adapter {
            fn schema(_generator: &mut SchemaGenerator) -> Schema {
                let (minimum, maximum) = exact($rust::MIN.into());
                schemars::json_schema!({
                    "type": ["string", "integer"], "pattern": $pattern, "minimum": minimum, "maximum": maximum,
                })
            }
        }
    )*};
}

wide! {
    Int64 i64 "^(?:0|-?[1-9][0-9]{0,18})$";
    Uint64 u64 "^(?:0|[1-9][0-9]{0,19})$";
    Int64Text i64 "^(?:0|-?[1-9][0-9]{0,18})$";
    Uint64Text u64 "^(?:0|[1-9][0-9]{0,19})$";
}

macro_rules! legacy {
    ($($adapter:ident $rust:ident;)*) => {$(
        impl Schemed for $adapter {
            fn schema(_generator: &mut SchemaGenerator) -> Schema {
                let (minimum, maximum) = exact($rust::MIN.into());
                schemars::json_schema!({ "type": "integer", "minimum": minimum, "maximum": maximum })
            }
        }
    )*};
}

legacy! {
    Int64Number i64;
    Uint64Number u64;
}

impl<R: Rule> Schemed for Checked<R> {
    fn schema(_generator: &mut SchemaGenerator) -> Schema {
        let mut schema = schemars::json_schema!({ "type": "string" });
        if let Some(format) = R::FORMAT {
            schema.insert("format".to_owned(), format.as_str().into());
        }
        if let Some(pattern) = R::PATTERN {
            schema.insert("pattern".to_owned(), format!("^(?:{pattern})$").into());
        }
        for (name, length) in [("minLength", R::MIN_LENGTH), ("maxLength", R::MAX_LENGTH)] {
            if let Some(length) = length {
                schema.insert(name.to_owned(), length.into());
            }
        }
        schema
    }
}

fn value_of(constant: ConstValue) -> Value {
    match constant {
        ConstValue::String(text) => text.into(),
        ConstValue::Integer(number) => number.into(),
        ConstValue::Boolean(flag) => flag.into(),
    }
}

impl<K: Constant> Schemed for Const<K> {
    fn schema(_generator: &mut SchemaGenerator) -> Schema {
        let value = value_of(K::VALUE);
        schemars::json_schema!({ "const": value })
    }
}

impl<W: Schemed> Schemed for List<W> {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let items = W::schema(generator);
        schemars::json_schema!({ "type": "array", "items": items })
    }
}

impl<W: Schemed> Schemed for Dict<W> {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let values = W::schema(generator);
        schemars::json_schema!({ "type": "object", "additionalProperties": values })
    }
}

impl<W: Schemed> Schemed for Nullable<W> {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = W::schema(generator);
        schemars::json_schema!({ "anyOf": [inner, { "type": "null" }] })
    }
}

impl<W: Schemed> Schemed for Boxed<W> {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        W::schema(generator)
    }
}

/// A member of an object that can say what it takes and whether it must be there.
pub trait SchemedMember {
    /// Whether it must be there.
    const REQUIRED: bool;
    /// As JSON Schema.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

impl<W: Schemed> SchemedMember for Required<W> {
    const REQUIRED: bool = true;
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        W::schema(generator)
    }
}

impl<W: Schemed> SchemedMember for Optional<W> {
    const REQUIRED: bool = false;
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        W::schema(generator)
    }
}

impl<K: Constant> SchemedMember for Flag<K> {
    const REQUIRED: bool = false;
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Const::<K>::schema(generator)
    }
}

/// An object of these members.
pub fn object(members: Vec<(&'static str, bool, Schema)>) -> Schema {
    let required: Vec<&str> = members
        .iter()
        .filter(|(_, required, _)| *required)
        .map(|(name, ..)| *name)
        .collect();
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, _, schema)| ((*name).to_owned(), schema.clone().to_value()))
        .collect();
    let mut schema = schemars::json_schema!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

/// A union of these arms; an open one also takes an object with any other tag.
pub fn tagged(arms: Vec<Schema>, tag: &str, known: &[ConstValue], open: bool) -> Schema {
    let mut arms: Vec<Value> = arms.into_iter().map(Schema::to_value).collect();
    if open {
        let kind = match known.first() {
            Some(ConstValue::Integer(_)) => "integer",
            Some(ConstValue::Boolean(_)) => "boolean",
            _ => "string",
        };
        let known: Vec<Value> = known.iter().map(|tag| value_of(*tag)).collect();
        let other = json!({ "type": kind, "not": { "enum": known } });
        arms.push(json!({ "type": "object", "properties": { tag: other }, "required": [tag] }));
    }
    schemars::json_schema!({ "oneOf": arms })
}

/// What stands in `$defs` for a type of the name.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_json_schema {
    ($type:ident, $generator:ident => $schema:expr) => {
        impl $crate::codec::schema::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(stringify!($type))
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(concat!(module_path!(), "::", stringify!($type)))
            }

            fn json_schema(
                $generator: &mut $crate::codec::schema::schemars::SchemaGenerator,
            ) -> $crate::codec::schema::schemars::Schema {
                $schema
            }
        }

        impl $crate::codec::schema::Schemed for $type {
            fn schema(
                generator: &mut $crate::codec::schema::schemars::SchemaGenerator,
            ) -> $crate::codec::schema::schemars::Schema {
                generator.subschema_for::<Self>()
            }
        }
    };
}

pub use schemars;

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_object_schema {
    (
        $type:ident
        $(constant $cwire:literal: $constant:ty;)*
        $(member $wire:literal: $member:ty;)*
        $(extra $extra:ident;)?
    ) => {
        $crate::__codec_json_schema!($type, generator => {
            let _ = &generator;
            $crate::codec::schema::object(vec![
                $((
                    $cwire,
                    true,
                    <$crate::codec::Const<$constant> as $crate::codec::schema::Schemed>::schema(generator),
                ),)*
                $((
                    $wire,
                    <$member as $crate::codec::schema::SchemedMember>::REQUIRED,
                    <$member as $crate::codec::schema::SchemedMember>::schema(generator),
                ),)*
            ])
        });
    };
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_enum_schema {
    ($type:ident closed $($wire:literal)*) => {
        $crate::__codec_json_schema!($type, _generator => {
            $crate::codec::schema::schemars::json_schema!({ "type": "string", "enum": [$($wire),*] })
        });
    };
    ($type:ident open $($wire:literal)*) => {
        $crate::__codec_json_schema!($type, _generator => {
            $crate::codec::schema::schemars::json_schema!({
                "type": "string", "anyOf": [{ "enum": [$($wire),*] }, { "type": "string" }],
            })
        });
    };
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_kind_union_schema {
    ($type:ident $($arm:ty;)*) => {
        $crate::__codec_json_schema!($type, generator => {
            let arms = [$(<$arm as $crate::codec::schema::Schemed>::schema(generator)),*];
            $crate::codec::schema::schemars::json_schema!({ "anyOf": arms })
        });
    };
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_tagged_union_schema {
    ($type:ident $($arm:ident;)*) => {
        $crate::__codec_json_schema!($type, generator => {
            let arms = vec![$(<$arm as $crate::codec::schema::Schemed>::schema(generator)),*];
            let [tag] = *<$type as $crate::codec::UnionVisitor>::TAG;
            $crate::codec::schema::tagged(
                arms,
                tag,
                <$type as $crate::codec::UnionVisitor>::TAGS,
                <$type as $crate::codec::UnionVisitor>::OPEN,
            )
        });
    };
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_newtype_schema {
    ($type:ident: $codec:ty) => {
        $crate::__codec_json_schema!($type, generator => {
            <$codec as $crate::codec::schema::Schemed>::schema(generator)
        });
    };
}
