//! How a type is spelled, read and written in an expression. Knows no definition's own code, only how to reach it.

use super::page::quoted;
use crate::model::{ConstValue, IntegerFormat, Interface, Shape, StringFormat, StringRule, Type};

/// The largest integer that every language's JSON reader sees exactly.
const SAFE: &str = "9007199254740991";

/// From JSON or to JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Read,
    Write,
}

impl Way {
    const fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// When a value `x` needs more than to be taken as it is.
pub(super) enum Guard {
    Always,
    Never,
    When(String),
}

/// The types of an interface, and the rules of strings that they share.
pub(super) struct Types<'i> {
    pub(super) interface: &'i Interface,
    rules: Vec<StringRule>,
}

impl<'i> Types<'i> {
    pub(super) fn new(interface: &'i Interface) -> Self {
        let mut rules = Vec::new();
        for def in &interface.types {
            match &def.shape {
                Shape::Object(object) => object
                    .fields
                    .iter()
                    .for_each(|field| collect(&field.ty, &mut rules)),
                Shape::KindUnion(union) => union
                    .arms
                    .iter()
                    .for_each(|arm| collect(&arm.ty, &mut rules)),
                Shape::Alias(ty) => collect(ty, &mut rules),
                Shape::Enum(_) | Shape::TaggedUnion(_) => {}
            }
        }
        for method in interface.methods.iter().chain(&interface.services) {
            for ty in [&method.result, &method.items, &method.upload]
                .into_iter()
                .flatten()
            {
                collect(ty, &mut rules);
            }
        }
        for ty in interface
            .events
            .iter()
            .filter_map(|event| event.payload.as_ref())
        {
            collect(ty, &mut rules);
        }
        for ty in interface
            .errors
            .iter()
            .filter_map(|error| error.details.as_ref())
        {
            collect(ty, &mut rules);
        }
        Self { interface, rules }
    }

    /// A name of the module's own that no definition has.
    pub(super) fn free(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self
            .interface
            .types
            .iter()
            .any(|def| def.name.python == name)
        {
            name.push('_');
        }
        name
    }

    /// The rules of strings as assignments of the module.
    pub(super) fn rules(&self) -> Vec<String> {
        self.rules
            .iter()
            .enumerate()
            .map(|(index, rule)| {
                let mut parts = Vec::new();
                if let Some(format) = rule.format {
                    parts.push(format!("format={}", quoted(format_name(format))));
                }
                if let Some(pattern) = &rule.pattern {
                    parts.push(format!("pattern={}", quoted(pattern)));
                }
                if let Some(length) = rule.min_length {
                    parts.push(format!("min_length={length}"));
                }
                if let Some(length) = rule.max_length {
                    parts.push(format!("max_length={length}"));
                }
                format!("_RULE_{} = _StringRule({})", index + 1, parts.join(", "))
            })
            .collect()
    }

    /// The type as an annotation.
    pub(super) fn annotation(&self, ty: &Type) -> String {
        match ty {
            Type::Ref(id) => self.interface.type_def(*id).name.python.clone(),
            Type::Boolean => "bool".to_owned(),
            Type::Integer(_) => "int".to_owned(),
            Type::Number => "float".to_owned(),
            Type::String(_) => "str".to_owned(),
            Type::Bytes => "bytes".to_owned(),
            Type::Const(value) => format!("_t.Literal[{}]", literal(value)),
            Type::Array(item) => format!("list[{}]", self.annotation(item)),
            Type::Map(item) => format!("dict[str, {}]", self.annotation(item)),
            Type::Nullable(inner) => format!("{} | None", self.annotation(inner)),
            Type::Any => "_t.Any".to_owned(),
        }
    }

    /// Whether null is one of the type's values.
    pub(super) fn takes_null(&self, ty: &Type) -> bool {
        match ty {
            Type::Nullable(_) | Type::Any => true,
            Type::Ref(id) => match &self.interface.type_def(*id).shape {
                Shape::Alias(inner) => self.takes_null(inner),
                _ => false,
            },
            _ => false,
        }
    }

    /// When the value `x` cannot be taken as it is.
    pub(super) fn guard(&self, ty: &Type, way: Way) -> Guard {
        let when = |text: &str| Guard::When(text.to_owned());
        match ty {
            Type::Boolean => when("type(x) is not bool"),
            Type::Integer(format) => match range(*format) {
                Some((low, high)) => {
                    Guard::When(format!("type(x) is not int or not {low} <= x <= {high}"))
                }
                None => Guard::Always,
            },
            Type::Number => when("type(x) is not float"),
            Type::String(rule) if *rule == StringRule::default() => when("type(x) is not str"),
            Type::Const(ConstValue::String(text)) => Guard::When(format!("x != {}", quoted(text))),
            Type::Const(ConstValue::Integer(value)) => {
                Guard::When(format!("type(x) is not int or x != {value}"))
            }
            Type::Const(ConstValue::Boolean(value)) => {
                Guard::When(format!("x is not {}", boolean(*value)))
            }
            Type::Array(item) if **item == Type::Any && way == Way::Write => {
                when("type(x) is not list")
            }
            Type::Map(item) if **item == Type::Any && way == Way::Write => {
                when("type(x) is not dict")
            }
            Type::Nullable(inner) => match self.guard(inner, way) {
                Guard::Never => Guard::Never,
                Guard::Always => when("x is not None"),
                Guard::When(guard) => Guard::When(format!("x is not None and ({guard})")),
            },
            // What JSON cannot say may come from another encoding; writers leave it to the text.
            Type::Any if way == Way::Read => when("type(x) in _s.LOOSE"),
            Type::Any => Guard::Never,
            Type::Ref(id) => match &self.interface.type_def(*id).shape {
                Shape::Alias(inner) if !is_compound(inner) => self.guard(inner, way),
                _ => Guard::Always,
            },
            Type::String(_) | Type::Bytes | Type::Array(_) | Type::Map(_) => Guard::Always,
        }
    }

