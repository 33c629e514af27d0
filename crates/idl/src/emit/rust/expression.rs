//! What a type is called in Rust, and which adapter of the codec reads and writes it. Rules and constants have no
//! definition of their own in a document, so the file that needs one gets a small type for it.

use super::page::{Page, quoted};
use crate::model::{
    ConstValue, IntegerFormat, Interface, Shape, StringFormat, StringRule, Type, TypeId,
};

/// The names of an interface's types as a file spells them, and the rules that the file needs.
pub(super) struct Scope<'a> {
    interface: &'a Interface,
    /// In front of named types: empty, or `types::`.
    prefix: &'static str,
    rules: Vec<(String, Need)>,
}

#[derive(PartialEq, Eq)]
enum Need {
    Rule(StringRule),
    Constant(ConstValue),
}

impl<'a> Scope<'a> {
    pub(super) fn new(interface: &'a Interface, prefix: &'static str) -> Self {
        Self {
            interface,
            prefix,
            rules: Vec::new(),
        }
    }

    /// A named type as the file spells it.
    pub(super) fn named(&self, id: TypeId) -> String {
        format!("{}{}", self.prefix, self.interface.type_def(id).name.rust)
    }

    /// The Rust type of a value.
    pub(super) fn rust(&self, ty: &Type) -> String {
        match ty {
            Type::Ref(id) => self.named(*id),
            Type::Boolean => "bool".to_owned(),
            Type::Integer(format) => integer(*format).0.to_owned(),
            Type::Number => "f64".to_owned(),
            Type::String(_) => "String".to_owned(),
            Type::Bytes => "Vec<u8>".to_owned(),
            Type::Const(_) => "()".to_owned(),
            Type::Array(element) => format!("Vec<{}>", self.rust(element)),
            Type::Map(element) if matches!(**element, Type::Any) => "codec::JsonMap".to_owned(),
            Type::Map(element) => {
                format!("std::collections::BTreeMap<String, {}>", self.rust(element))
            }
            Type::Nullable(inner) => format!("Option<{}>", self.rust(inner)),
            Type::Any => "codec::Value".to_owned(),
        }
    }

    /// The same with a box around what would contain itself.
    pub(super) fn rust_boxed(&self, ty: &Type, boxed: bool) -> String {
        match ty {
            Type::Nullable(inner) if boxed => format!("Option<Box<{}>>", self.rust(inner)),
            _ if boxed => format!("Box<{}>", self.rust(ty)),
            _ => self.rust(ty),
        }
    }

    /// The adapter of a value. `owner` names the rules that it needs.
    pub(super) fn codec(&mut self, ty: &Type, owner: &str) -> String {
        match ty {
            Type::Ref(id) => self.codec_of_ref(*id, owner),
            Type::Boolean => "codec::Bool".to_owned(),
            Type::Integer(format) => format!("codec::{}", integer(*format).1),
            Type::Number => "codec::Number".to_owned(),
            Type::String(rule) if *rule == StringRule::default() => "codec::Text".to_owned(),
            Type::String(rule) => {
                let rule = self.need(owner, Need::Rule(rule.clone()));
                format!("codec::Checked<{rule}>")
            }
            Type::Bytes => "codec::Bytes".to_owned(),
            Type::Const(value) => format!("codec::Const<{}>", self.constant(value, owner)),
            Type::Array(element) => format!("codec::List<{}>", self.codec(element, owner)),
            Type::Map(element) if matches!(**element, Type::Any) => "codec::AnyMap".to_owned(),
            Type::Map(element) => format!("codec::Dict<{}>", self.codec(element, owner)),
            Type::Nullable(inner) => format!("codec::Nullable<{}>", self.codec(inner, owner)),
            Type::Any => "codec::Any".to_owned(),
        }
    }

    /// The same with a box around what would contain itself.
    pub(super) fn codec_boxed(&mut self, ty: &Type, boxed: bool, owner: &str) -> String {
        match ty {
            Type::Nullable(inner) if boxed => format!(
                "codec::Nullable<codec::Boxed<{}>>",
                self.codec(inner, owner)
            ),
            _ if boxed => format!("codec::Boxed<{}>", self.codec(ty, owner)),
            _ => self.codec(ty, owner),
        }
    }

    /// A type that is only another name for one is read as that one; Rust's own alias has no adapter.
    fn codec_of_ref(&mut self, id: TypeId, owner: &str) -> String {
        match &self.interface.type_def(id).shape {
            Shape::Alias(ty) if !self.is_newtype(id) => {
                let owner = if self.prefix.is_empty() {
                    self.interface.type_def(id).name.rust.clone()
                } else {
                    owner.to_owned()
                };
                self.codec(&ty.clone(), &owner)
            }
            _ => self.named(id),
        }
    }

    /// Whether a caller may pass something that becomes the value: `&str` for text, an arm for a union.
    pub(super) fn converts(&self, ty: &Type) -> bool {
        match ty {
            Type::String(_) | Type::Bytes | Type::Any | Type::Nullable(_) => true,
            Type::Ref(id) => match &self.interface.type_def(*id).shape {
                Shape::Enum(values) => values.open,
                Shape::TaggedUnion(_) | Shape::KindUnion(_) => true,
                Shape::Alias(ty) => !self.is_newtype(*id) && self.converts(ty),
                Shape::Object(_) => false,
            },
            _ => false,
        }
    }

    /// What a type is behind its other names.
    pub(super) fn unaliased(&self, ty: &Type) -> Type {
        match ty {
            Type::Ref(id) => match &self.interface.type_def(*id).shape {
                Shape::Alias(inner) if !self.is_newtype(*id) => self.unaliased(inner),
                _ => ty.clone(),
            },
            _ => ty.clone(),
        }
    }

