//! Plain JSON Schema (draft 2020-12) of an interface's types, for editors and other people's validators. It refuses what
//! JSON Schema can refuse; schema/README.md has the laws that it cannot say (calendars, 64-bit ranges, the text itself).

use super::{File, Options};
use crate::model::{
    ConstValue, IntegerFormat, Interface, Object, Shape, StringFormat, StringRule, TaggedUnion,
    Type, TypeDef,
};
use serde_json::{Map, Value, json};

/// The largest integer that every language sees exactly.
const MAX_SAFE: i64 = (1 << 53) - 1;
/// Decimal strings as long as the largest values.
const INT64: &str = "^(?:0|-?[1-9][0-9]{0,18})$";
const UINT64: &str = "^(?:0|[1-9][0-9]{0,19})$";

/// `<interface>.schema.json`: every definition under `$defs`. Where one is called like the interface, a document of the
/// schema is one of its values (`manifest`: `Manifest`).
#[must_use]
pub fn emit(interface: &Interface, options: &Options) -> File {
    let mut root = Map::new();
    root.insert(
        "$schema".into(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    root.insert("$comment".into(), options.header.as_str().into());
    root.insert(
        "title".into(),
        format!("{} {}", interface.name, interface.version).into(),
    );
    root.insert("description".into(), interface.description.as_str().into());
    let main = crate::names::upper_camel(&interface.name);
    if interface.types.iter().any(|def| def.wire == main) {
        root.insert("$ref".into(), format!("#/$defs/{main}").into());
    }
    let schema = Schema { interface };
    let defs: Map<String, Value> = interface
        .types
        .iter()
        .map(|def| (def.wire.clone(), schema.definition(def)))
        .collect();
    root.insert("$defs".into(), defs.into());
    let value = Value::Object(root);
    File {
        path: format!("{}.schema.json", interface.name),
        text: format!("{value:#}\n"),
    }
}

struct Schema<'i> {
    interface: &'i Interface,
}

impl Schema<'_> {
    fn definition(&self, def: &TypeDef) -> Value {
        let schema = match &def.shape {
            Shape::Object(object) => self.object(object),
            Shape::Enum(values) => {
                let list: Vec<&str> = values
                    .values
                    .iter()
                    .map(|value| value.wire.as_str())
                    .collect();
                if values.open {
                    json!({"type": "string", "anyOf": [{"enum": list}, {"type": "string"}]})
                } else {
                    json!({"type": "string", "enum": list})
                }
            }
            Shape::TaggedUnion(union) => self.tagged(union),
            Shape::KindUnion(union) => {
                let arms: Vec<Value> = union.arms.iter().map(|arm| self.arm(&arm.ty)).collect();
                json!({"anyOf": arms})
            }
            Shape::Alias(ty) => self.ty(ty),
        };
        described(&def.description, schema)
    }

    fn object(&self, object: &Object) -> Value {
        let properties: Map<String, Value> = object
            .fields
            .iter()
            .map(|field| {
                (
                    field.wire.clone(),
                    described(&field.description, self.ty(&field.ty)),
                )
            })
            .collect();
        let required: Vec<&str> = object
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.wire.as_str())
            .collect();
        let mut schema = json!({"type": "object", "properties": properties});
        if let (false, Some(map)) = (required.is_empty(), schema.as_object_mut()) {
            map.insert("required".into(), required.into());
        }
        schema
    }

    fn tagged(&self, union: &TaggedUnion) -> Value {
        let mut arms: Vec<Value> = union
            .arms
            .iter()
            .map(|arm| self.ty(&Type::Ref(arm.ty)))
            .collect();
        if !union.open {
            return json!({"oneOf": arms});
        }
        let known: Vec<Value> = union.arms.iter().map(|arm| constant(&arm.tag)).collect();
        let kind = match union.arms.first().map(|arm| &arm.tag) {
            Some(ConstValue::Integer(_)) => "integer",
            Some(ConstValue::Boolean(_)) => "boolean",
            _ => "string",
        };
        let tag = json!({"type": kind, "not": {"enum": known}});
        arms.push(json!({"type": "object", "properties": {union.tag.as_str(): tag}, "required": [union.tag]}));
        json!({"oneOf": arms})
    }

    /// An arm of a kind union. The kind chooses the arm, so a 64-bit integer is a string here and never a number.
    fn arm(&self, ty: &Type) -> Value {
        match ty {
            Type::Ref(id) => match &self.interface.type_def(*id).shape {
                Shape::Alias(inner) if matches!(inner, Type::Ref(_) | Type::Integer(_)) => {
                    self.arm(inner)
                }
                _ => self.ty(ty),
            },
            Type::Integer(IntegerFormat::Int64) => json!({"type": "string", "pattern": INT64}),
            Type::Integer(IntegerFormat::Uint64) => json!({"type": "string", "pattern": UINT64}),
            other => self.ty(other),
        }
    }

    fn ty(&self, ty: &Type) -> Value {
        match ty {
            Type::Ref(id) => {
                json!({"$ref": format!("#/$defs/{}", self.interface.type_def(*id).wire)})
            }
            Type::Boolean => json!({"type": "boolean"}),
            Type::Integer(format) => integer(*format),
            Type::Number => json!({"type": "number"}),
            Type::String(rule) => string(rule),
            Type::Bytes => json!({
                "type": "string",
                "contentEncoding": "base64",
                "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
            }),
            Type::Const(value) => json!({"const": constant(value)}),
            Type::Array(inner) => json!({"type": "array", "items": self.ty(inner)}),
            Type::Map(inner) => json!({"type": "object", "additionalProperties": self.ty(inner)}),
            Type::Nullable(inner) => json!({"anyOf": [self.ty(inner), {"type": "null"}]}),
            Type::Any => json!({}),
        }
    }
}

