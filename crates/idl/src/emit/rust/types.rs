//! The types of an interface with their codecs, its constants and its errors.

use super::Place;
use super::expression::{Scope, const_value};
use super::page::{Page, quoted};
use crate::model::{
    Enum, ErrorDef, Field, IntegerFormat, Interface, Kind, KindUnion, Method, Object, Shape,
    TaggedUnion, Type, TypeDef, TypeId,
};

/// Lints that a document's own names and sizes would trip, and nothing else.
const EXCEPTIONS: &str = "\
#![allow(
    clippy::doc_lazy_continuation,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::struct_excessive_bools,
    clippy::too_many_arguments,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    reason = \"names, prose and sizes are the document's\"
)]";

pub(super) fn write(interface: &Interface, place: &Place, page: &mut Page) {
    page.inner_docs(&format!(
        "Types of the interface `{}` {}. {}",
        interface.name, interface.version, interface.description
    ));
    page.lines(EXCEPTIONS);
    let mut body = Page::part();
    write_constants(interface, &mut body);
    write_descriptor(interface, place, &mut body);
    let mut scope = Scope::new(interface, "");
    for (number, def) in interface.types.iter().enumerate() {
        write_type(&mut scope, interface, TypeId(number), def, &mut body);
    }
    if !interface.errors.is_empty() {
        write_errors(&mut scope, interface, place, &mut body);
    }
    if place.repository {
        write_table(&mut scope, interface, &mut body);
    }
    if body.names("codec") {
        page.blank();
        page.line(&format!("use {}::codec;", place.protocol));
    }
    page.append(body);
    scope.write_rules(&place.protocol, page);
}

/// The name, version and hash of the interface, and the wire names of what it has.
fn write_constants(interface: &Interface, page: &mut Page) {
    for (name, about, value) in [
        ("NAME", "The interface's name.", &interface.name),
        ("VERSION", "The interface's version.", &interface.version),
        (
            "HASH",
            "SHA-256 of the interface's document without descriptions.",
            &interface.hash,
        ),
    ] {
        page.blank();
        page.line(&format!("/// {about}"));
        let one = format!("pub const {name}: &str = {};", quoted(value));
        page.line(&one);
    }
    let group = |page: &mut Page, module: &str, about: &str, entries: Vec<(&str, &str, &str)>| {
        if entries.is_empty() {
            return;
        }
        page.blank();
        page.line(&format!("/// {about}"));
        page.line(&format!("pub mod {module} {{"));
        for (constant, wire, description) in entries {
            page.docs("    ", description);
            page.line(&format!(
                "    pub const {constant}: &str = {};",
                quoted(wire)
            ));
        }
        page.line("}");
    };
    fn names(list: &[Method]) -> Vec<(&str, &str, &str)> {
        list.iter()
            .map(|method| {
                (
                    method.name.constant.as_str(),
                    method.wire.as_str(),
                    method.description.as_str(),
                )
            })
            .collect()
    }
    group(
        page,
        "methods",
        "Wire names of the methods, which a host calls.",
        names(&interface.methods),
    );
    group(
        page,
        "services",
        "Wire names of the services, which a plugin calls.",
        names(&interface.services),
    );
    let events = interface.events.iter().map(|event| {
        (
            event.name.constant.as_str(),
            event.wire.as_str(),
            event.description.as_str(),
        )
    });
    group(
        page,
        "events",
        "Wire names of the events.",
        events.collect(),
    );
}

fn write_type(
    scope: &mut Scope<'_>,
    interface: &Interface,
    id: TypeId,
    def: &TypeDef,
    page: &mut Page,
) {
    let name = &def.name.rust;
    page.blank();
    page.docs("", &def.description);
    match &def.shape {
        Shape::Object(object) => write_object(scope, name, object, page),
        Shape::Enum(values) => write_enum(name, values, page),
        Shape::TaggedUnion(union) => write_tagged(scope, name, union, page),
        Shape::KindUnion(union) => write_kind(scope, interface, name, union, page),
        Shape::Alias(ty) if scope.is_newtype(id) => {
            page.line("#[derive(Debug, Clone, PartialEq)]");
            page.line(&format!("pub struct {name}(pub {});", scope.rust(ty)));
            page.blank();
            let codec = scope.codec(ty, name);
            page.line(&format!("codec::newtype! {{ {name}: {codec} }}"));
        }
        Shape::Alias(ty) => page.line(&format!("pub type {name} = {};", scope.rust(ty))),
    }
}

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