    /// The Rust type with every alias replaced: two types that are equal to the compiler are equal here.
    pub(super) fn resolved(&self, ty: &Type) -> String {
        match ty {
            Type::Ref(id) => match &self.interface.type_def(*id).shape {
                Shape::Alias(ty) if !self.is_newtype(*id) => self.resolved(ty),
                _ => self.named(*id),
            },
            Type::Array(element) => format!("Vec<{}>", self.resolved(element)),
            Type::Map(element) if !matches!(**element, Type::Any) => {
                format!("Map<{}>", self.resolved(element))
            }
            Type::Nullable(inner) => format!("Option<{}>", self.resolved(inner)),
            _ => self.rust(ty),
        }
    }

    /// The name of the small type behind a constant.
    pub(super) fn constant(&mut self, value: &ConstValue, owner: &str) -> String {
        self.need(owner, Need::Constant(value.clone()))
    }

    fn need(&mut self, owner: &str, need: Need) -> String {
        if let Some((name, _)) = self.rules.iter().find(|(_, known)| *known == need) {
            return format!("rules::{name}");
        }
        let mut name = owner.to_owned();
        while self.rules.iter().any(|(taken, _)| *taken == name) {
            name.push('_');
        }
        self.rules.push((name.clone(), need));
        format!("rules::{name}")
    }

    /// Whether an alias contains itself, through arrays and maps: Rust needs a type of its own there.
    pub(super) fn is_newtype(&self, id: TypeId) -> bool {
        fn reaches(
            interface: &Interface,
            ty: &Type,
            target: TypeId,
            seen: &mut Vec<TypeId>,
        ) -> bool {
            match ty {
                Type::Ref(id) if *id == target => true,
                Type::Ref(id) => match &interface.type_def(*id).shape {
                    Shape::Alias(ty) if !seen.contains(id) => {
                        seen.push(*id);
                        reaches(interface, ty, target, seen)
                    }
                    _ => false,
                },
                Type::Array(inner) | Type::Map(inner) | Type::Nullable(inner) => {
                    reaches(interface, inner, target, seen)
                }
                _ => false,
            }
        }
        match &self.interface.type_def(id).shape {
            Shape::Alias(ty) => reaches(self.interface, ty, id, &mut Vec::new()),
            _ => false,
        }
    }

    /// The module of the rules and constants that were asked for.
    pub(super) fn write_rules(&self, protocol: &str, page: &mut Page) {
        if self.rules.is_empty() {
            return;
        }
        page.blank();
        page.line("/// What strings must look like, and constants.");
        page.line("#[doc(hidden)]");
        page.line("pub mod rules {");
        page.line(&format!("    use {protocol}::codec;"));
        for (name, need) in &self.rules {
            page.blank();
            page.line(&format!("    pub struct {name};"));
            page.blank();
            match need {
                Need::Constant(value) => {
                    page.line(&format!("    impl codec::Constant for {name} {{"));
                    page.line(&format!(
                        "        const VALUE: codec::ConstValue = {};",
                        const_value(value)
                    ));
                }
                Need::Rule(rule) => write_rule(name, rule, page),
            }
            page.line("    }");
        }
        page.line("}");
    }
}

fn write_rule(name: &str, rule: &StringRule, page: &mut Page) {
    page.line(&format!("    impl codec::Rule for {name} {{"));
    if let Some(format) = rule.format {
        let format = match format {
            StringFormat::DateTime => "DateTime",
            StringFormat::Date => "Date",
            StringFormat::Duration => "Duration",
            StringFormat::Uuid => "Uuid",
            StringFormat::Uri => "Uri",
        };
        page.line(&format!(
            "        const FORMAT: Option<codec::Format> = Some(codec::Format::{format});"
        ));
    }
    for (constant, length) in [
        ("MIN_LENGTH", rule.min_length),
        ("MAX_LENGTH", rule.max_length),
    ] {
        if let Some(length) = length {
            page.line(&format!(
                "        const {constant}: Option<u32> = Some({length});"
            ));
        }
    }
    if let Some(pattern) = &rule.pattern {
        page.line(&format!(
            "        const PATTERN: Option<&'static str> = Some({});",
            quoted(pattern)
        ));
        page.blank();
        page.line("        fn cell() -> Option<&'static codec::PatternCell> {");
        page.line("            static CELL: codec::PatternCell = codec::PatternCell::new();");
        page.line("            Some(&CELL)");
        page.line("        }");
    }
}

/// A constant as Rust source.
pub(super) fn const_value(value: &ConstValue) -> String {
    match value {
        ConstValue::String(text) => format!("codec::ConstValue::String({})", quoted(text)),
        ConstValue::Integer(number) => format!("codec::ConstValue::Integer({number})"),
        ConstValue::Boolean(flag) => format!("codec::ConstValue::Boolean({flag})"),
    }
}

/// Rust's type and the codec's adapter.
const fn integer(format: IntegerFormat) -> (&'static str, &'static str) {
    match format {
        IntegerFormat::Int8 => ("i8", "Int8"),
        IntegerFormat::Int16 => ("i16", "Int16"),
        IntegerFormat::Int32 => ("i32", "Int32"),
        IntegerFormat::Uint8 => ("u8", "Uint8"),
        IntegerFormat::Uint16 => ("u16", "Uint16"),
        IntegerFormat::Uint32 => ("u32", "Uint32"),
        IntegerFormat::Int64 => ("i64", "Int64"),
        IntegerFormat::Uint64 => ("u64", "Uint64"),
        IntegerFormat::Int64Number => ("i64", "Int64Number"),
        IntegerFormat::Uint64Number => ("u64", "Uint64Number"),
    }
}
