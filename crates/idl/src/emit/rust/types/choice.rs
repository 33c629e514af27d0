//! What is one of several: enums, tagged unions, kind unions.

use super::super::expression::{Scope, const_value};
use super::super::page::{Page, quoted};
use crate::model::{
    ConstValue, Enum, IntegerFormat, Interface, Kind, KindUnion, Shape, TaggedUnion, Type,
};

pub(super) fn write_enum(name: &str, values: &Enum, page: &mut Page) {
    if values.open {
        page.line("#[derive(Debug, Clone, PartialEq, Eq, Hash)]");
        page.line("#[non_exhaustive]");
    } else {
        page.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]");
    }
    page.line(&format!("pub enum {name} {{"));
    for value in &values.values {
        page.line(&format!(
            "    /// `{}`",
            value.wire.replace(['`', '\n', '\r'], "'")
        ));
        page.line(&format!("    {},", value.name.rust));
    }
    if values.open {
        page.line("    /// A value that the document does not name; it is kept and written back.");
        page.line("    Unknown(String),");
    }
    page.line("}");
    page.blank();
    let (kind, unknown) = if values.open {
        ("open_enum", " Unknown")
    } else {
        ("closed_enum", "")
    };
    page.line(&format!("codec::{kind}! {{"));
    page.line(&format!("    {name}{unknown}"));
    for value in &values.values {
        page.line(&format!(
            "    {} = {};",
            value.name.rust,
            quoted(&value.wire)
        ));
    }
    page.line("}");
}

pub(super) fn write_tagged(scope: &Scope<'_>, name: &str, union: &TaggedUnion, page: &mut Page) {
    page.line("#[derive(Debug, Clone, PartialEq)]");
    if union.open {
        page.line("#[non_exhaustive]");
    }
    page.line(&format!("pub enum {name} {{"));
    for arm in &union.arms {
        let tag = match &arm.tag {
            ConstValue::String(text) => quoted(text),
            ConstValue::Integer(number) => number.to_string(),
            ConstValue::Boolean(flag) => flag.to_string(),
        };
        page.line(&format!(
            "    /// Where `{}` is `{}`.",
            union.tag.replace('`', "'"),
            tag.replace('`', "'")
        ));
        page.line(&format!("    {}({}),", arm.name.rust, scope.named(arm.ty)));
    }
    if union.open {
        page.line(
            "    /// An object whose tag the document does not name; it is kept and written back.",
        );
        page.line("    Unknown(codec::JsonMap),");
    }
    page.line("}");
    page.blank();
    page.line("codec::tagged_union! {");
    page.line(&format!("    {name} {}", quoted(&union.tag)));
    for (number, arm) in union.arms.iter().enumerate() {
        let (variant, ty, tag) = (&arm.name.rust, scope.named(arm.ty), const_value(&arm.tag));
        page.line(&format!("    arm {number} {variant}({ty}) = {tag};"));
    }
    if union.open {
        page.line("    open Unknown;");
    }
    page.line("}");
}

pub(super) fn write_kind(
    scope: &mut Scope<'_>,
    interface: &Interface,
    name: &str,
    union: &KindUnion,
    page: &mut Page,
) {
    page.line("#[derive(Debug, Clone, PartialEq)]");
    page.line(&format!("pub enum {name} {{"));
    for arm in &union.arms {
        page.line(&format!(
            "    /// {}.",
            said(arm.kind).replacen('a', "A", 1)
        ));
        page.line(&format!("    {}({}),", arm.name.rust, scope.rust(&arm.ty)));
    }
    page.line("}");
    let expected: Vec<&str> = union.arms.iter().map(|arm| said(arm.kind)).collect();
    page.blank();
    page.line(&format!("impl codec::KindUnion for {name} {{"));
    page.line(&format!(
        "    const EXPECTED: &'static str = {};",
        quoted(&expected.join(" or "))
    ));
    for arm in &union.arms {
        if let Type::Ref(id) = &arm.ty
            && let Shape::TaggedUnion(inner) = &interface.type_def(*id).shape
        {
            page.line(&format!(
                "    const TAG: &'static str = {};",
                quoted(&inner.tag)
            ));
        }
    }
    let mut codecs = Vec::new();
    for arm in &union.arms {
        // A 64-bit integer stays a string in every encoding, so that the kind tells it from a number.
        let codec = match scope.unaliased(&arm.ty) {
            Type::Integer(IntegerFormat::Int64) => "codec::Int64Text".to_owned(),
            Type::Integer(IntegerFormat::Uint64) => "codec::Uint64Text".to_owned(),
            _ => scope.codec(&arm.ty, &format!("{name}{}", arm.name.rust)),
        };
        let method = match arm.kind {
            Kind::Boolean => "boolean",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
        };
        page.blank();
        page.lines(&format!(
            "    fn {method}<'de, D__: codec::serde::Deserializer<'de>>(value: D__) -> Result<Self, D__::Error> {{
        <{codec} as codec::Wire>::decode(value).map(Self::{})
    }}",
            arm.name.rust
        ));
        codecs.push((arm.name.rust.clone(), codec));
    }
    page.blank();
    page.line("    fn write<S__: codec::serde::Serializer>(&self, serializer: S__) -> Result<S__::Ok, S__::Error> {");
    page.line("        match self {");
    for (variant, codec) in &codecs {
        page.line(&format!("            Self::{variant}(value) => <{codec} as codec::Wire>::encode(value, serializer),"));
    }
    page.line("        }");
    page.line("    }");
    page.line("}");
    let resolved: Vec<String> = union
        .arms
        .iter()
        .map(|arm| scope.resolved(&arm.ty))
        .collect();
    for (arm, own) in union.arms.iter().zip(&resolved) {
        // Bytes and an array of uint8 are one type in Rust; then neither says which arm is meant.
        if resolved.iter().filter(|other| *other == own).count() > 1 {
            continue;
        }
        let rust = scope.rust(&arm.ty);
        page.blank();
        page.lines(&format!(
            "impl From<{rust}> for {name} {{
    fn from(value: {rust}) -> Self {{
        Self::{}(value)
    }}
}}",
            arm.name.rust
        ));
    }
    page.blank();
    page.line("codec::kind_union! {");
    page.line(&format!("    {name}"));
    for (variant, codec) in &codecs {
        page.line(&format!("    {variant}: {codec};"));
    }
    page.line("}");
}

const fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "an array",
        Kind::Object => "an object",
    }
}
