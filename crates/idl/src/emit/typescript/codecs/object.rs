//! Objects: their members one by one, and what they keep besides. Prints the model.

use super::super::expression::{converted, takes_null};
use super::super::names::{Names, Way};
use super::super::page::Page;
use super::super::text;
use crate::model::{Field, Interface, Object, TypeId};

/// The set of an object's own members. Its name follows from the reading function's, which is the module's alone.
pub(super) fn known_names(names: &Names, id: TypeId) -> String {
    format!("{}_known", names.function(id, Way::Read))
}

/// The body of an object's function.
pub(super) fn body(
    page: &mut Page,
    interface: &Interface,
    names: &Names,
    id: TypeId,
    object: &Object,
    way: Way,
) {
    if object.fields.is_empty() && object.extra.is_none() {
        page.line(format_args!("$.object(value);"));
        page.line(format_args!("return {{}};"));
        return;
    }
    page.line(format_args!("const from = $.object(value);"));
    page.line(format_args!("let at: string | undefined;"));
    page.open(format_args!("try {{"));
    let mut members = Vec::new();
    for (index, field) in object
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.required)
    {
        let (source, target) = ends(field, way);
        let value = converted(
            interface,
            names,
            &field.ty,
            way,
            &text::member("from", source),
        );
        page.line(format_args!("at = {};", text::quoted(&field.wire)));
        page.line(format_args!("const value{index} = {value};"));
        members.push(format!("{}: value{index}", text::key(target)));
    }
    let draft = match way {
        Way::Read | Way::Copy => interface.type_def(id).name.typescript.as_str(),
        Way::Write => "$.Draft",
    };
    let braces = if members.is_empty() {
        "{}".into()
    } else {
        format!("{{ {} }}", members.join(", "))
    };
    page.line(format_args!("const out: {draft} = {braces};"));
    for (index, field) in object
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !field.required)
    {
        optional(page, interface, names, (index, field), way);
    }
    if let Some(extra) = &object.extra {
        page.line(format_args!("at = undefined;"));
        let known = known_names(names, id);
        let member = text::plain_member("out", &extra.typescript);
        if way == Way::Write {
            let source = text::member("from", &extra.typescript);
            page.line(format_args!("$.writeExtra(out, {source}, {known});"));
        } else {
            page.line(format_args!("const extra = $.readExtra(from, {known});"));
            page.line(format_args!("if (extra !== undefined) {member} = extra;"));
        }
    }
    page.line(format_args!("return out;"));
    page.turn(format_args!("}} catch (thrown) {{"));
    page.line(format_args!("throw $.within(thrown, at);"));
    page.close(format_args!("}}"));
}

fn optional(
    page: &mut Page,
    interface: &Interface,
    names: &Names,
    (index, field): (usize, &Field),
    way: Way,
) {
    let (source, target) = ends(field, way);
    page.line(format_args!(
        "const value{index} = {};",
        text::member("from", source)
    ));
    page.open(format_args!("if (value{index} !== undefined) {{"));
    page.line(format_args!("at = {};", text::quoted(&field.wire)));
    let value = format!("value{index}");
    let guarded = if takes_null(interface, &field.ty) {
        value
    } else {
        format!("$.notNull({value})")
    };
    let converted = converted(interface, names, &field.ty, way, &guarded);
    page.line(format_args!("{}", text::assign("out", target, &converted)));
    page.close(format_args!("}}"));
}

/// Where a member comes from and where it goes to.
fn ends(field: &Field, way: Way) -> (&str, &str) {
    match way {
        Way::Read | Way::Copy => (&field.wire, &field.name.typescript),
        Way::Write => (&field.name.typescript, &field.wire),
    }
}
