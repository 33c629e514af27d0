//! Objects as classes, with the straight-line code that reads and writes them. Knows no other shape.

use super::expression::{Guard, Types, Way, literal};
use super::page::{Page, pointer, quoted};
use crate::model::{Field, Object, Type, TypeDef};

/// One field and what follows from it.
struct Member<'m> {
    field: &'m Field,
    /// `bool | _Unset`
    annotation: String,
    /// A required constant belongs to the class and takes no room in its objects.
    fixed: Option<String>,
}

/// The class of an object.
pub(super) fn emit(page: &mut Page, types: &Types<'_>, def: &TypeDef, object: &Object) {
    let class = &def.name.python;
    let members: Vec<Member<'_>> = object
        .fields
        .iter()
        .map(|field| member(types, field))
        .collect();
    let extra = object.extra.as_ref().map(|name| name.python.as_str());
    page.gap();
    page.line(&format!("class {class}(_Record):"));
    page.docs("    ", &def.description);
    page.blank();
    slots(page, &members, extra);
    fields(page, &members, extra);
    init(page, class, &members, extra);
    read(page, types, class, &members, extra);
    write(page, types, class, &members, extra);
}

fn member<'m>(types: &Types<'_>, field: &'m Field) -> Member<'m> {
    let mut annotation = types.annotation(&field.ty);
    if !field.required {
        annotation.push_str(" | _Unset");
    }
    let fixed = match &field.ty {
        Type::Const(value) if field.required => Some(literal(value)),
        _ => None,
    };
    Member {
        field,
        annotation,
        fixed,
    }
}

