//! Enums: their classes, and the functions that read and write them. Knows no other shape.

use super::aliases::head;
use super::page::{Page, quoted};
use crate::model::{Enum, TypeDef};

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

pub(super) fn enum_functions(page: &mut Page, def: &TypeDef, set: &Enum) {
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
