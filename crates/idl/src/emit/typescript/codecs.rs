//! The functions behind the codecs: straight-line code, one function a type and direction. Prints the model.

mod object;
mod union;

use super::expression::{converted, function, spelled};
use super::names::{Composite, Names, Way};
use super::page::Page;
use super::text;
use crate::model::{Enum, Interface, Name, Shape, Type, TypeId};

/// All functions of a module, and the patterns that they need.
pub(super) fn functions(page: &mut Page, interface: &Interface, names: &Names) {
    let mut body = Page::default();
    for id in names.ids() {
        if names.is_plain(id) {
            named(&mut body, interface, names, id, Way::Copy);
        } else {
            named(&mut body, interface, names, id, Way::Read);
            named(&mut body, interface, names, id, Way::Write);
        }
    }
    let mut index = 0;
    while let Some(composite) = names.composite_at(index) {
        list_or_map(&mut body, interface, names, &composite);
        index += 1;
    }
    let patterns = names.patterns();
    if !patterns.is_empty() {
        page.gap();
        for (name, source) in patterns {
            page.line(format_args!(
                "const {name} = $.pattern({});",
                text::quoted(&text::pattern(&source))
            ));
        }
    }
    page.append(body);
}

/// What a function gives: the type itself, or something ready for JSON.
fn gives(way: Way, ty: String) -> String {
    match way {
        Way::Read | Way::Copy => ty,
        Way::Write => "unknown".into(),
    }
}

fn named(page: &mut Page, interface: &Interface, names: &Names, id: TypeId, way: Way) {
    let def = interface.type_def(id);
    let result = gives(way, def.name.typescript.clone());
    page.gap();
    if let Shape::Object(object) = &def.shape
        && object.extra.is_some()
        && way == Way::Read
    {
        let known: Vec<String> = object
            .fields
            .iter()
            .map(|field| text::quoted(&field.wire))
            .collect();
        page.line(format_args!(
            "const {} = $.namesOf({});",
            object::known_names(names, id),
            known.join(", ")
        ));
        page.gap();
    }
    page.open(format_args!(
        "function {}(value: unknown): {result} {{",
        names.function(id, way)
    ));
    match &def.shape {
        Shape::Object(object) => object::body(page, interface, names, id, object, way),
        Shape::Enum(listed) => enumeration(page, &def.name, listed),
        Shape::TaggedUnion(union) => union::tagged(page, interface, names, union, way),
        Shape::KindUnion(union) => union::kinds(page, interface, names, union, way),
        Shape::Alias(ty) => page.line(format_args!(
            "return {};",
            converted(interface, names, ty, way, "value")
        )),
    }
    page.close(format_args!("}}"));
}

fn enumeration(page: &mut Page, name: &Name, listed: &Enum) {
    if listed.open {
        page.line(format_args!("return $.string(value);"));
        return;
    }
    page.open(format_args!("switch (value) {{"));
    for value in &listed.values {
        page.line(format_args!("case {}:", text::quoted(&value.wire)));
    }
    page.line(format_args!("  return value;"));
    page.line(format_args!("default:"));
    page.line(format_args!(
        "  throw $.closedEnum(value, {}.values);",
        name.typescript
    ));
    page.close(format_args!("}}"));
}

fn list_or_map(page: &mut Page, interface: &Interface, names: &Names, composite: &Composite) {
    let Composite {
        function: name,
        way,
        ty,
    } = composite;
    let (Type::Array(inner) | Type::Map(inner)) = ty else {
        return;
    };
    let is_list = matches!(ty, Type::Array(_));
    let made = match way {
        Way::Read | Way::Copy => spelled(interface, ty),
        Way::Write if is_list => "unknown[]".into(),
        Way::Write => "$.Draft".into(),
    };
    page.gap();
    page.open(format_args!("function {name}(value: unknown): {made} {{"));
    if is_list {
        page.line(format_args!("const from = $.array(value);"));
        page.line(format_args!("const out: {made} = [];"));
        page.line(format_args!("let at = 0;"));
        page.open(format_args!("try {{"));
        page.open(format_args!("for (; at < from.length; at++) {{"));
        let nullable = matches!(**inner, Type::Nullable(_));
        if nullable {
            page.line(format_args!("const one = from[at];"));
        }
        let one = if nullable { "one" } else { "from[at]" };
        page.line(format_args!(
            "out.push({});",
            converted(interface, names, inner, *way, one)
        ));
    } else {
        page.line(format_args!("const from = $.object(value);"));
        page.line(format_args!("const out: {made} = {{}};"));
        page.line(format_args!("let at = \"\";"));
        page.open(format_args!("try {{"));
        page.open(format_args!("for (at of $.keysOf(from)) {{"));
        page.line(format_args!("const one = from[at];"));
        page.line(format_args!(
            "$.put(out, $.string(at), {});",
            converted(interface, names, inner, *way, "one")
        ));
    }
    page.close(format_args!("}}"));
    page.line(format_args!("return out;"));
    page.turn(format_args!("}} catch (thrown) {{"));
    page.line(format_args!("throw $.within(thrown, at);"));
    page.close(format_args!("}}"));
    page.close(format_args!("}}"));
}

/// Where in a message a value stands: inside so many arrays and objects.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// `{"params":…}`, `{"result":…}`
    Call,
    /// `{"params":{"item":…}}`, `{"params":{"payload":…}}`
    Notification,
    /// `{"error":{"data":{"details":…}}}`
    Details,
}

/// A writer for a place of a message: bounded where the type is not.
pub(super) fn message_writer(
    interface: &Interface,
    names: &Names,
    ty: &Type,
    place: Place,
) -> String {
    let write = function(interface, names, ty, Way::Write);
    let levels = match place {
        Place::Call => 1,
        Place::Notification => 2,
        Place::Details => 3,
    };
    if names.is_deep_type(ty) {
        format!("$.bounded({write}, {levels})")
    } else {
        write
    }
}
