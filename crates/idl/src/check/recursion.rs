//! Types that contain themselves: allowed through fields, refused where no value would ever end or where the type is
//! nothing but another name.

use super::relations::Relations;
use super::syntax::{Definition, Form, Node, Sheet};
use crate::refusal::Refusals;
use std::collections::HashSet;

pub(super) fn check(sheet: &Sheet, relations: &Relations<'_>, refusals: &mut Refusals) {
    let mut circular = vec![false; sheet.definitions.len()];
    for (definition, circular) in sheet.definitions.iter().zip(&mut circular) {
        let mut seen = HashSet::new();
        *circular = is_name(definition)
            && names_itself(&definition.node, &definition.name, relations, &mut seen);
        if *circular {
            let what = format!("\"{}\" is another name for itself", definition.name);
            let cure = "make it an object, or a kind union, that holds the inner one in a field or an array";
            refusals.refuse(&definition.node.pointer, what, cure);
        }
    }
    endless(sheet, relations, &circular, refusals);
}

/// Whether a definition makes no type of its own.
fn is_name(definition: &Definition) -> bool {
    !matches!(
        definition.node.form,
        Form::Object(_) | Form::Enum { .. } | Form::OneOf { .. } | Form::AnyOf(_) | Form::Invalid
    )
}

/// Whether the alias can be reached from a node through nothing but aliases, arrays, maps and null.
fn names_itself<'s>(
    node: &'s Node,
    start: &str,
    relations: &Relations<'s>,
    seen: &mut HashSet<&'s str>,
) -> bool {
    match &node.form {
        Form::Ref(name) if name == start => true,
        Form::Ref(name) if !seen.insert(name) => false,
        Form::Ref(name) => relations
            .definition(name)
            .is_some_and(|next| is_name(next) && names_itself(&next.node, start, relations, seen)),
        Form::Array(inner) | Form::Map(inner) | Form::Nullable(inner) => {
            names_itself(inner, start, relations, seen)
        }
        _ => false,
    }
}

/// Refuses types whose every value would contain another value of the type.
fn endless(sheet: &Sheet, relations: &Relations<'_>, circular: &[bool], refusals: &mut Refusals) {
    let mut ends = vec![false; sheet.definitions.len()];
    loop {
        let mut grown = false;
        for (index, definition) in sheet.definitions.iter().enumerate() {
            if !at(&ends, index) && can_end(&definition.node, relations, &ends) {
                if let Some(end) = ends.get_mut(index) {
                    *end = true;
                }
                grown = true;
            }
        }
        if !grown {
            break;
        }
    }
    for (index, definition) in sheet.definitions.iter().enumerate() {
        if !at(&ends, index) && !at(circular, index) {
            let what = format!("a value of \"{}\" would never end", definition.name);
            let cure = "make a field on the way back to it optional or nullable, or an array";
            refusals.refuse(&definition.node.pointer, what, cure);
        }
    }
}

fn at(flags: &[bool], index: usize) -> bool {
    flags.get(index).copied().unwrap_or(true)
}

fn can_end(node: &Node, relations: &Relations<'_>, ends: &[bool]) -> bool {
    match &node.form {
        Form::Ref(name) => relations.index(name).is_none_or(|index| at(ends, index)),
        Form::Object(object) => object
            .fields
            .iter()
            .all(|field| !field.required || can_end(&field.node, relations, ends)),
        Form::OneOf { arms, .. } | Form::AnyOf(arms) => {
            arms.is_empty() || arms.iter().any(|arm| can_end(arm, relations, ends))
        }
        _ => true,
    }
}
