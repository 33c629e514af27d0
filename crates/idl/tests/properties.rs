//! Properties: no text makes the front panic, whatever it accepts every emitter can print, and the hash knows only meaning.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "shared/corpus.rs"]
mod corpus;

use crossplug_idl::driver::{Order, ROLES, codegen};
use crossplug_idl::emit::{Lang, vectors};
use crossplug_idl::pattern::Pattern;
use crossplug_idl::{compile, read};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let texts = corpus::hard().into_iter().chain(corpus::shipped());
    texts
        .map(|(_, text)| serde_json::from_str(&text).unwrap())
        .collect()
});

/// Things that stand, or could stand, in a document.
fn parts() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("type"),
        json!("int64"),
        json!("__proto__"),
        json!("(a|b{2,3})*[^c]"),
        json!("*/ \"\"\" \\"),
        json!([]),
        json!(["a", "A", "a_"]),
        json!({}),
        json!({"description": "D.", "type": "string", "maxLength": 3}),
        json!({"description": "D.", "type": "integer", "format": "uint64"}),
        json!({"description": "D.", "$ref": "#/$defs/Note"}),
        json!({"description": "D.", "oneOf": [{"x-any": true}, {"type": "null"}]}),
        json!({"description": "D.", "type": "array", "items": {"$ref": "#/$defs/Tree"}}),
        json!({"description": "D.", "enum": ["class", "Class", "1"], "x-open": true}),
        json!({"description": "D.", "anyOf": [{"type": "string"}, {"type": "number"}]}),
        json!({"description": "D.", "type": "object", "properties": {}, "x-extra": true}),
        json!({"description": "D.", "const": 7}),
        json!({"description": "D."}),
    ]
}

/// How many values a value holds, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// What happens to one value of a document.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Replace,
    Remove,
    Rename,
    Add,
}

/// Edits the n-th value inside; counts down to it.
fn edit(value: &mut Value, n: &mut usize, how: Edit, part: &Value) -> bool {
    if *n == 0 {
        match (how, value) {
            (Edit::Add, Value::Object(map)) => {
                map.insert("Note".into(), part.clone());
            }
            (Edit::Add, Value::Array(items)) => items.push(part.clone()),
            (_, value) => *value = part.clone(),
        }
        return true;
    }
    *n -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| edit(item, n, how, part)),
        Value::Object(map) => {
            let names: Vec<String> = map.keys().cloned().collect();
            for name in names {
                let here = *n == 0;
                if here && matches!(how, Edit::Remove | Edit::Rename) {
                    let old = map.shift_remove(&name).unwrap();
                    if matches!(how, Edit::Rename) {
                        let name = part
                            .as_str()
                            .map_or_else(|| name.to_uppercase(), str::to_owned);
                        map.insert(name, old);
                    }
                    return true;
                }
                if edit(&mut map[&name], n, how, part) {
                    return true;
                }
            }
            false
        }
        _ => false,
    }
}

/// A document with a few edits.
fn mutants() -> impl Strategy<Value = Value> {
    let edits = prop::collection::vec(
        (
            any::<Index>(),
            select(vec![Edit::Replace, Edit::Remove, Edit::Rename, Edit::Add]),
            select(parts()),
        ),
        0..4,
    );
    (any::<Index>(), edits).prop_map(|(which, edits)| {
        let mut document = DOCUMENTS[which.index(DOCUMENTS.len())].clone();
        for (at, how, part) in edits {
            let mut n = at.index(count(&document));
            edit(&mut document, &mut n, how, &part);
        }
        document
    })
}

fn order() -> Order {
    Order {
        langs: vec![
            Lang::Rust,
            Lang::Python,
            Lang::TypeScript,
            Lang::JsonSchema,
            Lang::Markdown,
        ],
        roles: ROLES.to_vec(),
        runtime: None,
        document: "my.json".into(),
    }
}

/// The value with its objects turned round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(map) => {
            let members: Map<String, Value> = map
                .iter()
                .rev()
                .map(|(name, value)| (name.clone(), reversed(value)))
                .collect();
            members.into()
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,40}|[\\[\\]{}\",:\\\\ue0-9a-f \n.+-]{0,60}") {
        // Whatever this reader takes is JSON for another one too, and the same.
        if let Ok(document) = read::parse(&text, "x") {
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document.root);
        }
    }

    #[test]
    fn no_cut_of_a_document_makes_the_front_panic(which in any::<Index>(), at in any::<Index>(), end in "\\PC{0,3}") {
        let text = DOCUMENTS[which.index(DOCUMENTS.len())].to_string();
        let cut: String = text.chars().take(at.index(text.len())).chain(end.chars()).collect();
        let _verdict = compile(&cut, "x");
    }

    #[test]
    fn every_emitter_prints_what_is_accepted(document in mutants()) {
        match compile(&document.to_string(), "my.json") {
            Err(refusals) => {
                prop_assert!(!refusals.is_empty());
                for refusal in refusals {
                    prop_assert!(!refusal.what.is_empty() && !refusal.cure.is_empty());
                }
            }
            Ok(interface) => {
                prop_assert!(codegen(std::slice::from_ref(&interface), &order()).is_ok());
                for file in vectors::emit(&interface) {
                    serde_json::from_str::<Value>(&file.text).unwrap();
                }
                let again = compile(&reversed(&document).to_string(), "my.json").unwrap();
                prop_assert_eq!(again.hash, interface.hash);
            }
        }
    }

    #[test]
    fn a_pattern_is_refused_or_has_one_spelling(text in "[ab0\\-/.^$*+?()\\[\\]{}|\\\\n,12:é\\u{1}\\u{7f}\\u{2028}]{0,14}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            let spelt = pattern.to_string();
            let again = Pattern::parse(&spelt).unwrap();
            prop_assert_eq!(again.to_string(), spelt);
        }
    }
}

#[test]
fn emission_is_deterministic() {
    for (path, text) in corpus::hard() {
        let once = compile(&text, &path).unwrap();
        let twice = compile(&text, &path).unwrap();
        assert_eq!(
            codegen(std::slice::from_ref(&once), &order()),
            codegen(std::slice::from_ref(&twice), &order())
        );
        assert_eq!(vectors::emit(&once), vectors::emit(&twice));
    }
}
