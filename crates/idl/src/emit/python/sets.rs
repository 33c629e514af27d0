//! Enums, unions and aliases: their classes, the functions that read and write them, and the names that stand for them.

use std::collections::HashSet;

use super::expression::{Guard, Types, Way, literal};
use super::page::{Page, pointer, quoted};
use crate::model::{
    ConstValue, Enum, IntegerFormat, Kind, KindUnion, Shape, TaggedUnion, Type, TypeDef, TypeId,
};

/// The class of an enum.
pub(super) fn enumeration(page: &mut Page, def: &TypeDef, set: &Enum) {
    let class = &def.name.python;
    page.gap();
    page.line(&format!(
        "class {class}({}):",
        if set.open { "_OpenEnum" } else { "_ClosedEnum" }
    ));
    page.docs("    ", &def.description);
    page.blank();
    if !set.open {
        for value in &set.values {
            page.line(&format!(
                "    {} = {}",
                value.name.python,
                quoted(&value.wire)
            ));
        }
        return;
    }
    page.line("    __slots__ = ()");
    page.blank();
    let wires: Vec<String> = set.values.iter().map(|value| quoted(&value.wire)).collect();
    page.call(
        "    ",
        "_known = frozenset",
        &[format!(
            "({}{})",
            wires.join(", "),
            if wires.len() == 1 { "," } else { "" }
        )],
        "",
    );
    for value in &set.values {
        page.line(&format!("    {}: _t.ClassVar[{class}]", value.name.python));
    }
    page.gap();
    for value in &set.values {
        page.line(&format!(
            "{class}.{} = {class}({})",
            value.name.python,
            quoted(&value.wire)
        ));
    }
}

/// What an open union keeps an unknown arm in: the name of its class.
pub(super) fn unknown_class(types: &Types<'_>, def: &TypeDef) -> String {
    let mut name = format!("Unknown{}", def.name.python);
    while types
        .interface
        .types
        .iter()
        .any(|other| other.name.python == name)
    {
        name.push('_');
    }
    name
}

/// The class of an open union's unknown arms.
pub(super) fn unknown(page: &mut Page, types: &Types<'_>, def: &TypeDef, union: &TaggedUnion) {
    if !union.open {
        return;
    }
    page.gap();
    page.line(&format!("class {}(_Unknown):", unknown_class(types, def)));
    page.docs(
        "    ",
        &format!(
            "A `{}` whose `{}` the document does not name; `value` is the object as it came.",
            def.wire, union.tag
        ),
    );
    page.blank();
    page.line("    __slots__ = ()");
    page.blank();
    page.line(&format!("    TAG = {}", quoted(&union.tag)));
    let mut tag = tag_attribute(types, union).to_owned();
    if tag == "tag" {
        return;
    }
    if tag == "value" {
        tag.push('_');
    }
    page.blank();
    page.line("    @property");
    page.line(&format!("    def {tag}(self) -> _t.Any:"));
    page.docs("        ", "The tag, as it came.");
    page.line("        return self.tag");
}

/// What the arms call their tag.
fn tag_attribute<'t>(types: &'t Types<'_>, union: &TaggedUnion) -> &'t str {
    union
        .arms
        .first()
        .and_then(|arm| match &types.interface.type_def(arm.ty).shape {
            Shape::Object(object) => object.fields.iter().find(|field| field.wire == union.tag),
            _ => None,
        })
        .map_or("tag", |field| field.name.python.as_str())
}

/// The assignments that give unions and aliases their names, each after those that it needs.
pub(super) fn names(page: &mut Page, types: &Types<'_>) {
    let mut done = HashSet::new();
    for index in 0..types.interface.types.len() {
        name(page, types, TypeId(index), &mut done, &mut Vec::new());
    }
}

