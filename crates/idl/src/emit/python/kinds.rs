//! Kind unions: the functions that choose an arm by the kind of a JSON value, or of a Python value.

use super::aliases::head;
use super::expression::{Guard, Types, Way, literal};
use super::page::{Page, quoted};
use crate::model::{ConstValue, IntegerFormat, Kind, KindUnion, Shape, Type, TypeDef};

/// The arms of a kind union as an annotation; constants share one `Literal`.
pub(super) fn annotation(types: &Types<'_>, union: &KindUnion) -> String {
    let constants: Vec<String> = union
        .arms
        .iter()
        .filter_map(|arm| match &arm.ty {
            Type::Const(value) => Some(literal(value)),
            _ => None,
        })
        .collect();
    let mut parts: Vec<String> = union
        .arms
        .iter()
        .filter(|arm| !matches!(arm.ty, Type::Const(_)))
        .map(|arm| types.annotation(&arm.ty))
        .collect();
    if !constants.is_empty() {
        parts.push(format!("_t.Literal[{}]", constants.join(", ")));
    }
    parts.join(" | ")
}

pub(super) fn kind_functions(page: &mut Page, types: &Types<'_>, def: &TypeDef, union: &KindUnion) {
    head(page, "read", def);
    page.line("    kind = type(x)");
    for arm in &union.arms {
        let test = match arm.kind {
            Kind::Boolean => "kind is bool",
            // MessagePack has bytes, and integers that are no numbers of JSON.
            Kind::Number => "kind is int or kind is float or kind is _s.Wide",
            Kind::String if *resolved(types, &arm.ty) == Type::Bytes => {
                "kind is str or kind is bytes"
            }
            Kind::String => "kind is str",
            Kind::Array => "kind is list",
            Kind::Object => "kind is dict",
        };
        page.line(&format!("    if {test}:"));
        let read = types.of_x(&arm.ty, Way::Read);
        if needs_mark(types, union, &arm.ty) {
            page.line(&format!("        return _LongText({read})"));
        } else if is_plain(types, arm.kind, &arm.ty) {
            page.line("        return x");
        } else {
            page.line(&format!("        return {read}"));
        }
    }
    let kinds: Vec<&str> = union
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
    page.line(&format!(
        "    raise _s.wrong({}, x)",
        quoted(&kinds.join(" or "))
    ));
    head(page, "write", def);
    // bool before int, and marked integers before others.
    let mut arms: Vec<_> = union.arms.iter().collect();
    arms.sort_by_key(|arm| {
        (
            arm.kind != Kind::Boolean,
            !needs_mark(types, union, &arm.ty),
            arm.kind == Kind::Number,
        )
    });
    for arm in arms {
        let test = if needs_mark(types, union, &arm.ty) {
            "type(x) is _LongText".to_owned()
        } else {
            python_test(types, &arm.ty)
        };
        page.line(&format!("    if {test}:"));
        // A 64-bit integer stays a string in every encoding, so that the kind tells it from a number.
        let written = match resolved(types, &arm.ty) {
            Type::Integer(IntegerFormat::Int64) => "_s.write_int64_text(x)".to_owned(),
            Type::Integer(IntegerFormat::Uint64) => "_s.write_uint64_text(x)".to_owned(),
            _ => types.of_x(&arm.ty, Way::Write),
        };
        page.line(&format!("        return {written}"));
    }
    page.line(&format!(
        "    raise _s.unwritable({}, x)",
        quoted(&def.name.python)
    ));
}

/// Whether a value of the JSON kind is one of the type as it is.
fn is_plain(types: &Types<'_>, kind: Kind, ty: &Type) -> bool {
    match (kind, types.guard(ty, Way::Read)) {
        (Kind::Boolean, Guard::When(guard)) => guard == "type(x) is not bool",
        (Kind::String, Guard::When(guard)) => guard == "type(x) is not str",
        (Kind::Array, Guard::When(guard)) => guard == "type(x) is not list",
        (Kind::Object, Guard::When(guard)) => guard == "type(x) is not dict",
        _ => false,
    }
}

/// A 64-bit integer beside a smaller one: both are `int` in Python, and only a mark says which was text on the wire.
fn needs_mark(types: &Types<'_>, union: &KindUnion, ty: &Type) -> bool {
    let is_long = matches!(
        resolved(types, ty),
        Type::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64)
    );
    is_long
        && union.arms.iter().any(|arm| {
            arm.kind == Kind::Number && !matches!(resolved(types, &arm.ty), Type::Number)
        })
}

fn resolved<'t>(types: &'t Types<'_>, ty: &'t Type) -> &'t Type {
    match ty {
        Type::Ref(id) => match &types.interface.type_def(*id).shape {
            Shape::Alias(inner) => resolved(types, inner),
            _ => ty,
        },
        _ => ty,
    }
}

/// The test by which a Python value belongs to an arm.
fn python_test(types: &Types<'_>, ty: &Type) -> String {
    match resolved(types, ty) {
        Type::Boolean | Type::Const(ConstValue::Boolean(_)) => "type(x) is bool".to_owned(),
        Type::Integer(_) | Type::Const(ConstValue::Integer(_)) => "isinstance(x, int)".to_owned(),
        Type::Number => "isinstance(x, (int, float))".to_owned(),
        Type::String(_) | Type::Const(ConstValue::String(_)) => "isinstance(x, str)".to_owned(),
        Type::Bytes => "isinstance(x, (bytes, bytearray, memoryview))".to_owned(),
        Type::Array(_) => "isinstance(x, (list, tuple))".to_owned(),
        Type::Map(_) => "isinstance(x, dict)".to_owned(),
        Type::Nullable(_) | Type::Any => "True".to_owned(),
        Type::Ref(id) => {
            let def = types.interface.type_def(*id);
            match def.shape {
                Shape::Enum(_) => "isinstance(x, str)".to_owned(),
                Shape::TaggedUnion(_) => format!("type(x) in _ARMS_{}", def.name.python),
                _ => format!("type(x) is {}", def.name.python),
            }
        }
    }
}
