//! Tagged unions: the class that keeps unknown arms, and the functions that choose an arm. Knows arms by name alone.

use super::aliases::head;
use super::expression::{Types, literal};
use super::page::{Page, pointer, quoted};
use crate::model::{ConstValue, Shape, TaggedUnion, TypeDef, TypeId};

/// What an open union keeps an unknown arm in: the name of its class.
pub(super) fn unknown_class(types: &Types<'_>, def: &TypeDef) -> String {
    types.free(&format!("Unknown{}", def.name.python))
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

pub(super) fn tagged_functions(
    page: &mut Page,
    types: &Types<'_>,
    def: &TypeDef,
    union: &TaggedUnion,
) {
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
            "        return {}(value=_s.read_any(x))",
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
