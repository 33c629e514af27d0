//! The exported types and the codec beside each. Prints the model.

use super::expression::spelled;
use super::names::{Names, Way};
use super::page::Page;
use super::text;
use crate::model::{Enum, Interface, Object, Shape, Type, TypeId};

/// One definition: its type, and the codec of the same name.
pub(super) fn definition(page: &mut Page, interface: &Interface, names: &Names, id: TypeId) {
    let def = interface.type_def(id);
    let name = &def.name.typescript;
    page.gap();
    page.doc(&def.description);
    match &def.shape {
        Shape::Object(object) => self::object(page, interface, name, object),
        Shape::Enum(Enum { values, open }) => {
            let mut arms: Vec<String> = values
                .iter()
                .map(|value| text::quoted(&value.wire))
                .collect();
            if *open {
                arms.push("(string & {})".into());
            }
            union(page, name, &arms);
        }
        Shape::TaggedUnion(tagged) => {
            let mut arms: Vec<String> = tagged
                .arms
                .iter()
                .map(|arm| spelled(interface, &Type::Ref(arm.ty)))
                .collect();
            if tagged.open {
                arms.push(format!("$.UnknownArm<{}>", text::quoted(&tagged.tag)));
            }
            union(page, name, &arms);
        }
        Shape::KindUnion(kinds) => {
            let arms: Vec<String> = kinds
                .arms
                .iter()
                .map(|arm| spelled(interface, &arm.ty))
                .collect();
            union(page, name, &arms);
        }
        Shape::Alias(ty) => page.line(format_args!(
            "export type {name} = {};",
            spelled(interface, ty)
        )),
    }
    page.gap();
    page.doc(&format!("Reads and writes {{@link {name}}}."));
    codec(page, interface, names, id);
}

fn union(page: &mut Page, name: &str, arms: &[String]) {
    page.line(format_args!("export type {name} = {};", arms.join(" | ")));
}

fn object(page: &mut Page, interface: &Interface, name: &str, object: &Object) {
    if object.fields.is_empty() && object.extra.is_none() {
        // An empty interface would take anything.
        page.line(format_args!(
            "export type {name} = {{ readonly [name: string]: never }};"
        ));
        return;
    }
    page.open(format_args!("export interface {name} {{"));
    for field in &object.fields {
        page.doc(&field.description);
        let optional = if field.required { "" } else { "?" };
        let property = text::property(&field.name.typescript);
        page.line(format_args!(
            "{property}{optional}: {};",
            spelled(interface, &field.ty)
        ));
    }
    if let Some(extra) = &object.extra {
        page.doc("Members that the type does not know; they are written back.");
        page.line(format_args!(
            "{}?: $.JsonObject;",
            text::property(&extra.typescript)
        ));
    }
    page.close(format_args!("}}"));
}

fn codec(page: &mut Page, interface: &Interface, names: &Names, id: TypeId) {
    let def = interface.type_def(id);
    let name = &def.name.typescript;
    let wire = text::quoted(&def.wire);
    let (read, write) = (
        names.function(id, Way::Read),
        names.function(id, Way::Write),
    );
    if let Shape::Enum(Enum { values, open }) = &def.shape {
        let list = values
            .iter()
            .map(|value| text::quoted(&value.wire))
            .collect::<Vec<_>>();
        let known = if *open {
            format!(", {}", list.join(" | "))
        } else {
            String::new()
        };
        page.line(format_args!(
            "export const {name}: $.EnumCodec<{name}{known}> = $.enumCodec({wire}, [{}], {read});",
            list.join(", ")
        ));
        return;
    }
    let deep = if names.is_deep(id) { ", true" } else { "" };
    page.line(format_args!(
        "export const {name}: $.Codec<{name}> = $.codec({wire}, {read}, {write}{deep});"
    ));
}
