//! The functions behind the codecs: straight-line code, one function a type and direction. Prints the model.

use super::expression::{converted, function, spelled, takes_null};
use super::names::{Composite, Names, Way};
use super::page::Page;
use super::text;
use crate::model::{
    ConstValue, Enum, Field, IntegerFormat, Interface, Kind, KindUnion, Name, Object, Shape,
    TaggedUnion, Type, TypeId,
};

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
            known_names(names, id),
            known.join(", ")
        ));
        page.gap();
    }
    page.open(format_args!(
        "function {}(value: unknown): {result} {{",
        names.function(id, way)
    ));
    match &def.shape {
        Shape::Object(object) => self::object(page, interface, names, id, object, way),
        Shape::Enum(listed) => enumeration(page, &def.name, listed),
        Shape::TaggedUnion(union) => tagged(page, interface, names, union, way),
        Shape::KindUnion(union) => kinds(page, interface, names, union, way),
        Shape::Alias(ty) => page.line(format_args!(
            "return {};",
            converted(interface, names, ty, way, "value")
        )),
    }
    page.close(format_args!("}}"));
}

/// The set of an object's own members. Its name follows from the reading function's, which is the module's alone.
fn known_names(names: &Names, id: TypeId) -> String {
    format!("{}_known", names.function(id, Way::Read))
}

fn object(
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

fn tagged(page: &mut Page, interface: &Interface, names: &Names, union: &TaggedUnion, way: Way) {
    let tag = tag_arguments(union);
    page.line(format_args!("const from = $.object(value);"));
    page.open(format_args!(
        "switch ({}) {{",
        text::member("from", tag_member(interface, union, way))
    ));
    for arm in &union.arms {
        page.line(format_args!("case {}:", text::literal(&arm.tag)));
        page.line(format_args!(
            "  return {}(value);",
            names.function(arm.ty, way)
        ));
    }
    page.line(format_args!("default:"));
    match (union.open, way) {
        (false, _) => page.line(format_args!("  throw $.unknownTag(from, {tag});")),
        (true, Way::Read | Way::Copy) => {
            page.line(format_args!("  return $.readUnknownArm(from, {tag});"))
        }
        (true, Way::Write) => page.line(format_args!("  return $.writeUnknownArm(from, {tag});")),
    }
    page.close(format_args!("}}"));
}

/// The tag's name, and its kind where that is not a string.
fn tag_arguments(union: &TaggedUnion) -> String {
    let kind = match union.arms.first().map(|arm| &arm.tag) {
        Some(ConstValue::Integer(_)) => ", \"number\"",
        Some(ConstValue::Boolean(_)) => ", \"boolean\"",
        Some(ConstValue::String(_)) | None => "",
    };
    format!("{}{kind}", text::quoted(&union.tag))
}

/// The tag's name in memory differs from the wire's only where the language forbids the wire's.
fn tag_member<'m>(interface: &'m Interface, union: &'m TaggedUnion, way: Way) -> &'m str {
    let in_memory = union
        .arms
        .first()
        .and_then(|arm| match &interface.type_def(arm.ty).shape {
            Shape::Object(object) => object.fields.iter().find(|field| field.wire == union.tag),
            _ => None,
        });
    match (way, in_memory) {
        (Way::Write, Some(field)) => &field.name.typescript,
        _ => &union.tag,
    }
}

fn kinds(page: &mut Page, interface: &Interface, names: &Names, union: &KindUnion, way: Way) {
    for arm in &union.arms {
        let test = match (arm.kind, way, in_memory(interface, &arm.ty)) {
            (Kind::String, Way::Write, Memory::Bigint) => "typeof value === \"bigint\"",
            (Kind::String, Way::Write, Memory::Bytes) => "$.isBytes(value)",
            (Kind::Boolean, ..) => "typeof value === \"boolean\"",
            (Kind::Number, ..) => "typeof value === \"number\"",
            (Kind::String, ..) => "typeof value === \"string\"",
            (Kind::Array, ..) => "$.isArray(value)",
            (Kind::Object, ..) => "$.isObject(value)",
        };
        let value = converted(interface, names, &arm.ty, way, "value");
        page.line(format_args!("if ({test}) return {value};"));
    }
    let expected: Vec<String> = union
        .arms
        .iter()
        .map(|arm| spelled(interface, &arm.ty))
        .collect();
    page.line(format_args!(
        "throw $.wrongKind(value, {});",
        text::quoted(&expected.join(" or "))
    ));
}

/// What a JSON string may be in memory.
enum Memory {
    Same,
    Bigint,
    Bytes,
}

fn in_memory(interface: &Interface, ty: &Type) -> Memory {
    match ty {
        Type::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64) => Memory::Bigint,
        Type::Bytes => Memory::Bytes,
        Type::Ref(id) => match &interface.type_def(*id).shape {
            Shape::Alias(inner) => in_memory(interface, inner),
            _ => Memory::Same,
        },
        _ => Memory::Same,
    }
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
