//! What holds for every pattern, path and manifest, whatever is in them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::time::{Duration, Instant};

use crossplug_policy::{FolderPath, Pattern, manifest};
use crossplug_protocol::codec;
use crossplug_protocol::generated::manifest::Manifest;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The rule itself, without any cleverness.
fn by_the_rule(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|taken| by_the_rule(rest, &text[taken..])),
        Some((letter, rest)) => text.first() == Some(letter) && by_the_rule(rest, &text[1..]),
    }
}

/// A manifest that uses everything once.
fn full() -> Value {
    let document: Value = serde_json::from_str(include_str!(
        "../../../schema/vectors/manifests/design.json"
    ))
    .unwrap();
    let mut manifest = document["json"].clone();
    manifest["interop"] =
        json!({"protocol": "ipc", "ipcCommand": "python3 a.py", "ipcPort": 1, "cwd": "b"});
    manifest["providers"] = json!([{"name": "P", "position": 1}]);
    manifest["evaluators"] = json!([{"name": "E", "description": "", "similes": null}]);
    manifest["services"] = json!([{"type": "s"}]);
    manifest["routes"] = json!([{"path": "/a", "type": "GET"}]);
    manifest["events"] = json!({"MESSAGE": ["h"]});
    manifest
}

fn places(value: &Value, pointer: &str, all: &mut Vec<String>) {
    all.push(pointer.to_owned());
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, inner)| places(inner, &format!("{pointer}/{name}"), all)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(at, inner)| places(inner, &format!("{pointer}/{at}"), all)),
        _ => {}
    }
}

fn strange() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1.5)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!("../x")),
        Just(json!("*")),
        Just(json!([])),
        Just(json!([null])),
        Just(json!({})),
        Just(json!([[{}]])),
        Just(json!({"a": null})),
        "\\PC{0,8}".prop_map(Value::String),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patterns_follow_the_rule(pattern in "[ab*é]{0,7}", text in "[ab*é]{0,9}") {
        let letters = |text: &str| text.chars().collect::<Vec<char>>();
        let expected = by_the_rule(&letters(&pattern), &letters(&text));
        prop_assert_eq!(Pattern::new(pattern).matches(&text), expected);
    }

    #[test]
    fn what_is_covered_matches(wide in "[ab*]{0,6}", narrow in "[ab*]{0,6}", text in "[abc]{0,8}") {
        let (wide, narrow) = (Pattern::new(wide), Pattern::new(narrow));
        if wide.covers(&narrow) && narrow.matches(&text) {
            prop_assert!(wide.matches(&text));
        }
    }

    #[test]
    fn paths_stay_inside(text in "[a./\\\\:~C]{0,12}") {
        if let Ok(path) = FolderPath::new(&text) {
            let mut depth = 0_i32;
            for part in path.as_str().split('/') {
                prop_assert!(!part.is_empty());
                depth += match part { ".." => -1, "." => 0, _ => 1 };
                prop_assert!(depth >= 0);
            }
            prop_assert!(!path.as_str().starts_with(['/', '~']) || path.as_str().starts_with("~") && path.as_str().len() > 1);
            prop_assert_eq!(FolderPath::new(path.as_str()), Ok(path.clone()));
        }
    }

    /// Nothing that is put anywhere into a manifest makes the reader panic, loop, refuse without a word, or find a
    /// mistake where there is nothing.
    #[test]
    fn damaged_manifests(picks in prop::collection::vec((any::<prop::sample::Index>(), strange()), 1..6)) {
        let mut document = full();
        for (pick, value) in picks {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            let pointer = pick.get(&all).clone();
            *document.pointer_mut(&pointer).unwrap() = value;
        }
        let text = document.to_string();
        match manifest::read(text.as_bytes(), "plugin.json") {
            Ok(record) => {
                let written = codec::encode_value::<Manifest>(&record.manifest).unwrap();
                let again = manifest::read(written.to_string().as_bytes(), "plugin.json").unwrap();
                prop_assert_eq!(again.manifest, record.manifest);
                prop_assert_eq!(again.doors, record.doors);
            }
            Err(refused) => {
                prop_assert!(!refused.findings.is_empty());
                for found in &refused.findings {
                    let parent = found.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                    prop_assert!(document.pointer(parent).is_some(), "{found} in {text}");
                    prop_assert!(!found.what.is_empty() && !found.cure.is_empty());
                }
            }
        }
        let _ = manifest::validate(text.as_bytes(), "plugin.json");
    }
}

/// A manifest that is as bad as a megabyte can be does not keep a host busy.
#[test]
fn a_hostile_manifest_is_refused_soon() {
    let many = |one: &str, count: usize| vec![one; count].join(",");
    let documents = [
        format!(r#"{{"dependencies":[{}]}}"#, many("7", 400_000)),
        format!(
            r#"{{"dependencies":[{}]}}"#,
            (0..90_000)
                .map(|at| format!("\"d{at}\""))
                .collect::<Vec<_>>()
                .join(",")
        ),
        format!(r#"{{"actions":[{}]}}"#, many("{}", 300_000)),
        format!(
            "{{{}}}",
            (0..80_000)
                .map(|at| format!("\"do{at:x}\":1"))
                .collect::<Vec<_>>()
                .join(",")
        ),
        format!(
            r#"{{"name":"a","description":"","version":"1.0.0","language":"rust","routes":[{}]}}"#,
            many(r#"{"type":null}"#, 70_000)
        ),
    ];
    for document in documents {
        let begin = Instant::now();
        let refused = manifest::read(document.as_bytes(), "plugin.json").unwrap_err();
        assert!(refused.findings.len() <= 100);
        let took = begin.elapsed();
        println!("{} bytes: {took:?}", document.len());
        assert!(
            took < Duration::from_secs(20),
            "{took:?} for {}",
            document.get(..60).unwrap_or_default()
        );
    }
    assert!(manifest::read(&vec![b' '; manifest::MOST_BYTES + 1], "plugin.json").is_err());
}