fn slots(page: &mut Page, members: &[Member<'_>], extra: Option<&str>) {
    let names: Vec<String> = members
        .iter()
        .filter(|member| member.fixed.is_none())
        .map(|member| member.field.name.python.as_str())
        .chain(extra)
        .map(quoted)
        .collect();
    match names.as_slice() {
        [only] => page.line(&format!("    __slots__ = ({only},)")),
        _ => page.call("    ", "__slots__ = ", &names, ""),
    }
    page.blank();
}

fn fields(page: &mut Page, members: &[Member<'_>], extra: Option<&str>) {
    for Member {
        field,
        annotation,
        fixed,
    } in members
    {
        let name = &field.name.python;
        match fixed {
            Some(value) => page.line(&format!("    {name}: _t.ClassVar[{annotation}] = {value}")),
            None => page.line(&format!("    {name}: _t.Final[{annotation}]")),
        }
        page.docs("    ", &field.description);
    }
    if let Some(extra) = extra {
        page.line(&format!("    {extra}: _t.Final[dict[str, _t.Any]]"));
        page.docs(
            "    ",
            "Members that the document does not name; they are written back.",
        );
    }
    if !members.is_empty() || extra.is_some() {
        page.blank();
    }
}

fn init(page: &mut Page, class: &str, members: &[Member<'_>], extra: Option<&str>) {
    let stored: Vec<&Member<'_>> = members
        .iter()
        .filter(|member| member.fixed.is_none())
        .collect();
    if stored.is_empty() && extra.is_none() {
        return;
    }
    page.line("    def __init__(");
    page.line("        self,");
    page.line("        *,");
    for Member {
        field, annotation, ..
    } in &stored
    {
        let default = if field.required { "" } else { " = _UNSET" };
        page.line(&format!(
            "        {}: {annotation}{default},",
            field.name.python
        ));
    }
    if let Some(extra) = extra {
        page.line(&format!(
            "        {extra}: _t.Mapping[str, _t.Any] | None = None,"
        ));
    }
    page.line("    ) -> None:");
    page.line(&format!("        _set(self, \"__class__\", {class}._twin)"));
    for Member { field, .. } in &stored {
        let name = &field.name.python;
        page.line(&format!("        self.{name} = {name}"));
    }
    if let Some(extra) = extra {
        page.line(&format!(
            "        self.{extra} = {{}} if {extra} is None else dict({extra})"
        ));
    }
    page.line(&format!("        _set(self, \"__class__\", {class})"));
    page.blank();
}

fn read(
    page: &mut Page,
    types: &Types<'_>,
    class: &str,
    members: &[Member<'_>],
    extra: Option<&str>,
) {
    let line = |page: &mut Page, text: &str| page.line(&format!("        {text}"));
    page.line("    @staticmethod");
    page.line("    def _read(value: _t.Any) -> _t.Any:");
    line(page, "if type(value) is not dict:");
    line(page, "    raise _s.wrong(\"an object\", value)");
    line(page, &format!("made = {class}._twin()"));
    let take = match extra {
        Some(_) => {
            line(page, "rest = value.copy()");
            "rest.pop"
        }
        None => "value.get",
    };
    if !members.is_empty() {
        line(page, "at = \"\"");
        line(page, "try:");
        for member in members {
            page.block("            ", &read_member(types, member, take));
        }
        line(page, "except _Refused as error:");
        line(page, "    error.pointer = at + error.pointer");
        line(page, "    raise");
    }
    if let Some(extra) = extra {
        line(page, &format!("made.{extra} = _s.read_extra(rest)"));
    }
    line(page, &format!("made.__class__ = {class}"));
    line(page, "return made");
    page.blank();
}

fn read_member(types: &Types<'_>, member: &Member<'_>, take: &str) -> Vec<String> {
    let Member { field, fixed, .. } = member;
    let (wire, at) = (quoted(&field.wire), pointer(&field.wire));
    let guard = types.guard(&field.ty, Way::Read);
    let read = types.of_x(&field.ty, Way::Read);
    let mut lines = vec![format!("x = {take}({wire}, _UNSET)")];
    let missing = |indent: &str| {
        vec![
            format!("{indent}if x is _UNSET:"),
            format!("{indent}    at = \"\""),
            format!("{indent}    raise _s.missing({wire})"),
        ]
    };
    let checked = |indent: &str| vec![format!("{indent}at = {at}"), format!("{indent}x = {read}")];
    let present = || {
        vec![
            format!("    at = {at}"),
            "    if x is None:".to_owned(),
            "        raise _s.null()".to_owned(),
        ]
    };
    match (field.required, types.takes_null(&field.ty), guard) {
        (true, _, Guard::Never) => lines.extend(missing("")),
        (true, _, Guard::When(guard)) => {
            // What is absent fails every guard, so a value that nothing is wrong with passes one test.
            lines.push(format!("if {guard}:"));
            lines.extend(missing("    "));
            lines.extend(checked("    "));
        }
        (true, _, Guard::Always) => {
            lines.extend(missing(""));
            lines.extend(checked(""));
        }
        (false, _, Guard::Never) => {}
        (false, true, Guard::When(guard)) => {
            lines.push(format!("if ({guard}) and x is not _UNSET:"));
            lines.extend(checked("    "));
        }
        (false, true, Guard::Always) => {
            lines.push("if x is not _UNSET:".to_owned());
            lines.extend(checked("    "));
        }
        (false, false, guard) => {
            lines.push(match guard {
                Guard::When(guard) => format!("if ({guard}) and x is not _UNSET:"),
                _ => "if x is not _UNSET:".to_owned(),
            });
            lines.extend(present());
            lines.push(format!("    x = {read}"));
        }
    }
    if fixed.is_none() {
        lines.push(format!("made.{} = x", field.name.python));
    }
    lines
}

fn write(
    page: &mut Page,
    types: &Types<'_>,
    class: &str,
    members: &[Member<'_>],
    extra: Option<&str>,
) {
    let line = |page: &mut Page, text: &str| page.line(&format!("        {text}"));
    page.line("    @staticmethod");
    page.line("    def _write(value: _t.Any) -> dict[str, _t.Any]:");
    line(page, &format!("if type(value) is not {class}:"));
    line(
        page,
        &format!("    raise _s.unwritable({}, value)", quoted(class)),
    );
    line(page, "made: dict[str, _t.Any] = {}");
    let needs_try = members.iter().any(|member| member.fixed.is_none());
    if needs_try {
        line(page, "x: _t.Any");
        line(page, "at = \"\"");
        line(page, "try:");
    }
    let indent = if needs_try {
        "            "
    } else {
        "        "
    };
    for member in members {
        page.block(indent, &write_member(types, member));
    }
    if needs_try {
        line(page, "except _Refused as error:");
        line(page, "    error.pointer = at + error.pointer");
        line(page, "    raise");
    }
    if let Some(extra) = extra {
        line(page, &format!("for name, x in value.{extra}.items():"));
        line(page, "    made.setdefault(name, x)");
    }
    line(page, "return made");
}

fn write_member(types: &Types<'_>, member: &Member<'_>) -> Vec<String> {
    let Member { field, fixed, .. } = member;
    let (wire, at) = (quoted(&field.wire), pointer(&field.wire));
    if let Some(value) = fixed {
        return vec![format!("made[{wire}] = {value}")];
    }
    let mut lines = vec![format!("x = value.{}", field.name.python)];
    let mut inner = Vec::new();
    let written = types.of_x(&field.ty, Way::Write);
    match types.guard(&field.ty, Way::Write) {
        Guard::Never => {}
        Guard::When(guard) => {
            inner.push(format!("if {guard}:"));
            inner.push(format!("    at = {at}"));
            inner.push(format!("    x = {written}"));
        }
        Guard::Always => {
            inner.push(format!("at = {at}"));
            inner.push(format!("x = {written}"));
        }
    }
    inner.push(format!("made[{wire}] = x"));
    if field.required {
        lines.extend(inner);
    } else {
        lines.push("if x is not _UNSET:".to_owned());
        lines.extend(inner.iter().map(|line| format!("    {line}")));
    }
    lines
}
