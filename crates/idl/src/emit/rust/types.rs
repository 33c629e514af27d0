//! The types of an interface with their codecs, its constants and its errors.

mod choice;
mod constants;
mod errors;
mod object;

use super::Place;
use super::expression::Scope;
use super::page::{Page, quoted};
use crate::model::{Interface, Shape, Type, TypeDef, TypeId};
use choice::{write_enum, write_kind, write_tagged};
use constants::{write_constants, write_descriptor};
use errors::write_errors;
use object::write_object;

/// Lints that a document's own names and sizes would trip, and nothing else.
const EXCEPTIONS: &str = "\
#![allow(
    clippy::doc_lazy_continuation,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::struct_excessive_bools,
    clippy::too_many_arguments,
    dead_code,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    reason = \"names, prose and sizes are the document's, and nobody uses all of it\"
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

/// The way of the vectors into the types: by name to whatever wants to do something with each.
fn write_table(scope: &mut Scope<'_>, interface: &Interface, page: &mut Page) {
    page.blank();
    page.line("/// Does something with the type of the name.");
    page.line("#[doc(hidden)]");
    page.line("pub fn with_type<V: codec::ForType>(name: &str, visitor: V) -> Option<V::Output> {");
    if interface.types.is_empty() {
        page.line("    let _ = (name, visitor);");
        page.line("    None");
    } else {
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
    }
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
