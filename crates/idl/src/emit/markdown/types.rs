//! The types of a page: what each consists of, and how one is named where another speaks of it.

use super::{cell, head, link, named, prose, table};
use crate::emit::lines::Lines;
use crate::model::{
    ConstValue, IntegerFormat, Interface, Object, Shape, StringFormat, StringRule, Type, TypeDef,
    TypeId,
};

/// All of them, in the order of the document.
pub(super) fn section(page: &mut Lines, interface: &Interface) {
    if interface.types.is_empty() {
        return;
    }
    head(
        page,
        "Types",
        "As JSON carries them; MessagePack has integers and bytes of its own.",
    );
    for ty in &interface.types {
        named(page, "type", &ty.wire, &ty.description);
        one(page, interface, ty);
    }
}

fn one(page: &mut Lines, interface: &Interface, ty: &TypeDef) {
    match &ty.shape {
        Shape::Object(object) => of_object(page, interface, object),
        Shape::Enum(values) => {
            let names: Vec<String> = values
                .values
                .iter()
                .map(|value| code(&value.wire))
                .collect();
            prose(page, &format!("One of {}.", names.join(", ")));
            if values.open {
                prose(page, "Others may come in later versions, and are kept.");
            }
        }
        Shape::TaggedUnion(union) => {
            let what = format!("One of these objects, told apart by `{}`:", union.tag);
            prose(page, &what);
            let rows = union
                .arms
                .iter()
                .map(|arm| [constant(&arm.tag), linked(interface, arm.ty)]);
            table(page, ["Value", "Object"], rows);
            if union.open {
                prose(page, "Objects with other values are kept as they come.");
            }
        }
        Shape::KindUnion(union) => {
            let arms: Vec<String> = union
                .arms
                .iter()
                .map(|arm| expression(interface, &arm.ty))
                .collect();
            prose(page, &format!("Either {}.", arms.join(", or ")));
        }
        Shape::Alias(of) => prose(page, &format!("{}.", capital(&expression(interface, of)))),
    }
}

fn of_object(page: &mut Lines, interface: &Interface, object: &Object) {
    if object.fields.is_empty() {
        prose(page, "An object without members.");
    } else {
        let rows = object.fields.iter().map(|field| {
            [
                code(&field.wire),
                expression(interface, &field.ty),
                if field.required { "yes" } else { "no" }.to_owned(),
                cell(&field.description),
            ]
        });
        table(page, ["Member", "Type", "Required", "Meaning"], rows);
    }
    if object.extra.is_some() {
        prose(page, "Other members are kept, and written back.");
    }
}

/// A type as a link to what is said of it.
pub(super) fn linked(interface: &Interface, id: TypeId) -> String {
    link("type", &interface.type_def(id).wire)
}

/// A type in words, for a line or a cell.
pub(super) fn expression(interface: &Interface, ty: &Type) -> String {
    let of = |ty: &Type| expression(interface, ty);
    match ty {
        Type::Ref(id) => linked(interface, *id),
        Type::Boolean => "boolean".to_owned(),
        Type::Integer(format) => integer(*format).to_owned(),
        Type::Number => "number".to_owned(),
        Type::String(rule) => string(rule),
        Type::Bytes => "bytes (base64)".to_owned(),
        Type::Const(value) => format!("always {}", constant(value)),
        Type::Array(item) => format!("list of {}", of(item)),
        Type::Map(value) => format!("object whose members are {}", of(value)),
        Type::Nullable(inner) => format!("{} or null", of(inner)),
        Type::Any => "any JSON value".to_owned(),
    }
}

const fn integer(format: IntegerFormat) -> &'static str {
    match format {
        IntegerFormat::Int8 => "integer of 8 bits",
        IntegerFormat::Int16 => "integer of 16 bits",
        IntegerFormat::Int32 => "integer of 32 bits",
        IntegerFormat::Uint8 => "integer of 8 bits, not negative",
        IntegerFormat::Uint16 => "integer of 16 bits, not negative",
        IntegerFormat::Uint32 => "integer of 32 bits, not negative",
        IntegerFormat::Int64 => "integer of 64 bits (decimal string)",
        IntegerFormat::Uint64 => "integer of 64 bits, not negative (decimal string)",
        IntegerFormat::Int64Number => "integer within ±(2^53 − 1)",
        IntegerFormat::Uint64Number => "integer from 0 to 2^53 − 1",
    }
}

fn string(rule: &StringRule) -> String {
    let mut said = vec!["string".to_owned()];
    said.extend(rule.format.map(|format| {
        let name = match format {
            StringFormat::DateTime => "date-time",
            StringFormat::Date => "date",
            StringFormat::Duration => "duration",
            StringFormat::Uuid => "uuid",
            StringFormat::Uri => "uri",
        };
        format!("`{name}`")
    }));
    said.extend(
        rule.pattern
            .as_ref()
            .map(|text| format!("like {}", code(text))),
    );
    said.extend(match (rule.min_length, rule.max_length) {
        (Some(least), Some(most)) if least == most => Some(format!("of {least} characters")),
        (Some(least), Some(most)) => Some(format!("of {least} to {most} characters")),
        (Some(least), None) => Some(format!("of {least} or more characters")),
        (None, Some(most)) => Some(format!("of at most {most} characters")),
        (None, None) => None,
    });
    said.join(", ")
}

fn constant(value: &ConstValue) -> String {
    match value {
        ConstValue::String(text) => code(&serde_json::Value::from(text.as_str()).to_string()),
        ConstValue::Integer(number) => code(&number.to_string()),
        ConstValue::Boolean(truth) => code(&truth.to_string()),
    }
}

/// Text as it is, also within a cell of a table, and as JSON spells it where it holds what ends lines. A fence longer than any
/// run of back quotes in it closes where it should.
fn code(text: &str) -> String {
    let text = if text.contains(char::is_control) {
        serde_json::Value::from(text).to_string()
    } else {
        text.to_owned()
    };
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    let text = text.replace('|', "\\|");
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(rest).collect()
    })
}
