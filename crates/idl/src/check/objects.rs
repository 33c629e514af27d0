//! Objects with fields, and maps.

use super::keywords::Keywords;
use super::suggest::nearest;
use super::syntax::{FieldForm, Form, ObjectForm};
use super::types::{Place, needs_name, node};
use crate::refusal::{Refusals, member};
use serde_json::Value;

/// An object or a map.
pub(super) fn object(words: &Keywords<'_>, place: Place, refusals: &mut Refusals) -> Form {
    let has = |key: &str| words.map.contains_key(key);
    if has("additionalProperties") && !has("properties") && !has("required") && !has("x-extra") {
        words.only(
            "a map",
            &["description", "type", "additionalProperties"],
            refusals,
        );
        return map(words, refusals);
    }
    if !has("properties") {
        let cure = "add \"properties\": { … } for an object with fields (empty for none), or \"additionalProperties\": T for a map";
        refusals.refuse(
            words.pointer,
            "an object that does not say what is in it",
            cure,
        );
    }
    needs_name(words, place, "an object", refusals);
    words.only(
        "an object",
        &["description", "type", "properties", "required", "x-extra"],
        refusals,
    );
    let properties = words.named("properties", "fields", refusals);
    let required = words.texts("required", refusals);
    for (index, name) in required.iter().enumerate() {
        if has("properties") && !properties.iter().any(|(known, ..)| *known == name) {
            let what = format!(
                "\"{}\" is required and is not among the properties",
                name.escape_debug()
            );
            let cure = match nearest(name, properties.iter().map(|(known, ..)| known.as_str())) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => "add it to \"properties\", or take it out of \"required\"".to_owned(),
            };
            refusals.refuse(
                &member(&words.at("required"), &index.to_string()),
                what,
                cure,
            );
        }
    }
    let mut fields = Vec::new();
    for (name, value, at) in properties {
        if name.is_empty() {
            refusals.refuse(&at, "a field without a name", "name it");
        }
        let description = match Keywords::open(value, &at, "a type", refusals) {
            Some(field) => field.description("the field", refusals),
            None => continue,
        };
        let node = node(value, &at, Place::Field, refusals);
        let required = required.contains(name);
        fields.push(FieldForm {
            wire: name.clone(),
            description,
            required,
            node,
        });
    }
    Form::Object(ObjectForm {
        fields,
        extra: words.mark("x-extra", refusals),
    })
}

fn map(words: &Keywords<'_>, refusals: &mut Refusals) -> Form {
    let at = words.at("additionalProperties");
    match words.get("additionalProperties") {
        Some(Value::Bool(_)) => {
            let cure = "write the type of the values: {\"x-any\": true} for any, or \"properties\": {} for an object without fields";
            refusals.refuse(&at, "true and false are no types", cure);
            Form::Invalid
        }
        Some(value) => Form::Map(Box::new(node(value, &at, Place::Inline, refusals))),
        None => Form::Invalid,
    }
}
