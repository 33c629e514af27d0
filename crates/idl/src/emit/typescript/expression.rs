//! A type as TypeScript spells it, and the expression that reads or writes a value of it. Decides nothing about modules.

use super::names::{Names, Way};
use super::text;
use crate::model::{IntegerFormat, Interface, Shape, StringFormat, StringRule, Type};

/// How a type is written down.
pub(super) fn spelled(interface: &Interface, ty: &Type) -> String {
    match ty {
        Type::Ref(id) => interface.type_def(*id).name.typescript.clone(),
        Type::Boolean => "boolean".into(),
        Type::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64) => "bigint".into(),
        Type::Integer(_) | Type::Number => "number".into(),
        Type::String(_) => "string".into(),
        Type::Bytes => "Uint8Array".into(),
        Type::Const(value) => text::literal(value),
        Type::Array(inner) => match **inner {
            Type::Nullable(_) => format!("({})[]", spelled(interface, inner)),
            _ => format!("{}[]", spelled(interface, inner)),
        },
        Type::Map(inner) => format!("{{ [name: string]: {} }}", spelled(interface, inner)),
        Type::Nullable(inner) => format!("{} | null", spelled(interface, inner)),
        Type::Any => "$.JsonValue".into(),
    }
}

/// Whether null is a value of a type.
pub(super) fn takes_null(interface: &Interface, ty: &Type) -> bool {
    match ty {
        Type::Nullable(_) | Type::Any => true,
        Type::Ref(id) => match &interface.type_def(*id).shape {
            Shape::Alias(inner) => takes_null(interface, inner),
            _ => false,
        },
        _ => false,
    }
}

/// The expression that reads or writes `value`. It names `value` once or twice, so `value` must be cheap.
pub(super) fn converted(
    interface: &Interface,
    names: &Names,
    ty: &Type,
    way: Way,
    value: &str,
) -> String {
    match ty {
        Type::Ref(id) => format!("{}({value})", names.function(*id, way)),
        Type::Boolean => format!("$.boolean({value})"),
        Type::Integer(format) => integer(*format, way, value),
        Type::Number => format!("$.number({value})"),
        Type::String(rule) => string(names, rule, value),
        Type::Bytes => format!("$.{}Bytes({value})", verb(way)),
        Type::Const(only) => format!("$.constant({value}, {})", text::literal(only)),
        Type::Array(_) | Type::Map(_) => {
            format!("{}({value})", names.composite(interface, ty, way))
        }
        Type::Nullable(inner) => {
            format!(
                "{value} === null ? null : {}",
                converted(interface, names, inner, way, value)
            )
        }
        Type::Any => format!("$.{}Any({value})", verb(way)),
    }
}

/// A function that reads or writes a type, for a place that takes one.
pub(super) fn function(interface: &Interface, names: &Names, ty: &Type, way: Way) -> String {
    match ty {
        Type::Ref(id) => names.function(*id, way).to_owned(),
        Type::Boolean => "$.boolean".into(),
        Type::Number => "$.number".into(),
        Type::Integer(IntegerFormat::Int64) => format!("$.{}Int64", verb(way)),
        Type::Integer(IntegerFormat::Uint64) => format!("$.{}Uint64", verb(way)),
        Type::String(rule) if *rule == StringRule::default() => "$.string".into(),
        Type::Bytes => format!("$.{}Bytes", verb(way)),
        Type::Any => format!("$.{}Any", verb(way)),
        Type::Array(_) | Type::Map(_) => names.composite(interface, ty, way),
        _ => format!(
            "(value: unknown) => {}",
            converted(interface, names, ty, way, "value")
        ),
    }
}

/// A copy goes either way; where the runtime has two functions, no type that is copied gets here.
fn verb(way: Way) -> &'static str {
    match way {
        Way::Read => "read",
        Way::Write | Way::Copy => "write",
    }
}

fn integer(format: IntegerFormat, way: Way, value: &str) -> String {
    let (min, max) = match format {
        IntegerFormat::Int8 => ("-128", "127"),
        IntegerFormat::Int16 => ("-32768", "32767"),
        IntegerFormat::Int32 => ("-2147483648", "2147483647"),
        IntegerFormat::Uint8 => ("0", "255"),
        IntegerFormat::Uint16 => ("0", "65535"),
        IntegerFormat::Uint32 => ("0", "4294967295"),
        IntegerFormat::Int64 => return format!("$.{}Int64({value})", verb(way)),
        IntegerFormat::Uint64 => return format!("$.{}Uint64({value})", verb(way)),
        IntegerFormat::Int64Number => {
            return format!("$.safeInteger({value}, -9007199254740991)");
        }
        IntegerFormat::Uint64Number => return format!("$.safeInteger({value}, 0)"),
    };
    format!("$.integer({value}, {min}, {max})")
}

fn string(names: &Names, rule: &StringRule, value: &str) -> String {
    let mut out = format!("$.string({value})");
    if rule.min_length.is_some() || rule.max_length.is_some() {
        let min = rule.min_length.unwrap_or(0);
        let max = rule
            .max_length
            .map_or_else(|| "Infinity".to_owned(), |max| max.to_string());
        out = format!("$.sized({out}, {min}, {max})");
    }
    if let Some(source) = &rule.pattern {
        out = format!("$.matching({out}, {})", names.pattern(source));
    }
    if let Some(format) = rule.format {
        let check = match format {
            StringFormat::DateTime => "dateTimeText",
            StringFormat::Date => "dateText",
            StringFormat::Duration => "durationText",
            StringFormat::Uuid => "uuidText",
            StringFormat::Uri => "uriText",
        };
        out = format!("$.{check}({out})");
    }
    out
}