/// Whether the name can be an expression, which `isinstance` takes; one that goes through itself must be text.
fn name(
    page: &mut Page,
    types: &Types<'_>,
    id: TypeId,
    done: &mut HashSet<TypeId>,
    open: &mut Vec<TypeId>,
) -> bool {
    let def = types.interface.type_def(id);
    let parts: Vec<&Type> = match &def.shape {
        Shape::TaggedUnion(_) => Vec::new(),
        Shape::KindUnion(union) => union.arms.iter().map(|arm| &arm.ty).collect(),
        Shape::Alias(ty) => vec![ty],
        Shape::Object(_) | Shape::Enum(_) => return true,
    };
    if open.contains(&id) {
        return false;
    }
    if done.contains(&id) {
        return true;
    }
    open.push(id);
    let mut plain = true;
    for part in parts {
        plain &= references(part)
            .into_iter()
            .all(|part| name(page, types, part, done, open));
    }
    open.pop();
    done.insert(id);
    let annotation = match &def.shape {
        Shape::TaggedUnion(union) => {
            let mut arms: Vec<String> = union
                .arms
                .iter()
                .map(|arm| types.interface.type_def(arm.ty).name.python.clone())
                .collect();
            if union.open {
                arms.push(unknown_class(types, def));
            }
            arms.join(" | ")
        }
        Shape::KindUnion(union) => kinds(types, union),
        Shape::Alias(ty) => types.annotation(ty),
        Shape::Object(_) | Shape::Enum(_) => String::new(),
    };
    plain &= !annotation.contains("_t.") && !annotation.contains("None");
    let value = if plain {
        annotation
    } else {
        quoted(&annotation)
    };
    page.blank();
    page.line(&format!("{}: _t.TypeAlias = {value}", def.name.python));
    page.docs("", &def.description);
    true
}

/// The arms of a kind union as an annotation; constants share one `Literal`.
fn kinds(types: &Types<'_>, union: &KindUnion) -> String {
    let constants: Vec<String> = union
        .arms
        .iter()
        .filter_map(|arm| match &arm.ty {
            Type::Const(value) => Some(literal(value)),
            _ => None,
        })
        .collect();
    let mut parts: Vec<String> = union
        .arms
        .iter()
        .filter(|arm| !matches!(arm.ty, Type::Const(_)))
        .map(|arm| types.annotation(&arm.ty))
        .collect();
    if !constants.is_empty() {
        parts.push(format!("_t.Literal[{}]", constants.join(", ")));
    }
    parts.join(" | ")
}

fn references(ty: &Type) -> Vec<TypeId> {
    match ty {
        Type::Ref(id) => vec![*id],
        Type::Array(inner) | Type::Map(inner) | Type::Nullable(inner) => references(inner),
        _ => Vec::new(),
    }
}

/// The functions that read and write what is no class of its own.
pub(super) fn functions(page: &mut Page, types: &Types<'_>, def: &TypeDef) {
    match &def.shape {
        Shape::Object(_) => {}
        Shape::Enum(set) => enum_functions(page, def, set),
        Shape::TaggedUnion(union) => tagged_functions(page, types, def, union),
        Shape::KindUnion(union) => kind_functions(page, types, def, union),
        Shape::Alias(ty) => {
            for (verb, way) in [("read", Way::Read), ("write", Way::Write)] {
                head(page, verb, def);
                match types.guard(ty) {
                    Guard::Never => {}
                    Guard::Always => page.line(&format!("    x = {}", types.of_x(ty, way))),
                    Guard::When(guard) => {
                        page.line(&format!("    if {guard}:"));
                        page.line(&format!("        x = {}", types.of_x(ty, way)));
                    }
                }
                page.line("    return x");
            }
        }
    }
}

fn head(page: &mut Page, verb: &str, def: &TypeDef) {
    page.gap();
    page.line(&format!(
        "def _{verb}_{}(x: _t.Any) -> _t.Any:",
        def.name.python
    ));
}

