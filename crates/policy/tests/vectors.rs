//! Plays schema/vectors/patterns.json, schema/vectors/manifests and schema/vectors/paths.json against the crate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

use crossplug_policy::door::{Address, Program, Start};
use crossplug_policy::{Door, Finding, FolderPath, Pattern, Record, Weight, manifest};
use crossplug_protocol::codec;
use crossplug_protocol::generated::manifest::Manifest;
use serde_json::{Value, json};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors")
}

fn read(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn patterns() {
    let document = read(&vectors().join("patterns.json"));
    let cases = document["cases"].as_array().unwrap();
    for case in cases {
        let pattern = Pattern::new(case["pattern"].as_str().unwrap());
        assert_eq!(
            pattern.matches(case["stream"].as_str().unwrap()),
            case["match"].as_bool().unwrap(),
            "{case}"
        );
    }
    for case in document["covers"].as_array().unwrap() {
        let pattern = Pattern::new(case["pattern"].as_str().unwrap());
        let other = Pattern::new(case["other"].as_str().unwrap());
        assert_eq!(
            pattern.covers(&other),
            case["covers"].as_bool().unwrap(),
            "{case}"
        );
    }
    assert!(cases.len() >= 20, "the table of HoloMUSH alone has 20 rows");
}

#[test]
fn paths() {
    let document = read(&vectors().join("paths.json"));
    for case in document["cases"].as_array().unwrap() {
        let path = FolderPath::new(case["path"].as_str().unwrap());
        match case.get("gives").and_then(Value::as_str) {
            Some(expected) => assert_eq!(
                path.as_ref().map(FolderPath::as_str),
                Ok(expected),
                "{case}"
            ),
            None => {
                let refused = path.expect_err(&case.to_string());
                assert_eq!(
                    format!("{:?}", refused.why).to_lowercase(),
                    case["refused"].as_str().unwrap(),
                    "{case}"
                );
                assert!(!refused.why.cure().is_empty());
            }
        }
    }
}

#[test]
fn manifests() {
    let mut count = 0;
    let mut files: Vec<PathBuf> = fs::read_dir(vectors().join("manifests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        play(&name, &read(&path));
        count += 1;
    }
    println!("{count} manifests");
    assert!(count > 0);
}

fn play(name: &str, case: &Value) {
    let text = match (case.get("json"), case.get("text")) {
        (Some(json), None) => json.to_string(),
        (None, Some(text)) => text.as_str().unwrap().to_owned(),
        _ => panic!("{name}: either `json` or `text`"),
    };
    let file = format!("{name}/plugin.json");
    let read = match case.get("told").and_then(Value::as_bool) {
        Some(true) => manifest::read_value(case["json"].clone(), &file),
        _ => manifest::read(text.as_bytes(), &file),
    };
    match read {
        Ok(record) => {
            assert!(
                case.get("errors").is_none(),
                "{name}: it was taken, but errors were expected"
            );
            findings(name, "warnings", case, &record.warnings);
            for member in [
                "manifest",
                "entrance",
                "doors",
                "dependencies",
                "interfaces",
            ] {
                if let Some(expected) = case.get(member) {
                    assert_eq!(&seen(&record, member), expected, "{name}: {member}");
                }
            }
            // A normalised manifest is one that the codec takes, and reading it again changes nothing.
            let written = codec::encode::<Manifest>(&record.manifest).unwrap();
            assert_eq!(
                codec::decode::<Manifest>(&written).unwrap(),
                record.manifest,
                "{name}"
            );
        }
        Err(refused) => {
            assert!(case.get("errors").is_some(), "{name}: refused\n{refused}");
            findings(name, "errors", case, &refused.findings);
        }
    }
    if case.get("strict").is_some() {
        findings(
            name,
            "strict",
            case,
            &manifest::validate(text.as_bytes(), &file),
        );
    }
}

fn findings(name: &str, member: &str, case: &Value, found: &[Finding]) {
    let expected = case
        .get(member)
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let listing: Vec<String> = found.iter().map(ToString::to_string).collect();
    let listing = listing.join("\n");
    assert_eq!(found.len(), expected.len(), "{name}: {member}:\n{listing}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(
            found.pointer,
            expected["pointer"].as_str().unwrap(),
            "{name}: {member}:\n{listing}"
        );
        if let Some(part) = expected.get("says").and_then(Value::as_str) {
            assert!(
                found.to_string().contains(part),
                "{name}: `{found}` does not say `{part}`"
            );
        }
        let weight = match expected.get("weight").and_then(Value::as_str) {
            Some(weight) => weight.to_owned(),
            None if member == "warnings" => Weight::Warning.to_string(),
            None => Weight::Error.to_string(),
        };
        assert_eq!(found.weight.to_string(), weight, "{name}: {found}");
        assert_eq!(found.file, format!("{name}/plugin.json"));
        assert!(
            !found.what.is_empty() && !found.cure.is_empty(),
            "{name}: {found:?}"
        );
    }
}

fn seen(record: &Record, member: &str) -> Value {
    match member {
        "manifest" => codec::encode_value::<Manifest>(&record.manifest).unwrap(),
        "entrance" => Value::String(format!("{:?}", record.entrance).to_lowercase()),
        "doors" => record.doors.iter().map(door).collect(),
        "interfaces" => record.interfaces.iter().map(|(name, versions)| (name.clone(), json!(versions.to_string()))).collect(),
        _ => record
            .dependencies
            .iter()
            .map(|needed| json!({"name": needed.name, "version": needed.version.to_string(), "optional": needed.optional}))
            .collect(),
    }
}

fn door(door: &Door) -> Value {
    let mut shown = match door {
        Door::Process(process) => {
            let mut shown = json!({"dialect": process.dialect, "cwd": process.cwd.as_str()});
            match &process.start {
                Start::Command { program, arguments } => {
                    match program {
                        Program::OnPath(name) => shown["onPath"] = json!(name),
                        Program::Inside(path) => shown["inside"] = json!(path.as_str()),
                        other => panic!("{other:?}"),
                    }
                    shown["arguments"] = json!(arguments);
                }
                Start::Bridge { language, module } => {
                    shown["bridge"] = json!(language.to_string());
                    shown["module"] = json!(module);
                }
                other => panic!("{other:?}"),
            }
            shown
        }
        Door::Wasm(wasm) => json!({"path": wasm.path.as_str(), "abi": wasm.abi}),
        Door::Native(native) => json!({"path": native.path.as_str(), "abi": native.abi}),
        Door::Module(module) => {
            json!({"python": module.python, "typescript": module.typescript.as_ref().map(FolderPath::as_str)})
        }
        Door::Socket(socket) => {
            let mut shown = json!({"dialect": socket.dialect, "listen": if socket.plugin_listens { "plugin" } else { "host" }});
            match &socket.address {
                Address::Unix(path) => shown["unix"] = json!(path.as_str()),
                Address::Tcp(address) => shown["tcp"] = json!(address),
                other => panic!("{other:?}"),
            }
            shown
        }
        other => panic!("{other:?}"),
    };
    shown["door"] = json!(door.kind().as_str());
    shown
}