    /// The expression that reads or writes the value `x`, which is not null where the type is nullable.
    pub(super) fn of_x(&self, ty: &Type, way: Way) -> String {
        match ty {
            Type::Nullable(inner) => self.of_x(inner, way),
            Type::Const(value) => format!("_s.read_const(x, {})", literal(value)),
            Type::Array(item) => format!("_s.{}_list(x, {})", way.verb(), self.function(item, way)),
            Type::Map(item) => format!("_s.{}_map(x, {})", way.verb(), self.function(item, way)),
            Type::Any if way == Way::Write => "x".to_owned(),
            _ => format!("{}(x)", self.function(ty, way)),
        }
    }

    /// A function of one value that reads or writes the type.
    pub(super) fn function(&self, ty: &Type, way: Way) -> String {
        match ty {
            Type::Ref(id) => {
                let def = self.interface.type_def(*id);
                match def.shape {
                    Shape::Object(_) => format!("{}._{}", def.name.python, way.verb()),
                    _ => format!("_{}_{}", way.verb(), def.name.python),
                }
            }
            Type::Boolean => "_s.read_bool".to_owned(),
            Type::Integer(IntegerFormat::Int64) => format!("_s.{}_int64", way.verb()),
            Type::Integer(IntegerFormat::Uint64) => format!("_s.{}_uint64", way.verb()),
            Type::Integer(format) => format!("_s.read_{}", format_function(*format)),
            Type::Number => "_s.read_number".to_owned(),
            Type::String(rule) => match self.rules.iter().position(|known| known == rule) {
                Some(index) => format!("_RULE_{}.read", index + 1),
                None => "_s.read_str".to_owned(),
            },
            Type::Bytes => format!("_s.{}_bytes", way.verb()),
            Type::Any if way == Way::Read => "_s.read_any".to_owned(),
            Type::Any => "_s.anything".to_owned(),
            Type::Nullable(inner) => {
                format!("lambda x: None if x is None else {}", self.of_x(inner, way))
            }
            Type::Const(_) | Type::Array(_) | Type::Map(_) => {
                format!("lambda x: {}", self.of_x(ty, way))
            }
        }
    }
}

/// Whether its code may come back to the alias that it stands behind.
const fn is_compound(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Ref(_) | Type::Array(_) | Type::Map(_) | Type::Nullable(_)
    )
}

fn collect(ty: &Type, rules: &mut Vec<StringRule>) {
    match ty {
        Type::String(rule) if *rule != StringRule::default() && !rules.contains(rule) => {
            rules.push(rule.clone())
        }
        Type::Array(inner) | Type::Map(inner) | Type::Nullable(inner) => collect(inner, rules),
        _ => {}
    }
}

/// The range of an integer that JSON carries as a number.
const fn range(format: IntegerFormat) -> Option<(&'static str, &'static str)> {
    Some(match format {
        IntegerFormat::Int8 => ("-128", "127"),
        IntegerFormat::Int16 => ("-32768", "32767"),
        IntegerFormat::Int32 => ("-2147483648", "2147483647"),
        IntegerFormat::Uint8 => ("0", "255"),
        IntegerFormat::Uint16 => ("0", "65535"),
        IntegerFormat::Uint32 => ("0", "4294967295"),
        IntegerFormat::Int64Number => ("-9007199254740991", SAFE),
        IntegerFormat::Uint64Number => ("0", SAFE),
        IntegerFormat::Int64 | IntegerFormat::Uint64 => return None,
    })
}

const fn format_function(format: IntegerFormat) -> &'static str {
    match format {
        IntegerFormat::Int8 => "int8",
        IntegerFormat::Int16 => "int16",
        IntegerFormat::Int32 => "int32",
        IntegerFormat::Uint8 => "uint8",
        IntegerFormat::Uint16 => "uint16",
        IntegerFormat::Uint32 => "uint32",
        IntegerFormat::Int64 => "int64",
        IntegerFormat::Uint64 => "uint64",
        IntegerFormat::Int64Number => "int64_number",
        IntegerFormat::Uint64Number => "uint64_number",
    }
}

const fn format_name(format: StringFormat) -> &'static str {
    match format {
        StringFormat::DateTime => "date-time",
        StringFormat::Date => "date",
        StringFormat::Duration => "duration",
        StringFormat::Uuid => "uuid",
        StringFormat::Uri => "uri",
    }
}

const fn boolean(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A constant as Python source.
pub(super) fn literal(value: &ConstValue) -> String {
    match value {
        ConstValue::String(text) => quoted(text),
        ConstValue::Integer(value) => value.to_string(),
        ConstValue::Boolean(value) => boolean(*value).to_owned(),
    }
}
