//! The names that stand for unions and aliases, and the functions that read and write what is no class of its own.

use std::collections::HashSet;

use super::expression::{Guard, Types, Way};
use super::page::{Page, quoted};
use super::{enums, kinds, tagged};
use crate::model::{Shape, Type, TypeDef, TypeId};

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
                arms.push(tagged::unknown_class(types, def));
            }
            arms.join(" | ")
        }
        Shape::KindUnion(union) => kinds::annotation(types, union),
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
        Shape::Enum(set) => enums::enum_functions(page, def, set),
        Shape::TaggedUnion(union) => tagged::tagged_functions(page, types, def, union),
        Shape::KindUnion(union) => kinds::kind_functions(page, types, def, union),
        Shape::Alias(ty) => {
            for (verb, way) in [("read", Way::Read), ("write", Way::Write)] {
                head(page, verb, def);
                match types.guard(ty, way) {
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

pub(super) fn head(page: &mut Page, verb: &str, def: &TypeDef) {
    page.gap();
    page.line(&format!(
        "def _{verb}_{}(x: _t.Any) -> _t.Any:",
        def.name.python
    ));
}
