//! How the arms of unions are told apart.

use super::relations::{Relations, walk};
use super::syntax::{Form, Node, ObjectForm, Sheet};
use crate::model::{ConstValue, Kind};
use crate::refusal::Refusals;

pub(super) fn check(sheet: &Sheet, relations: &Relations<'_>, refusals: &mut Refusals) {
    for definition in &sheet.definitions {
        walk(&definition.node, &mut |node| match &node.form {
            Form::OneOf { arms, .. } => tagged(node, arms, relations, refusals),
            Form::AnyOf(arms) => kinds(node, arms, relations, refusals),
            _ => {}
        });
    }
}

/// The object of each arm of a tagged union; none where one is refused elsewhere.
fn objects<'n>(
    arms: &'n [Node],
    relations: &Relations<'n>,
    mut refused: impl FnMut(&Node, &str),
) -> Option<Vec<&'n ObjectForm>> {
    let mut objects = Vec::new();
    let mut whole = true;
    for arm in arms {
        let Form::Ref(name) = &arm.form else {
            whole = false;
            continue;
        };
        match relations
            .definition(name)
            .map(|definition| &definition.node.form)
        {
            Some(Form::Object(object)) => objects.push(object),
            Some(Form::Invalid) | None => whole = false,
            Some(_) => {
                refused(arm, name);
                whole = false;
            }
        }
    }
    whole.then_some(objects)
}

/// The constant of a required field.
pub(crate) fn constant<'n>(
    object: &'n ObjectForm,
    field: &str,
    relations: &Relations<'n>,
) -> Option<&'n ConstValue> {
    let field = object
        .fields
        .iter()
        .find(|candidate| candidate.wire == field && candidate.required)?;
    match &relations.resolve(&field.node)?.form {
        Form::Const(value) => Some(value),
        _ => None,
    }
}

/// Constants of one JSON kind, all different.
fn tells_apart(values: &[&ConstValue]) -> bool {
    let one_kind = values.windows(2).all(
        |pair| matches!(pair, [a, b] if std::mem::discriminant(*a) == std::mem::discriminant(*b)),
    );
    one_kind
        && values
            .iter()
            .enumerate()
            .all(|(index, value)| !values.iter().take(index).any(|other| other == value))
}

/// The fields by which the arms of a tagged union can be told apart.
pub(crate) fn tags<'n>(arms: &'n [Node], relations: &Relations<'n>) -> Vec<&'n str> {
    let Some(objects) = objects(arms, relations, |_, _| {}) else {
        return Vec::new();
    };
    let Some(first) = objects.first() else {
        return Vec::new();
    };
    first
        .fields
        .iter()
        .map(|field| field.wire.as_str())
        .filter(|field| {
            let values: Vec<&ConstValue> = objects
                .iter()
                .filter_map(|object| constant(object, field, relations))
                .collect();
            values.len() == objects.len() && tells_apart(&values)
        })
        .collect()
}

fn tagged(node: &Node, arms: &[Node], relations: &Relations<'_>, refusals: &mut Refusals) {
    for (index, arm) in arms.iter().enumerate() {
        if let Form::Ref(name) = &arm.form
            && arms
                .iter()
                .take(index)
                .any(|other| matches!(&other.form, Form::Ref(known) if known == name))
        {
            refusals.refuse(
                &arm.pointer,
                format!("\"{name}\" is an arm already"),
                "keep it once",
            );
            return;
        }
    }
    let mut found = Vec::new();
    let known = objects(arms, relations, |arm, name| {
        found.push((arm.pointer.clone(), name.to_owned()))
    });
    for (pointer, name) in found {
        let what = format!("an arm of a tagged union must be an object, and \"{name}\" is not");
        let cure = "write \"anyOf\" for types of different JSON kinds; list the arms of an inner union here themselves";
        refusals.refuse(&pointer, what, cure);
    }
    if known.is_none() {
        return;
    }
    match tags(arms, relations).as_slice() {
        [_] => {}
        [] => {
            let cure = "give every arm the same required field with a constant of its own, such as \"type\": {\"const\": \"circle\"}, all of one kind";
            refusals.refuse(
                &node.pointer,
                "nothing tells the arms of the union apart",
                cure,
            );
        }
        [first, second, ..] => {
            let what = format!("both \"{first}\" and \"{second}\" tell the arms apart");
            let cure = "let one field do it: make the other one a string or leave it out";
            refusals.refuse(&node.pointer, what, cure);
        }
    }
}

fn kinds(node: &Node, arms: &[Node], relations: &Relations<'_>, refusals: &mut Refusals) {
    if arms.len() == 1 {
        refusals.refuse(
            &node.pointer,
            "a kind union with one arm",
            "write the type itself",
        );
    }
    let mut taken: Vec<Kind> = Vec::new();
    for arm in arms {
        let Some(resolved) = relations.resolve(arm) else {
            continue;
        };
        let refusal = match &resolved.form {
            Form::Any => Some((
                "any value as an arm of a kind union",
                "write {\"x-any\": true} instead of the union",
            )),
            Form::Nullable(_) => Some((
                "a nullable arm of a kind union",
                "take null out of the arm and write {\"oneOf\": [{\"$ref\": the union}, {\"type\": \"null\"}]} where null is allowed",
            )),
            Form::AnyOf(_) => Some((
                "a kind union as an arm of another",
                "list its arms here themselves",
            )),
            _ => None,
        };
        if let Some((what, cure)) = refusal {
            refusals.refuse(&arm.pointer, what, cure);
        }
        let Some(kind) = relations.kind(arm) else {
            continue;
        };
        if taken.contains(&kind) {
            let (name, note) = match kind {
                Kind::Boolean => ("boolean", ""),
                Kind::Number => ("number", " (integer and number are one)"),
                Kind::String => (
                    "string",
                    " (int64, uint64, bytes and enums are strings too)",
                ),
                Kind::Array => ("array", ""),
                Kind::Object => ("object", " (maps are objects too)"),
            };
            let what = format!("two arms of JSON kind {name}{note}");
            let cure = "keep one arm of each kind; make objects a tagged union of their own";
            refusals.refuse(&arm.pointer, what, cure);
        }
        taken.push(kind);
    }
}