/// The schema with its prose in front.
fn described(description: &str, schema: Value) -> Value {
    let mut map = Map::new();
    map.insert("description".into(), description.into());
    if let Value::Object(rest) = schema {
        map.extend(rest);
    }
    Value::Object(map)
}

fn constant(value: &ConstValue) -> Value {
    match value {
        ConstValue::String(text) => text.as_str().into(),
        ConstValue::Integer(integer) => (*integer).into(),
        ConstValue::Boolean(flag) => (*flag).into(),
    }
}

fn integer(format: IntegerFormat) -> Value {
    let (least, most): (i64, i64) = match format {
        IntegerFormat::Int8 => (i8::MIN.into(), i8::MAX.into()),
        IntegerFormat::Int16 => (i16::MIN.into(), i16::MAX.into()),
        IntegerFormat::Int32 => (i32::MIN.into(), i32::MAX.into()),
        IntegerFormat::Uint8 => (0, u8::MAX.into()),
        IntegerFormat::Uint16 => (0, u16::MAX.into()),
        IntegerFormat::Uint32 => (0, u32::MAX.into()),
        IntegerFormat::Int64 | IntegerFormat::Int64Number => (-MAX_SAFE, MAX_SAFE),
        IntegerFormat::Uint64 | IntegerFormat::Uint64Number => (0, MAX_SAFE),
    };
    let digits = match format {
        IntegerFormat::Int64 => INT64,
        IntegerFormat::Uint64 => UINT64,
        _ => return json!({"type": "integer", "minimum": least, "maximum": most}),
    };
    // Written as a string; a number is taken too where every language sees it exactly.
    json!({"type": ["string", "integer"], "pattern": digits, "minimum": least, "maximum": most})
}

fn string(rule: &StringRule) -> Value {
    let mut map = Map::new();
    map.insert("type".into(), "string".into());
    let mut patterns = Vec::new();
    if let Some(format) = rule.format {
        let (name, grammar) = format_grammar(format);
        map.insert("format".into(), name.into());
        patterns.push(grammar.to_owned());
    }
    patterns.extend(
        rule.pattern
            .as_ref()
            .map(|pattern| format!("^(?:{pattern})$")),
    );
    if let [one] = patterns.as_slice() {
        map.insert("pattern".into(), one.as_str().into());
    } else if !patterns.is_empty() {
        let all: Vec<Value> = patterns
            .iter()
            .map(|pattern| json!({"pattern": pattern}))
            .collect();
        map.insert("allOf".into(), all.into());
    }
    for (key, length) in [
        ("minLength", rule.min_length),
        ("maxLength", rule.max_length),
    ] {
        if let Some(length) = length {
            map.insert(key.into(), length.into());
        }
    }
    Value::Object(map)
}

/// The format's name, and its grammar as far as a pattern can say it.
fn format_grammar(format: StringFormat) -> (&'static str, &'static str) {
    match format {
        StringFormat::Date => (
            "date",
            "^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$",
        ),
        StringFormat::DateTime => (
            "date-time",
            "^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$",
        ),
        StringFormat::Duration => (
            "duration",
            "^P(?:[0-9]{1,9}W|[0-9]{1,9}D|(?:[0-9]{1,9}D)?T(?:[0-9]{1,9}H(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\\.[0-9]{1,9})?S)?|[0-9]{1,9}M(?:[0-9]{1,9}(?:\\.[0-9]{1,9})?S)?|[0-9]{1,9}(?:\\.[0-9]{1,9})?S))$",
        ),
        StringFormat::Uuid => (
            "uuid",
            "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        ),
        StringFormat::Uri => (
            "uri",
            "^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$",
        ),
    }
}
