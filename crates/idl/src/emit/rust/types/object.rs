//! Objects: the struct, its constructor and `with_…`, and the line of the codec for each member.

use super::super::expression::Scope;
use super::super::page::{Page, quoted};
use crate::model::{Field, Object, Type};

/// A required constant is known, so the struct has no field for it.
fn is_implied(field: &Field) -> bool {
    field.required && matches!(field.ty, Type::Const(_))
}

fn field_type(scope: &Scope<'_>, field: &Field) -> String {
    match (&field.ty, field.required) {
        (Type::Const(_), false) => "bool".to_owned(),
        (ty, true) => scope.rust_boxed(ty, field.boxed),
        (ty, false) => format!("Option<{}>", scope.rust_boxed(ty, field.boxed)),
    }
}

pub(super) fn write_object(scope: &mut Scope<'_>, name: &str, object: &Object, page: &mut Page) {
    let stored: Vec<&Field> = object
        .fields
        .iter()
        .filter(|field| !is_implied(field))
        .collect();
    let required: Vec<&Field> = stored
        .iter()
        .copied()
        .filter(|field| field.required)
        .collect();
    let default = if required.is_empty() { ", Default" } else { "" };
    page.line(&format!("#[derive(Debug, Clone, PartialEq{default})]"));
    page.line("#[non_exhaustive]");
    if stored.is_empty() && object.extra.is_none() {
        page.line(&format!("pub struct {name} {{}}"));
    } else {
        page.line(&format!("pub struct {name} {{"));
        for field in &stored {
            page.docs("    ", &field.description);
            page.line(&format!(
                "    pub {}: {},",
                field.name.rust,
                field_type(scope, field)
            ));
        }
        if let Some(extra) = &object.extra {
            page.line(
                "    /// Members that the type does not know; they are kept and written back.",
            );
            page.line(&format!("    pub {}: codec::JsonMap,", extra.rust));
        }
        page.line("}");
    }
    write_builders(scope, name, object, &stored, &required, page);
    page.blank();
    page.line("codec::object! {");
    page.line(&format!("    {name}"));
    for field in object.fields.iter().filter(|field| is_implied(field)) {
        if let Type::Const(value) = &field.ty {
            let constant = scope.constant(value, &owner(name, field));
            page.line(&format!(
                "    constant {} {}: {constant};",
                quoted(&field.wire),
                field.name.rust
            ));
        }
    }
    for field in &stored {
        let owner = owner(name, field);
        let member = match (&field.ty, field.required) {
            (Type::Const(value), false) => {
                format!("codec::Flag<{}>", scope.constant(value, &owner))
            }
            (ty, true) => format!(
                "codec::Required<{}>",
                scope.codec_boxed(ty, field.boxed, &owner)
            ),
            (ty, false) => format!(
                "codec::Optional<{}>",
                scope.codec_boxed(ty, field.boxed, &owner)
            ),
        };
        page.line(&format!(
            "    member {} {}: {member};",
            quoted(&field.wire),
            field.name.rust
        ));
    }
    if let Some(extra) = &object.extra {
        page.line(&format!("    extra {};", extra.rust));
    }
    page.line("}");
}

/// The name of a field's rule: `RouteHandleMethod`.
fn owner(name: &str, field: &Field) -> String {
    let mut owner = name.to_owned();
    for word in field.name.rust.trim_start_matches("r#").split('_') {
        let mut chars = word.chars();
        if let Some(first) = chars.next() {
            owner.extend(first.to_uppercase());
            owner.push_str(chars.as_str());
        }
    }
    owner
}

fn write_builders(
    scope: &Scope<'_>,
    name: &str,
    object: &Object,
    stored: &[&Field],
    required: &[&Field],
    page: &mut Page,
) {
    page.blank();
    page.line(&format!("impl {name} {{"));
    page.line(if required.is_empty() {
        "    /// Without any optional member."
    } else {
        "    /// With the required members and no other."
    });
    page.line("    #[must_use]");
    let arguments: Vec<String> = required
        .iter()
        .map(|field| format!("{}: {}", field.name.rust, argument(scope, &field.ty).0))
        .collect();
    page.signature("    ", "pub fn new", &arguments, " -> Self {");
    let mut values: Vec<String> = stored
        .iter()
        .map(|field| {
            let rust = &field.name.rust;
            match (&field.ty, field.required) {
                (_, true) => initial(rust, &into(rust, &field.ty, field.boxed, scope)),
                (Type::Const(_), false) => format!("{rust}: false"),
                (_, false) => format!("{rust}: None"),
            }
        })
        .collect();
    values.extend(
        object
            .extra
            .iter()
            .map(|extra| format!("{}: codec::JsonMap::new()", extra.rust)),
    );
    if values.is_empty() {
        page.line("        Self {}");
    } else {
        page.line("        Self {");
        for value in &values {
            page.line(&format!("            {value},"));
        }
        page.line("        }");
    }
    page.line("    }");
    for field in stored.iter().filter(|field| !field.required) {
        write_with(scope, field, page);
    }
    if let Some(extra) = &object.extra {
        let plain = extra.rust.trim_start_matches("r#");
        page.blank();
        page.line("    /// With one more member that the type does not know.");
        page.line("    #[must_use]");
        let arguments = [
            "mut self".to_owned(),
            "name: impl Into<String>".to_owned(),
            "value: impl Into<codec::Value>".to_owned(),
        ];
        page.signature(
            "    ",
            &format!("pub fn with_{plain}"),
            &arguments,
            " -> Self {",
        );
        page.line(&format!(
            "        self.{}.insert(name.into(), value.into());",
            extra.rust
        ));
        page.line("        self");
        page.line("    }");
    }
    page.line("}");
}

fn write_with(scope: &Scope<'_>, field: &Field, page: &mut Page) {
    let rust = &field.name.rust;
    let plain = rust.trim_start_matches("r#");
    page.blank();
    page.docs("    ", &format!("With `{plain}`. {}", field.description));
    page.line("    #[must_use]");
    if matches!(field.ty, Type::Const(_)) {
        page.line(&format!("    pub fn with_{plain}(mut self) -> Self {{"));
        page.line(&format!("        self.{rust} = true;"));
    } else {
        let arguments = [
            "mut self".to_owned(),
            format!("{rust}: {}", argument(scope, &field.ty).0),
        ];
        page.signature(
            "    ",
            &format!("pub fn with_{plain}"),
            &arguments,
            " -> Self {",
        );
        page.line(&format!(
            "        self.{rust} = Some({});",
            into(rust, &field.ty, field.boxed, scope)
        ));
    }
    page.line("        self");
    page.line("    }");
}

/// `name: value`, or `name` alone where the value is called so.
fn initial(name: &str, value: &str) -> String {
    if name == value {
        name.to_owned()
    } else {
        format!("{name}: {value}")
    }
}

/// What a caller may pass for a value, and whether it has to be converted.
fn argument(scope: &Scope<'_>, ty: &Type) -> (String, bool) {
    let rust = scope.rust(ty);
    if scope.converts(ty) {
        (format!("impl Into<{rust}>"), true)
    } else {
        (rust, false)
    }
}

fn into(name: &str, ty: &Type, boxed: bool, scope: &Scope<'_>) -> String {
    let value = if argument(scope, ty).1 {
        format!("{name}.into()")
    } else {
        name.to_owned()
    };
    match ty {
        Type::Nullable(_) if boxed => format!("{value}.map(Box::new)"),
        _ if boxed => format!("Box::new({value})"),
        _ => value,
    }
}