fn write_object(scope: &mut Scope<'_>, name: &str, object: &Object, page: &mut Page) {
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

fn write_enum(name: &str, values: &Enum, page: &mut Page) {
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

fn write_tagged(scope: &Scope<'_>, name: &str, union: &TaggedUnion, page: &mut Page) {
    page.line("#[derive(Debug, Clone, PartialEq)]");
    if union.open {
        page.line("#[non_exhaustive]");
    }
    page.line(&format!("pub enum {name} {{"));
    for arm in &union.arms {
        let tag = match &arm.tag {
            crate::model::ConstValue::String(text) => quoted(text),
            crate::model::ConstValue::Integer(number) => number.to_string(),
            crate::model::ConstValue::Boolean(flag) => flag.to_string(),
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

fn write_kind(
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
    let has = |kind| union.arms.iter().any(|arm| arm.kind == kind);
    let wide = |ty: &Type| {
        matches!(
            ty,
            Type::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64)
        )
    };
    if !has(Kind::Number) && union.arms.iter().any(|arm| wide(&scope.unaliased(&arm.ty))) {
        page.line("    const WIDE: bool = true;");
    }
    let mut codecs = Vec::new();
    for arm in &union.arms {
        let codec = scope.codec(&arm.ty, &format!("{name}{}", arm.name.rust));
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

/// The errors of the interface as one enum, to and from what crosses the wire.
fn write_errors(scope: &mut Scope<'_>, interface: &Interface, place: &Place, page: &mut Page) {
    let name = format!("{}Error", interface.stem);
    let error = format!("{}::error::PluginError", place.protocol);
    let details: Vec<Option<(String, String)>> = interface
        .errors
        .iter()
        .map(|def| {
            def.details.as_ref().map(|ty| {
                (
                    scope.rust(ty),
                    scope.codec(ty, &format!("{name}{}", def.name.rust)),
                )
            })
        })
        .collect();
    let errors: Vec<(&ErrorDef, &Option<(String, String)>)> =
        interface.errors.iter().zip(&details).collect();
    page.blank();
    page.docs(
        "",
        &format!(
            "The errors that the interface `{}` adds to the protocol's own.",
            interface.name
        ),
    );
    page.line("#[derive(Debug, Clone, PartialEq)]");
    page.line("#[non_exhaustive]");
    page.line(&format!("pub enum {name} {{"));
    for (def, details) in &errors {
        page.docs("    ", &def.description);
        page.line(&format!("    {} {{", def.name.rust));
        page.line("        /// One line for a person.");
        page.line("        message: String,");
        if let Some((rust, _)) = details {
            page.line("        /// For a program.");
            page.line(&format!("        details: Option<{rust}>,"));
        }
        page.line("    },");
    }
    page.line("}");
    page.blank();
    page.line(&format!("impl {name} {{"));
    page.line("    /// As the wire spells it.");
    page.line("    #[must_use]");
    page.line("    pub const fn code(&self) -> &'static str {");
    page.line("        match self {");
    for (def, _) in &errors {
        page.line(&format!(
            "            Self::{} {{ .. }} => {},",
            def.name.rust,
            quoted(&def.wire)
        ));
    }
    page.line("        }");
    page.line("    }");
    page.blank();
    page.line("    /// Whether trying again may help.");
    page.line("    #[must_use]");
    page.line("    pub const fn retryable(&self) -> bool {");
    page.line("        match self {");
    for (def, _) in &errors {
        page.line(&format!(
            "            Self::{} {{ .. }} => {},",
            def.name.rust, def.retryable
        ));
    }
    page.line("        }");
    page.line("    }");
    page.blank();
    page.line("    /// The error of the interface behind what crossed the wire; `None` for a code of the protocol or of another.");
    page.line("    #[must_use]");
    page.line(&format!(
        "    pub fn of(error: &{error}) -> Option<Self> {{"
    ));
    page.line("        match error.code.as_str() {");
    for (def, details) in &errors {
        page.line(&format!(
            "            {} => Some(Self::{} {{",
            quoted(&def.wire),
            def.name.rust
        ));
        page.line("                message: error.message.clone(),");
        if let Some((_, codec)) = details {
            page.line(&format!(
                "                details: error.details_as::<{codec}>(),"
            ));
        }
        page.line("            }),");
    }
    page.line("            _ => None,");
    page.line("        }");
    page.line("    }");
    page.line("}");
    page.blank();
    page.line(&format!("impl From<{name}> for {error} {{"));
    page.line(&format!("    fn from(error: {name}) -> Self {{"));
    page.line("        let (code, retryable) = (error.code(), error.retryable());");
    page.line("        let base = |message| Self::new(code, message).with_retryable(retryable);");
    page.line("        match error {");
    for (def, details) in &errors {
        let variant = &def.name.rust;
        match details {
            Some((_, codec)) => {
                page.line(&format!(
                    "            {name}::{variant} {{ message, details }} => {{"
                ));
                page.line(&format!(
                    "                base(message).with_details_as::<{codec}>(details.as_ref())"
                ));
                page.line("            }");
            }
            None => page.line(&format!(
                "            {name}::{variant} {{ message }} => base(message),"
            )),
        }
    }
    page.line("        }");
    page.line("    }");
    page.line("}");
}

/// The way of the vectors into the types: by name to whatever wants to do something with each.
fn write_table(scope: &mut Scope<'_>, interface: &Interface, page: &mut Page) {
    page.blank();
    page.line("/// Does something with the type of the name.");
    page.line("#[doc(hidden)]");
    page.line("pub fn with_type<V: codec::ForType>(name: &str, visitor: V) -> Option<V::Output> {");
    page.line("    match name {");
    for (number, def) in interface.types.iter().enumerate() {
        let codec = scope.codec(&Type::Ref(TypeId(number)), &def.name.rust);
        page.line(&format!(
            "        {} => Some(visitor.visit::<{codec}>()),",
            quoted(&def.wire)
        ));
    }
    page.line("        _ => None,");
    page.line("    }");
    page.line("}");
    page.blank();
    page.line("/// Has every type tell its schema.");
    page.line("#[cfg(feature = \"schemars\")]");
    page.line("#[doc(hidden)]");
    page.line("pub fn schemas(generator: &mut schemars::SchemaGenerator) {");
    for (number, def) in interface.types.iter().enumerate() {
        let is_type = !matches!(def.shape, Shape::Alias(_)) || scope.is_newtype(TypeId(number));
        if is_type {
            page.line(&format!(
                "    generator.subschema_for::<{}>();",
                def.name.rust
            ));
        }
    }
    page.line("}");
}

/// What a dispatcher and a client know about the interface at run time.
fn write_descriptor(interface: &Interface, place: &Place, page: &mut Page) {
    page.blank();
    page.line("/// The interface at run time.");
    page.line(&format!(
        "pub static DESCRIPTOR: {0}::descriptor::Descriptor = {{",
        place.protocol
    ));
    page.line(&format!(
        "    use {}::descriptor::{{Descriptor, MethodDescriptor}};",
        place.protocol
    ));
    for (constant, list) in [
        ("METHODS", &interface.methods),
        ("SERVICES", &interface.services),
    ] {
        let body: Vec<String> = list
            .iter()
            .map(|method| descriptor(method, &constant.to_lowercase()))
            .collect();
        if body.is_empty() {
            page.line(&format!("    const {constant}: &[MethodDescriptor] = &[];"));
            continue;
        }
        page.line(&format!("    const {constant}: &[MethodDescriptor] = &["));
        for line in body {
            page.line(&format!("        {line},"));
        }
        page.line("    ];");
    }
    page.line("    Descriptor::new(NAME, VERSION, HASH, METHODS, SERVICES)");
    page.line("};");
}

fn descriptor(method: &Method, group: &str) -> String {
    let plain = format!("MethodDescriptor::new({group}::{})", method.name.constant);
    let flags = [
        method.items.is_some(),
        method.upload.is_some(),
        method.progress,
        method.idempotent,
    ];
    if method.timeout_ms.is_none() && method.permission.is_none() && flags == [false; 4] {
        return plain;
    }
    let permission = method
        .permission
        .as_ref()
        .map(|permission| quoted(permission));
    let permission = permission.map_or_else(
        || "None".to_owned(),
        |permission| format!("Some({permission})"),
    );
    format!(
        "{plain}.with({:?}, {flags:?}, {permission})",
        method.timeout_ms
    )
}
