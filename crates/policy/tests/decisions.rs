//! Plays schema/vectors/grants.json and schema/vectors/doors.json against the crate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::fs;
use std::path::Path;

use crossplug_policy::door::{ModuleLanguage, Wish, choose};
use crossplug_policy::grants::Lack;
use crossplug_policy::{Abilities, Allowed, Grants, Record, Right, manifest};
use crossplug_protocol::codec;
use crossplug_protocol::generated::protocol::Granted;
use serde_json::{Value, json};

fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schema/vectors")
        .join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn record(members: &Value) -> Record {
    let mut document =
        json!({"name": "a", "description": "", "version": "1.0.0", "language": "rust"});
    for (name, value) in members.as_object().unwrap() {
        document[name] = value.clone();
    }
    manifest::read(document.to_string().as_bytes(), "plugin.json")
        .unwrap_or_else(|refused| panic!("{refused}"))
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn triples<'a>(case: &'a Value, member: &str) -> Vec<(Right, &'a str, Option<&'a str>)> {
    let list = case
        .get(member)
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let right = |name: &str| {
        Right::ALL
            .into_iter()
            .find(|right| right.as_str() == name)
            .unwrap()
    };
    list.iter()
        .map(|tried| {
            (
                right(tried[0].as_str().unwrap()),
                tried[1].as_str().unwrap(),
                tried[2].as_str(),
            )
        })
        .collect()
}

#[test]
fn grants() {
    let document = vectors("grants.json");
    let services: Vec<(&str, Option<&str>)> = document["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str()))
        .collect();
    for case in document["cases"].as_array().unwrap() {
        let name = &case["case"];
        let record = record(
            &json!({"doors": {"wasm": {"path": "a.wasm"}}, "permissions": case["permissions"]}),
        );
        let allowed = Allowed::new(
            &record.manifest,
            &Grants::parse(texts(&case["grants"])).unwrap(),
        );
        let ask = |right: Right, tried: &str| match right {
            Right::Service => {
                let permission = services
                    .iter()
                    .find(|(known, _)| *known == tried)
                    .and_then(|(_, permission)| *permission);
                allowed.service(tried, permission)
            }
            right => allowed.check(right, tried),
        };
        for (right, tried, _) in triples(case, "allowed") {
            assert_eq!(ask(right, tried), Ok(()), "{name}: {tried}");
        }
        for (right, tried, lack) in triples(case, "denied") {
            let denial = ask(right, tried).expect_err(&format!("{name}: {tried}"));
            let expected = if lack == Some("notAsked") {
                Lack::NotAsked
            } else {
                Lack::NotGranted
            };
            assert_eq!(
                (denial.right, denial.why),
                (right, expected),
                "{name}: {tried}"
            );
            let text = denial.to_string();
            assert!(text.contains(&format!("`{tried}`")), "{text}");
            assert!(
                text.contains(if expected == Lack::NotAsked {
                    right.member()
                } else {
                    "--grant "
                }),
                "{text}"
            );
        }
        let told = codec::encode_value::<Granted>(&allowed.told(services.clone())).unwrap();
        assert_eq!(told, case["told"], "{name}");
    }
    for bad in texts(&document["badGrants"]) {
        assert_eq!(Grants::parse([&bad]).unwrap_err().grant, bad);
    }
}

#[test]
fn doors() {
    for case in vectors("doors.json")["cases"].as_array().unwrap() {
        let name = &case["case"];
        let mut members = json!({});
        for member in ["doors", "interop", "language"] {
            if let Some(value) = case.get(member) {
                members[member] = value.clone();
            }
        }
        let record = record(&members);
        let wish = Wish {
            door: case["door"].as_str(),
            dialect: case["dialect"].as_str(),
        };
        match choose(&record.doors, &abilities(&case["host"]), wish) {
            Ok(door) => assert_eq!(
                json!([door.kind().as_str(), door.dialect()]),
                case["takes"],
                "{name}"
            ),
            Err(refused) => {
                let part = case["refused"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{name}: {refused}"));
                assert!(refused.to_string().contains(part), "{name}: {refused}");
            }
        }
    }
}

fn abilities(host: &Value) -> Abilities {
    let language = |name: &str| {
        if name == "python" {
            ModuleLanguage::Python
        } else {
            ModuleLanguage::Typescript
        }
    };
    let mut abilities = Abilities::none();
    for (ability, value) in host.as_object().unwrap() {
        abilities = match ability.as_str() {
            "process" => abilities.process(texts(value)),
            "socket" => abilities.socket(texts(value)),
            "wasm" => abilities.wasm(texts(value)),
            "native" => abilities.native(texts(value)),
            "module" => abilities.module(language(value.as_str().unwrap())),
            "bridges" => texts(value).iter().fold(abilities, |abilities, name| {
                abilities.bridge(language(name))
            }),
            other => panic!("{other}"),
        };
    }
    abilities
}

#[test]
fn a_text_that_is_not_json_is_wrong_at_a_line_and_a_column() {
    let refused =
        manifest::read("{\n  \"name\": \"é\" \"x\"".as_bytes(), "plugin.json").unwrap_err();
    let what: Vec<String> = refused.findings.iter().map(ToString::to_string).collect();
    assert_eq!(what.len(), 1);
    assert!(
        what.iter()
            .all(|said| said.contains("in line 2, column 15")),
        "{what:?}"
    );
}
