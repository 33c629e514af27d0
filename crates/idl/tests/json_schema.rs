//! The generated JSON Schema against the generated vectors: what is valid validates, and what JSON Schema can refuse is
//! refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "shared/corpus.rs"]
mod corpus;

use crossplug_idl::emit::{Layout, Options, Role, json_schema, vectors};
use serde_json::{Value, json};

/// Faults that are of the text itself, or that another reader of JSON does not see.
const OF_THE_TEXT: [&str; 5] = [
    "duplicateKey",
    "loneSurrogate",
    "tooDeep",
    "notFinite",
    "notJson",
];

fn options() -> Options {
    Options {
        header: "test".into(),
        roles: vec![Role::Types],
        layout: Layout::Repository,
        runtime: None,
    }
}

/// What JSON Schema cannot say: days of months, and ranges of decimal strings.
fn inexpressible(case: &Value) -> bool {
    let label = case["case"].as_str().unwrap();
    match case["reason"].as_str().unwrap() {
        "badFormat" => ["2023-02-29", "1900-02-29", "2023-04-31"]
            .iter()
            .any(|day| label.contains(day)),
        "outOfRange" => {
            label.contains("\"9223372036854775808\"")
                || label.contains("\"-9223372036854775809\"")
                || label.contains("\"18446744073709551616\"")
        }
        _ => false,
    }
}

#[test]
fn agrees_with_the_vectors() {
    let (mut accepted, mut refused, mut beyond) = (0, 0, 0);
    for (path, text) in corpus::shipped().into_iter().chain(corpus::hard()) {
        let interface = crossplug_idl::compile(&text, &path).unwrap();
        let schema: Value =
            serde_json::from_str(&json_schema::emit(&interface, &options()).text).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        for file in vectors::emit(&interface) {
            let cases: Value = serde_json::from_str(&file.text).unwrap();
            let wire = cases["type"].as_str().unwrap();
            let one = json!({"$ref": format!("#/$defs/{wire}"), "$defs": schema["$defs"]});
            let validator = jsonschema::draft202012::new(&one).unwrap();
            let read = |case: &Value| match &case["text"] {
                Value::String(text) => serde_json::from_str(text).ok(),
                _ => Some(case["json"].clone()),
            };
            for case in cases["valid"].as_array().unwrap() {
                // The deepest cases are beyond what this reader takes.
                let Some(document) = read(case) else { continue };
                assert!(validator.is_valid(&document), "{}: {case}", file.path);
                accepted += 1;
            }
            for case in cases["invalid"].as_array().unwrap() {
                if OF_THE_TEXT.contains(&case["reason"].as_str().unwrap()) {
                    continue;
                }
                if inexpressible(case) {
                    beyond += 1;
                    continue;
                }
                assert!(
                    !validator.is_valid(&read(case).unwrap()),
                    "{}: {case}",
                    file.path
                );
                refused += 1;
            }
        }
    }
    println!("{accepted} accepted, {refused} refused, {beyond} beyond JSON Schema");
    assert!(accepted > 4_500 && refused > 9_000);
}
