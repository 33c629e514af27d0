//! Unions: which arm a value belongs to. Prints the model.

use super::super::expression::converted;
use super::super::names::{Names, Way};
use super::super::page::Page;
use super::super::text;
use crate::model::{
    ConstValue, IntegerFormat, Interface, Kind, KindUnion, Shape, TaggedUnion, Type,
};

/// The body of a tagged union's function: the tag chooses the arm.
pub(super) fn tagged(
    page: &mut Page,
    interface: &Interface,
    names: &Names,
    union: &TaggedUnion,
    way: Way,
) {
    let tag = tag_arguments(union);
    page.line(format_args!("const from = $.object(value);"));
    page.open(format_args!(
        "switch ({}) {{",
        text::member("from", tag_member(interface, union, way))
    ));
    for arm in &union.arms {
        page.line(format_args!("case {}:", text::literal(&arm.tag)));
        page.line(format_args!(
            "  return {}(value);",
            names.function(arm.ty, way)
        ));
    }
    page.line(format_args!("default:"));
    match (union.open, way) {
        (false, _) => page.line(format_args!("  throw $.unknownTag(from, {tag});")),
        (true, Way::Read | Way::Copy) => {
            page.line(format_args!("  return $.readUnknownArm(from, {tag});"))
        }
        (true, Way::Write) => page.line(format_args!("  return $.writeUnknownArm(from, {tag});")),
    }
    page.close(format_args!("}}"));
}

/// The tag's name, and its kind where that is not a string.
fn tag_arguments(union: &TaggedUnion) -> String {
    let kind = match union.arms.first().map(|arm| &arm.tag) {
        Some(ConstValue::Integer(_)) => ", \"number\"",
        Some(ConstValue::Boolean(_)) => ", \"boolean\"",
        Some(ConstValue::String(_)) | None => "",
    };
    format!("{}{kind}", text::quoted(&union.tag))
}

/// The tag's name in memory differs from the wire's only where the language forbids the wire's.
fn tag_member<'m>(interface: &'m Interface, union: &'m TaggedUnion, way: Way) -> &'m str {
    let in_memory = union
        .arms
        .first()
        .and_then(|arm| match &interface.type_def(arm.ty).shape {
            Shape::Object(object) => object.fields.iter().find(|field| field.wire == union.tag),
            _ => None,
        });
    match (way, in_memory) {
        (Way::Write, Some(field)) => &field.name.typescript,
        _ => &union.tag,
    }
}

/// The body of a kind union's function: the kind of the value chooses the arm.
pub(super) fn kinds(
    page: &mut Page,
    interface: &Interface,
    names: &Names,
    union: &KindUnion,
    way: Way,
) {
    for arm in &union.arms {
        let test = match (arm.kind, way, in_memory(interface, &arm.ty)) {
            (Kind::String, Way::Write, Memory::Bigint { .. }) => "typeof value === \"bigint\"",
            (Kind::String, Way::Write, Memory::Bytes) => "$.isBytes(value)",
            // MessagePack has bytes, and integers that a number cannot hold.
            (Kind::String, Way::Read, Memory::Bytes) => {
                "typeof value === \"string\" || $.isBytes(value)"
            }
            (Kind::Number, Way::Read | Way::Copy, _) => {
                "typeof value === \"number\" || typeof value === \"bigint\""
            }
            (Kind::Boolean, ..) => "typeof value === \"boolean\"",
            (Kind::Number, ..) => "typeof value === \"number\"",
            (Kind::String, ..) => "typeof value === \"string\"",
            (Kind::Array, ..) => "$.isArray(value)",
            (Kind::Object, ..) => "$.isObject(value)",
        };
        // A 64-bit integer stays a string in every encoding, so that the kind tells it from a number.
        let value = match (way, in_memory(interface, &arm.ty)) {
            (Way::Write, Memory::Bigint { signed: true }) => "$.writeInt64Text(value)".to_owned(),
            (Way::Write, Memory::Bigint { signed: false }) => "$.writeUint64Text(value)".to_owned(),
            _ => converted(interface, names, &arm.ty, way, "value"),
        };
        page.line(format_args!("if ({test}) return {value};"));
    }
    let expected: Vec<&str> = union
        .arms
        .iter()
        .map(|arm| match arm.kind {
            Kind::Boolean => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        })
        .collect();
    page.line(format_args!(
        "throw $.wrongKind(value, {});",
        text::quoted(&expected.join(" or "))
    ));
}

/// What a JSON string may be in memory.
enum Memory {
    Same,
    Bigint { signed: bool },
    Bytes,
}

fn in_memory(interface: &Interface, ty: &Type) -> Memory {
    match ty {
        Type::Integer(IntegerFormat::Int64) => Memory::Bigint { signed: true },
        Type::Integer(IntegerFormat::Uint64) => Memory::Bigint { signed: false },
        Type::Bytes => Memory::Bytes,
        Type::Ref(id) => match &interface.type_def(*id).shape {
            Shape::Alias(inner) => in_memory(interface, inner),
            _ => Memory::Same,
        },
        _ => Memory::Same,
    }
}
