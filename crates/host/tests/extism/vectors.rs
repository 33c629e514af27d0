//! `schema/vectors/extism/cases.json`, played.

use std::sync::{Arc, Mutex};

use crossplug_host::door::wasm::WasmDoor;
use crossplug_host::{Error, PluginError};
use serde_json::{Value, json};

use super::fixtures::kit;
use super::{open, vectors};

#[test]
fn every_case_holds() {
    let text = std::fs::read(vectors("cases.json")).unwrap();
    let cases: Value = serde_json::from_slice(&text).unwrap();
    let mut failed = Vec::new();
    let mut steps = 0;
    for case in cases["cases"].as_array().unwrap() {
        let name = case["case"].as_str().unwrap();
        steps += case["steps"].as_array().map_or(1, Vec::len);
        for what in play(case) {
            failed.push(format!("{name}: {what}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    println!("{steps} steps");
}

fn play(case: &Value) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = match case["wat"].as_str() {
        Some(module) => {
            let path = folder.path().join("module.wat");
            std::fs::write(&path, module).unwrap();
            path
        }
        None => match (&case["kit"], &case["guest"], &case["module"]) {
            (Value::String(file), ..) => kit(file),
            (_, Value::String(name), _) => match guest(name) {
                Some(path) => path,
                None => return Vec::new(),
            },
            (.., module) => vectors(module.as_str().unwrap()),
        },
    };
    let mut manifest = json!({ "wasm": [{ "path": path }] });
    for (member, value) in case["manifest"].as_object().into_iter().flatten() {
        manifest[member] = value.clone();
    }
    let mut door = WasmDoor::from_extism_json(manifest.to_string(), folder.path());
    for (name, said) in case["functions"].as_object().into_iter().flatten() {
        let [receives, returns] =
            ["receives", "returns"].map(|part| said[part].as_str().unwrap().to_owned());
        door = door.function(name, move |arguments| match arguments {
            [one] if *one == receives.as_bytes() => Ok(returns.clone().into_bytes()),
            _ => Err(PluginError::invalid_params("unexpected")),
        });
    }
    let plugin = match (open(door), case.get("load")) {
        (Ok(plugin), None) => plugin,
        (Err(error), Some(expected)) => {
            return differs("load", &Err(error), &json!({ "error": expected }));
        }
        (Ok(_), Some(_)) => return vec!["it loads".to_owned()],
        (Err(error), None) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    for step in case["steps"].as_array().into_iter().flatten() {
        let export = step["call"].as_str().unwrap();
        let input = match step["inputBytes"].as_u64() {
            Some(length) => vec![b'x'; usize::try_from(length).unwrap()],
            None => step["input"]
                .as_str()
                .unwrap_or_default()
                .as_bytes()
                .to_vec(),
        };
        let outcome = plugin.call_raw(export, input).blocking();
        wrong.extend(differs(export, &outcome, step));
    }
    wrong
}

/// A plugin of the Rust SDK as a module: where nobody has built it, a named skip for a person and a failure in CI.
fn guest(name: &str) -> Option<std::path::PathBuf> {
    let path = vectors(&format!("../../../target/guests/{name}.wasm"));
    if path.exists() {
        return Some(path);
    }
    let what = "build the modules first: cargo xtask test --only 'wasm guests'";
    assert!(std::env::var_os("CI").is_none(), "{what}");
    println!("skipped: {what} ({name})");
    None
}

fn differs(what: &str, outcome: &Result<Vec<u8>, Error>, expected: &Value) -> Vec<String> {
    let fits = match (outcome, expected.get("error")) {
        (Ok(output), None) => expected["output"]
            .as_str()
            .is_some_and(|expected| expected.as_bytes() == output),
        (Err(error), Some(expected)) => {
            let answer = error.plugin_error();
            let code = answer.and_then(|answer| answer.details.as_ref()?.get("code").cloned());
            expected["kind"] == error.kind().as_str()
                && expected["contains"]
                    .as_str()
                    .is_none_or(|part| error.context().contains(part))
                && expected["message"]
                    .as_str()
                    .is_none_or(|message| answer.is_some_and(|answer| answer.message == message))
                && (expected["kind"] != "Plugin"
                    || expected.get("contains").is_some()
                    || expected.get("message").is_none()
                    || expected.get("code").cloned() == code)
        }
        _ => false,
    };
    if fits {
        return Vec::new();
    }
    let found = match outcome {
        Ok(output) => format!("output {:?}", String::from_utf8_lossy(output)),
        Err(error) => format!("{error} {:?}", error.plugin_error()),
    };
    vec![format!("`{what}` gave {found}, expected {expected}")]
}

#[test]
fn the_same_file_is_loaded_with_a_hash() {
    let shared = Arc::new(Mutex::new(Vec::new()));
    let load = |hash: &str| {
        let manifest = json!({ "wasm": [{ "path": "probe.wat", "hash": hash }] });
        let outcome = open(WasmDoor::from_extism_json(
            manifest.to_string(),
            vectors(""),
        ));
        shared.lock().unwrap().push(
            outcome
                .as_ref()
                .err()
                .map(Error::context)
                .unwrap_or_default()
                .to_owned(),
        );
        outcome.is_ok()
    };
    assert!(!load("00"));
    let context = shared.lock().unwrap().pop().unwrap();
    assert!(context.contains("Hash mismatch"), "{context}");
    let found = context
        .split("found ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert!(load(&found));
    assert!(load(&found.to_uppercase()));
}
