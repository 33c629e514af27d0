//! The forms with arms: tagged unions, kind unions, nullable types. How arms are told apart is a question for `unions`.

use super::keywords::Keywords;
use super::syntax::{Form, Node};
use super::types::{Place, needs_name, node};
use crate::refusal::{Refusals, member};
use serde_json::Value;

/// The arms of a union.
fn arms<'d>(
    words: &Keywords<'d>,
    key: &str,
    refusals: &mut Refusals,
) -> Option<Vec<(&'d Value, String)>> {
    let at = words.at(key);
    match words.get(key).and_then(Value::as_array) {
        Some(arms) if !arms.is_empty() => Some(
            arms.iter()
                .enumerate()
                .map(|(index, arm)| (arm, member(&at, &index.to_string())))
                .collect(),
        ),
        _ => {
            refusals.refuse(
                &at,
                format!("\"{key}\" without arms"),
                "list the types in an array",
            );
            None
        }
    }
}

fn is_null(value: &Value) -> bool {
    value.get("type").is_some_and(|kind| kind == "null")
}

pub(super) fn one_of(words: &Keywords<'_>, place: Place, refusals: &mut Refusals) -> Form {
    let Some(arms) = arms(words, "oneOf", refusals) else {
        return Form::Invalid;
    };
    if !arms.iter().any(|(arm, _)| is_null(arm)) {
        needs_name(words, place, "a tagged union", refusals);
        words.only(
            "a tagged union",
            &["description", "oneOf", "x-open"],
            refusals,
        );
        let arms = arms
            .iter()
            .map(|(arm, at)| union_arm(arm, at, refusals))
            .collect();
        return Form::OneOf {
            arms,
            open: words.mark("x-open", refusals),
        };
    }
    words.only("a nullable type", &["description", "oneOf"], refusals);
    let mut others = arms.iter().filter(|(arm, _)| !is_null(arm));
    match (others.next(), others.next(), arms.len()) {
        (Some((arm, at)), None, 2) => {
            if let Some((null, at)) = arms.iter().find(|(arm, _)| is_null(arm))
                && let Some(null) = Keywords::open(null, at, "a type", refusals)
            {
                null.only("null", &["description", "type"], refusals);
            }
            Form::Nullable(Box::new(node(arm, at, Place::Inline, refusals)))
        }
        _ => {
            refusals.refuse(
                &words.at("oneOf"),
                "null belongs beside exactly one other type",
                "give the union of the others a name in \"$defs\" and write {\"oneOf\": [{\"$ref\": …}, {\"type\": \"null\"}]}",
            );
            Form::Invalid
        }
    }
}

/// An arm of a tagged union is nothing but a reference.
fn union_arm(value: &Value, at: &str, refusals: &mut Refusals) -> Node {
    if value.get("$ref").is_none() {
        let cure = "name it in \"$defs\" and refer to it; for types of different JSON kinds write \"anyOf\"";
        refusals.refuse(at, "an arm of a tagged union that is not a reference", cure);
        return Node {
            pointer: at.to_owned(),
            form: Form::Invalid,
        };
    }
    node(value, at, Place::Inline, refusals)
}

pub(super) fn any_of(words: &Keywords<'_>, place: Place, refusals: &mut Refusals) -> Form {
    needs_name(words, place, "a kind union", refusals);
    words.only("a kind union", &["description", "anyOf"], refusals);
    let Some(arms) = arms(words, "anyOf", refusals) else {
        return Form::Invalid;
    };
    let mut nodes = Vec::new();
    for (arm, at) in arms {
        if is_null(arm) {
            let cure = "take it out and write {\"oneOf\": [{\"$ref\": the union}, {\"type\": \"null\"}]} where null is allowed";
            refusals.refuse(&at, "null as an arm of a kind union", cure);
        } else {
            nodes.push(node(arm, &at, Place::Inline, refusals));
        }
    }
    Form::AnyOf(nodes)
}
