//! The laws of the IDL: what is accepted, what is refused and with which words, and that the meta-schema agrees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "shared/corpus.rs"]
mod corpus;

use crossplug_idl::{PROTOCOL_CODES, Refusal, compile};
use serde_json::{Value, json};

fn meta_schema() -> jsonschema::Validator {
    let text = std::fs::read_to_string(corpus::schema().join("idl.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn as_json(refusals: &[Refusal]) -> Value {
    let list = refusals.iter().map(
        |refusal| json!({"pointer": refusal.pointer, "what": refusal.what, "cure": refusal.cure}),
    );
    list.collect()
}

#[test]
fn documents_are_accepted_and_fit_the_meta_schema() {
    let meta = meta_schema();
    for (path, text) in corpus::shipped().into_iter().chain(corpus::hard()) {
        compile(&text, &path).unwrap_or_else(|refusals| panic!("{path}: {refusals:#?}"));
        let value: Value = serde_json::from_str(&text).unwrap();
        if let Err(error) = meta.validate(&value) {
            panic!("{path}: {}: {error}", error.instance_path());
        }
    }
}

#[test]
fn refusals_are_those_of_the_table() {
    let meta = meta_schema();
    let table: Vec<Value> = serde_json::from_str(&corpus::data("refusals.json")).unwrap();
    assert!(table.len() > 140);
    for row in &table {
        let case = row["case"].as_str().unwrap();
        let text = match &row["text"] {
            Value::String(text) => text.clone(),
            _ => row["document"].to_string(),
        };
        let refusals = compile(&text, "case.json").expect_err(case);
        assert_eq!(as_json(&refusals), row["refusals"], "{case}");
        if let Some(document) = row.get("document") {
            assert_eq!(
                !meta.is_valid(document),
                row["schemaRefuses"],
                "the meta-schema on: {case}"
            );
        }
    }
}

#[test]
fn a_beginner_hears_of_all_ten_mistakes_at_once() {
    let refusals = compile(&corpus::data("beginner.json"), "beginner.json").unwrap_err();
    assert_eq!(refusals.len(), 10);
    let expected: Value = serde_json::from_str(&corpus::data("beginner.refusals.json")).unwrap();
    assert_eq!(as_json(&refusals), expected);
    assert!(
        !meta_schema().is_valid(&serde_json::from_str(&corpus::data("beginner.json")).unwrap())
    );
}

#[test]
fn a_beginner_who_takes_the_cures_is_accepted() {
    let text = corpus::data("beginner.json")
        .replace("\"idl\": 1", "\"idl\": \"1\"")
        .replace("Task List", "task-list")
        .replace("add_task", "addTask")
        .replace("returns", "result")
        .replace(
            r#"{ "type": "object", "properties": { "title": { "description": "What to do.", "type": "string" } } }"#,
            r##"{ "$ref": "#/$defs/AddTaskParams" }"##,
        )
        .replace("#/$defs/Taks", "#/$defs/Task")
        .replace(r#""type": "integer" }"#, r#""type": "integer", "format": "int64" }"#)
        .replace(r#", "required": true"#, "")
        .replace(r#""type": ["string", "null"]"#, r#""oneOf": [{ "type": "string" }, { "type": "null" }]"#)
        .replace(r#""format": "email""#, r#""pattern": "[^@]+@[^@]+""#)
        .replace(
            r#""$defs": {"#,
            r#""$defs": { "AddTaskParams": { "description": "A new task.", "type": "object",
                "properties": { "title": { "description": "What to do.", "type": "string" } } },"#,
        );
    let interface = compile(&text, "beginner.json").unwrap();
    assert_eq!(interface.methods[0].name.rust, "add_task");
    assert_eq!(interface.stem, "TaskList");
}

#[test]
fn the_codes_are_those_of_the_protocol() {
    let text = std::fs::read_to_string(corpus::schema().join("protocol.json")).unwrap();
    let protocol: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        protocol["$defs"]["ErrorCode"]["enum"],
        json!(PROTOCOL_CODES)
    );
    let meta = std::fs::read_to_string(corpus::schema().join("idl.schema.json")).unwrap();
    let meta: Value = serde_json::from_str(&meta).unwrap();
    assert_eq!(
        meta["$defs"]["ownCode"]["not"]["enum"],
        json!(PROTOCOL_CODES)
    );
}

#[test]
fn the_hash_is_of_the_meaning() {
    let (_, text) = corpus::hard()
        .into_iter()
        .find(|(path, _)| path.ends_with("note.json"))
        .unwrap();
    let hash = |text: &str| compile(text, "note.json").unwrap().hash;
    let original = hash(&text);
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value.sort_all_objects();
    assert_eq!(
        hash(&value.to_string()),
        original,
        "order of keys and white space"
    );
    value["$defs"]["Note"]["properties"]["title"]["description"] = "Said otherwise.".into();
    value["description"] = "Said otherwise.".into();
    assert_eq!(hash(&value.to_string()), original, "descriptions");
    value["methods"]["note.create"]["timeoutMs"] = json!(5000.0);
    assert_eq!(hash(&value.to_string()), original, "5000.0 is 5000");
    value["methods"]["note.create"]["timeoutMs"] = json!(5001);
    assert_ne!(hash(&value.to_string()), original, "a deadline");
}

/// A document in which each definition refers to the next one.
fn chain(length: usize, link: impl Fn(String) -> Value) -> String {
    let mut defs = serde_json::Map::new();
    for index in 0..length {
        defs.insert(format!("D{index}"), link(format!("#/$defs/D{}", index + 1)));
    }
    defs.insert(
        format!("D{length}"),
        json!({"description": "D.", "type": "boolean"}),
    );
    json!({"idl": "1", "name": "chain", "version": "1.0.0", "description": "D.", "$defs": defs})
        .to_string()
}

#[test]
fn long_chains_of_references_are_followed_or_refused() {
    let alias = |next: String| json!({"description": "D.", "$ref": next});
    let object = |next: String| json!({"description": "D.", "type": "object", "properties": {"f": {"description": "D.", "$ref": next}}});
    compile(&chain(1_999, alias), "chain.json").unwrap();
    compile(&chain(1_999, object), "chain.json").unwrap();
    let refusals = compile(&chain(100_000, alias), "chain.json").unwrap_err();
    assert!(
        refusals[0].what.contains("2000 definitions"),
        "{}",
        refusals[0]
    );
}
