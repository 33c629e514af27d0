//! What the parts of a document say about each other: references, parameters, error codes.

use super::suggest::nearest;
use super::syntax::{Definition, Form, MethodForm, Node, Sheet};
use crate::model::Kind;
use crate::refusal::{Refusals, member};
use std::collections::HashMap;

/// The definitions by name.
pub(crate) struct Relations<'s> {
    definitions: &'s [Definition],
    by_name: HashMap<&'s str, usize>,
}

impl<'s> Relations<'s> {
    pub(crate) fn new(sheet: &'s Sheet) -> Self {
        let by_name = sheet
            .definitions
            .iter()
            .enumerate()
            .map(|(index, definition)| (definition.name.as_str(), index))
            .collect();
        Self {
            definitions: &sheet.definitions,
            by_name,
        }
    }

    /// Index of a definition.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// What a definition is called.
    pub(crate) fn definition(&self, name: &str) -> Option<&'s Definition> {
        self.index(name)
            .and_then(|index| self.definitions.get(index))
    }

    /// The form behind references to aliases. None where there is none, or where they run in a circle.
    pub(crate) fn resolve<'n>(&self, node: &'n Node) -> Option<&'n Node>
    where
        's: 'n,
    {
        let mut node = node;
        for _ in 0..=self.definitions.len() {
            match &node.form {
                Form::Ref(name) => node = &self.definition(name)?.node,
                Form::Invalid => return None,
                _ => return Some(node),
            }
        }
        None
    }

    /// The JSON kind of a type; none for nullable, any, kind unions and what is refused elsewhere.
    pub(crate) fn kind(&self, node: &Node) -> Option<Kind> {
        use crate::model::{ConstValue, IntegerFormat};
        Some(match &self.resolve(node)?.form {
            Form::Boolean | Form::Const(ConstValue::Boolean(_)) => Kind::Boolean,
            Form::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64)
            | Form::String(_)
            | Form::Bytes
            | Form::Enum { .. }
            | Form::Const(ConstValue::String(_)) => Kind::String,
            Form::Integer(_) | Form::Number | Form::Const(ConstValue::Integer(_)) => Kind::Number,
            Form::Array(_) => Kind::Array,
            Form::Map(_) | Form::Object(_) | Form::OneOf { .. } => Kind::Object,
            Form::Any | Form::Nullable(_) | Form::AnyOf(_) | Form::Ref(_) | Form::Invalid => {
                return None;
            }
        })
    }
}

/// Every node inside a node, itself first.
pub(crate) fn walk<'n>(node: &'n Node, visit: &mut impl FnMut(&'n Node)) {
    visit(node);
    match &node.form {
        Form::Array(inner) | Form::Map(inner) | Form::Nullable(inner) => walk(inner, visit),
        Form::Object(object) => object
            .fields
            .iter()
            .for_each(|field| walk(&field.node, visit)),
        Form::OneOf { arms, .. } | Form::AnyOf(arms) => {
            arms.iter().for_each(|arm| walk(arm, visit))
        }
        _ => {}
    }
}

/// Every node of the document.
fn walk_all<'s>(sheet: &'s Sheet, visit: &mut impl FnMut(&'s Node)) {
    for method in sheet.methods.iter().chain(&sheet.services) {
        method.nodes().for_each(|node| walk(node, visit));
    }
    sheet
        .events
        .iter()
        .filter_map(|event| event.payload.as_ref())
        .for_each(|node| walk(node, visit));
    sheet
        .errors
        .iter()
        .filter_map(|error| error.details.as_ref())
        .for_each(|node| walk(node, visit));
    sheet
        .definitions
        .iter()
        .for_each(|definition| walk(&definition.node, visit));
}

pub(super) fn check(sheet: &Sheet, relations: &Relations<'_>, refusals: &mut Refusals) {
    walk_all(sheet, &mut |node| match &node.form {
        Form::Ref(name) if relations.index(name).is_none() => {
            let names = sheet
                .definitions
                .iter()
                .map(|definition| definition.name.as_str());
            let cure = match nearest(name, names) {
                Some(meant) => format!("did you mean \"#/$defs/{meant}\"?"),
                None => format!("add \"{}\" to \"$defs\"", name.escape_debug()),
            };
            let what = format!("there is no definition \"{}\"", name.escape_debug());
            refusals.refuse(&member(&node.pointer, "$ref"), what, cure);
        }
        Form::Nullable(inner) => nullable(node, inner, relations, refusals),
        _ => {}
    });
    for method in sheet.methods.iter().chain(&sheet.services) {
        params(method, relations, refusals);
        codes(method, sheet, refusals);
    }
}

fn nullable(node: &Node, inner: &Node, relations: &Relations<'_>, refusals: &mut Refusals) {
    let what = match relations.resolve(inner).map(|node| &node.form) {
        Some(Form::Nullable(_)) => "a nullable type made nullable again",
        Some(Form::Any) => "any value made nullable, which it is already",
        _ => return,
    };
    refusals.refuse(&node.pointer, what, "keep the inner type alone");
}

fn params(method: &MethodForm, relations: &Relations<'_>, refusals: &mut Refusals) {
    let Some(node) = &method.params else { return };
    let Form::Ref(name) = &node.form else { return };
    if let Some(definition) = relations.definition(name)
        && !matches!(definition.node.form, Form::Object(_) | Form::Invalid)
    {
        let what = format!("params must be an object, and \"{name}\" is not");
        let cure =
            "refer to a definition with \"properties\"; put what you have into one of its fields";
        refusals.refuse(&node.pointer, what, cure);
    }
}

fn codes(method: &MethodForm, sheet: &Sheet, refusals: &mut Refusals) {
    for (index, code) in method.errors.iter().enumerate() {
        if sheet.errors.iter().any(|error| error.wire == *code) {
            continue;
        }
        let at = member(&member(&method.pointer, "errors"), &index.to_string());
        if super::envelope::PROTOCOL_CODES.contains(&code.as_str()) {
            let what = format!("\"{code}\" is a code of the protocol itself");
            refusals.refuse(
                &at,
                what,
                "remove it: every method may answer with it anyway",
            );
            continue;
        }
        let cure = match nearest(code, sheet.errors.iter().map(|error| error.wire.as_str())) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => "declare it under \"errors\" of the document".to_owned(),
        };
        let what = format!("the document declares no error \"{}\"", code.escape_debug());
        refusals.refuse(&at, what, cure);
    }
}