fn enum_functions(page: &mut Page, def: &TypeDef, set: &Enum) {
    let class = &def.name.python;
    if !set.open {
        page.gap();
        page.line(&format!("_TABLE_{class} = {class}.table()"));
    }
    head(page, "read", def);
    if set.open {
        page.line("    if type(x) is not str:");
        page.line("        raise _s.wrong(\"a string\", x)");
        page.line(&format!("    return {class}(x)"));
    } else {
        page.line(&format!(
            "    found = _TABLE_{class}.get(x) if type(x) is str else None"
        ));
        page.line(&format!(
            "    return _s.read_enum(x, _TABLE_{class}) if found is None else found"
        ));
    }
    head(page, "write", def);
    if set.open {
        page.line("    return _s.read_str(x)");
    } else {
        page.line(&format!(
            "    return x._value_ if type(x) is {class} else _s.write_enum(x, _TABLE_{class})"
        ));
    }
}

fn tagged_functions(page: &mut Page, types: &Types<'_>, def: &TypeDef, union: &TaggedUnion) {
    let name = &def.name.python;
    let class = |id: TypeId| types.interface.type_def(id).name.python.as_str();
    let text = union
        .arms
        .iter()
        .all(|arm| matches!(arm.tag, ConstValue::String(_)));
    page.gap();
    page.line(&format!("_TAGS_{name}: dict[_t.Any, _t.Any] = {{"));
    for arm in &union.arms {
        page.line(&format!(
            "    {}: {}._read,",
            key(&arm.tag, text),
            class(arm.ty)
        ));
    }
    page.line("}");
    page.line(&format!("_ARMS_{name}: dict[type, _t.Any] = {{"));
    for arm in &union.arms {
        page.line(&format!("    {arm}: {arm}._write,", arm = class(arm.ty)));
    }
    if union.open {
        page.line(&format!(
            "    {class}: {class}._write,",
            class = unknown_class(types, def)
        ));
    }
    page.line("}");
    head(page, "read", def);
    page.line("    if type(x) is not dict:");
    page.line("        raise _s.wrong(\"an object\", x)");
    let tag = quoted(&union.tag);
    page.line(&format!("    tag = x.get({tag}, _UNSET)"));
    if text {
        page.line(&format!(
            "    read = _TAGS_{name}.get(tag) if type(tag) is str else None"
        ));
    } else {
        page.line(&format!("    read = _TAGS_{name}.get(_s.tag_key(tag))"));
    }
    page.line("    if read is None:");
    let at = pointer(&union.tag);
    let error = format!("_s.no_arm(tag, {tag}, {at}, _TAGS_{name})");
    if union.open {
        page.line(&format!("        error = {error}"));
        page.line("        if error.reason != \"unknownTag\":");
        page.line("            raise error");
        page.line(&format!(
            "        return {}(value=x)",
            unknown_class(types, def)
        ));
    } else {
        page.line(&format!("        raise {error}"));
    }
    page.line("    return read(x)");
    head(page, "write", def);
    page.line(&format!("    write = _ARMS_{name}.get(type(x))"));
    page.line("    if write is None:");
    page.line(&format!(
        "        raise _s.unwritable({}, x)",
        quoted(&arms_text(types, def, union))
    ));
    page.line("    return write(x)");
}

/// `True == 1` in Python, so a tag that may be either is looked up with its kind.
fn key(tag: &ConstValue, text: bool) -> String {
    match tag {
        _ if text => literal(tag),
        ConstValue::String(_) => format!("(str, {})", literal(tag)),
        ConstValue::Integer(_) => format!("(int, {})", literal(tag)),
        ConstValue::Boolean(_) => format!("(bool, {})", literal(tag)),
    }
}

fn arms_text(types: &Types<'_>, def: &TypeDef, union: &TaggedUnion) -> String {
    let arms: Vec<&str> = union
        .arms
        .iter()
        .map(|arm| types.interface.type_def(arm.ty).name.python.as_str())
        .collect();
    format!("{} ({})", def.name.python, arms.join(", "))
}

