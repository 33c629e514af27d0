//! What the generated types say about themselves through schemars, against the JSON Schema of the documents.

#![cfg(feature = "schemars")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::Path;

use crossplug_protocol::generated::schemas;
use serde_json::{Map, Value, json};

/// The documents' side: without prose, without the grammars that a format's name stands for, and with definitions that
/// are only other names for a type written out.
fn of_document(schema: &Value, defs: &Map<String, Value>, own: &Map<String, Value>) -> Value {
    match schema {
        Value::Object(members) => {
            if let Some(name) = members
                .get("$ref")
                .and_then(|target| target.as_str()?.strip_prefix("#/$defs/"))
                && !own.contains_key(name)
            {
                return of_document(&defs[name], defs, own);
            }
            let mut plain: Map<String, Value> = Map::new();
            for (name, member) in members {
                match name.as_str() {
                    // A member may well be called `description`; prose is text.
                    "description" if member.is_string() => {}
                    "pattern"
                        if members.contains_key("format")
                            || members.contains_key("contentEncoding") => {}
                    // The format's grammar and the document's own pattern.
                    "allOf" => {
                        plain.insert("pattern".into(), member[1]["pattern"].clone());
                    }
                    _ => {
                        plain.insert(name.clone(), of_document(member, defs, own));
                    }
                }
            }
            Value::Object(plain)
        }
        Value::Array(list) => list
            .iter()
            .map(|schema| of_document(schema, defs, own))
            .collect(),
        other => other.clone(),
    }
}

/// Members of an object have no order, and neither has `required`.
fn sorted(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            names
                .into_iter()
                .map(|name| {
                    let mut member = sorted(&members[name]);
                    if name == "required"
                        && let Some(list) = member.as_array_mut()
                    {
                        list.sort_by_key(ToString::to_string);
                    }
                    (name.clone(), member)
                })
                .collect::<Map<String, Value>>()
                .into()
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn what_schemars_says_equals_the_idl() {
    let mut compared = 0;
    for (interface, schema) in schemas() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../../schema/json-schema/{interface}.schema.json"));
        let document: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let (defs, own) = (
            document["$defs"].as_object().unwrap(),
            schema.as_object().unwrap(),
        );
        for (name, ours) in own {
            let theirs = sorted(&of_document(&defs[name], defs, own));
            assert_eq!(sorted(ours), theirs, "{interface}/{name}");
            compared += 1;
        }
        for (name, theirs) in defs {
            // Everything but other names for a type has a Rust type, and therefore a schema.
            let is_alias = !own.contains_key(name);
            let is_type = ["properties", "oneOf", "enum"]
                .iter()
                .any(|member| theirs.get(member).is_some());
            assert!(
                !(is_alias && is_type),
                "{interface}/{name} has no Rust type"
            );
        }
    }
    println!("{compared} types compared");
    assert!(compared > 150, "{compared}");
}

#[test]
fn a_schema_validates_as_a_whole() {
    use crossplug_protocol::generated::conformance::Echo;
    let schema = schemars::schema_for!(Echo).to_value();
    assert_eq!(
        schema["properties"]["color"],
        json!({ "$ref": "#/$defs/Color" })
    );
    assert!(schema["$defs"]["Tree"]["properties"]["left"].is_object());
}