fn kind_functions(page: &mut Page, types: &Types<'_>, def: &TypeDef, union: &KindUnion) {
    head(page, "read", def);
    page.line("    kind = type(x)");
    for arm in &union.arms {
        let test = match arm.kind {
            Kind::Boolean => "kind is bool",
            Kind::Number => "kind is int or kind is float",
            Kind::String => "kind is str",
            Kind::Array => "kind is list",
            Kind::Object => "kind is dict",
        };
        page.line(&format!("    if {test}:"));
        let read = types.of_x(&arm.ty, Way::Read);
        if needs_mark(types, union, &arm.ty) {
            page.line(&format!("        return _LongText({read})"));
        } else if is_plain(types, arm.kind, &arm.ty) {
            page.line("        return x");
        } else {
            page.line(&format!("        return {read}"));
        }
    }
    let kinds: Vec<&str> = union
        .arms
        .iter()
        .map(|arm| match arm.kind {
            Kind::Boolean => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        })
        .collect();
    page.line(&format!(
        "    raise _s.wrong({}, x)",
        quoted(&kinds.join(" or "))
    ));
    head(page, "write", def);
    // bool before int, and marked integers before others.
    let mut arms: Vec<_> = union.arms.iter().collect();
    arms.sort_by_key(|arm| {
        (
            arm.kind != Kind::Boolean,
            !needs_mark(types, union, &arm.ty),
            arm.kind == Kind::Number,
        )
    });
    for arm in arms {
        let test = if needs_mark(types, union, &arm.ty) {
            "type(x) is _LongText".to_owned()
        } else {
            python_test(types, &arm.ty)
        };
        page.line(&format!("    if {test}:"));
        page.line(&format!(
            "        return {}",
            types.of_x(&arm.ty, Way::Write)
        ));
    }
    page.line(&format!(
        "    raise _s.unwritable({}, x)",
        quoted(&def.name.python)
    ));
}

/// Whether a value of the JSON kind is one of the type as it is.
fn is_plain(types: &Types<'_>, kind: Kind, ty: &Type) -> bool {
    match (kind, types.guard(ty)) {
        (Kind::Boolean, Guard::When(guard)) => guard == "type(x) is not bool",
        (Kind::String, Guard::When(guard)) => guard == "type(x) is not str",
        (Kind::Array, Guard::When(guard)) => guard == "type(x) is not list",
        (Kind::Object, Guard::When(guard)) => guard == "type(x) is not dict",
        _ => false,
    }
}

/// A 64-bit integer beside a smaller one: both are `int` in Python, and only a mark says which was text on the wire.
fn needs_mark(types: &Types<'_>, union: &KindUnion, ty: &Type) -> bool {
    let is_long = matches!(
        resolved(types, ty),
        Type::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64)
    );
    is_long
        && union.arms.iter().any(|arm| {
            arm.kind == Kind::Number && !matches!(resolved(types, &arm.ty), Type::Number)
        })
}

fn resolved<'t>(types: &'t Types<'_>, ty: &'t Type) -> &'t Type {
    match ty {
        Type::Ref(id) => match &types.interface.type_def(*id).shape {
            Shape::Alias(inner) => resolved(types, inner),
            _ => ty,
        },
        _ => ty,
    }
}

/// The test by which a Python value belongs to an arm.
fn python_test(types: &Types<'_>, ty: &Type) -> String {
    match resolved(types, ty) {
        Type::Boolean | Type::Const(ConstValue::Boolean(_)) => "type(x) is bool".to_owned(),
        Type::Integer(_) | Type::Const(ConstValue::Integer(_)) => "isinstance(x, int)".to_owned(),
        Type::Number => "isinstance(x, (int, float))".to_owned(),
        Type::String(_) | Type::Const(ConstValue::String(_)) => "isinstance(x, str)".to_owned(),
        Type::Bytes => "isinstance(x, (bytes, bytearray, memoryview))".to_owned(),
        Type::Array(_) => "isinstance(x, (list, tuple))".to_owned(),
        Type::Map(_) => "isinstance(x, dict)".to_owned(),
        Type::Nullable(_) | Type::Any => "True".to_owned(),
        Type::Ref(id) => {
            let def = types.interface.type_def(*id);
            match def.shape {
                Shape::Enum(_) => "isinstance(x, str)".to_owned(),
                Shape::TaggedUnion(_) => format!("type(x) in _ARMS_{}", def.name.python),
                _ => format!("type(x) is {}", def.name.python),
            }
        }
    }
}
