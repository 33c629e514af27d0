//! The guests inside the published guest kit, `extism-pdk`: programs that others built, unmodified. Its sources are a
//! dependency that is fetched and never compiled.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crossplug_host::door::wasm::WasmDoor;
use crossplug_host::{ErrorKind, PluginError};
use serde_json::{Value, json};

use super::{kind, open};

/// A file of the kit.
fn kit(file: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let kit = packages
            .iter()
            .find(|package| package["name"] == "extism-pdk")
            .unwrap();
        PathBuf::from(kit["manifest_path"].as_str().unwrap())
            .parent()
            .unwrap()
            .to_owned()
    });
    folder.join(file)
}

fn manifest(file: &str, further: Value) -> WasmDoor {
    let mut manifest = json!({ "wasm": [{ "path": kit(file) }] });
    for (member, value) in further.as_object().unwrap() {
        manifest[member] = value.clone();
    }
    WasmDoor::from_extism_json(manifest.to_string(), "")
}

#[test]
fn vowels_are_counted() {
    for file in ["test/code.wasm", "count_vowels.wasm"] {
        let plugin = open(WasmDoor::from_file(kit(file))).unwrap();
        for (input, output) in [("hello world", r#"{"count":3}"#), ("", r#"{"count":0}"#)] {
            let counted = plugin.call_raw("count_vowels", input).blocking().unwrap();
            let [counted, output] = [&counted, output.as_bytes()]
                .map(|json| serde_json::from_slice::<Value>(json).unwrap());
            assert_eq!(counted["count"], output["count"], "{file}");
        }
        let long = plugin
            .call_raw("count_vowels", "hello ".repeat(100_000))
            .blocking()
            .unwrap();
        let long: Value = serde_json::from_slice(&long).unwrap();
        assert_eq!(long["count"], 200_000);
        let missing = plugin.call_raw("memory", []).blocking();
        assert_eq!(kind(&missing), "NotFound");
    }
}

#[test]
fn a_function_of_the_host_is_called() {
    let door =
        WasmDoor::from_file(kit("test/host_function.wasm")).function("hello_world", |arguments| {
            match arguments {
                [one] if one == br#"{"count":2}"# => Ok(br#"{"count": 42}"#.to_vec()),
                _ => Err(PluginError::invalid_params("unexpected")),
            }
        });
    let plugin = open(door).unwrap();
    assert_eq!(
        plugin.call_raw("count_vowels", "hello").blocking().unwrap(),
        br#"{"count":42}"#
    );
    let lacking = open(WasmDoor::from_file(kit("test/host_function.wasm"))).unwrap_err();
    assert_eq!(lacking.kind(), ErrorKind::Incompatible);
    assert!(
        lacking.context().contains("extism:host/user::hello_world"),
        "{lacking}"
    );
}

#[test]
fn http_is_denied_and_errors_are_told() {
    let plugin = open(WasmDoor::from_file(kit("test/http.wasm"))).unwrap();
    let empty = plugin.call_raw("http_get", "").blocking().unwrap_err();
    let answer = empty.plugin_error().unwrap();
    assert_eq!(
        answer.message,
        "EOF while parsing a value at line 1 column 0"
    );
    assert_eq!(answer.details.as_ref().unwrap()["code"], -1);
    let request = r#"{"url":"https://example.org/"}"#;
    let denied = plugin.call_raw("http_get", request).blocking();
    assert_eq!(kind(&denied), "Denied");
    assert!(open(WasmDoor::from_file(kit("test/http_headers.wasm"))).is_ok());
}

#[test]
fn memory_has_a_bound() {
    let small = open(manifest(
        "test/code.wasm",
        json!({ "memory": { "max_pages": 1 } }),
    ))
    .unwrap_err();
    assert_eq!(small.kind(), ErrorKind::Limit);
    let plugin = open(manifest(
        "test/code.wasm",
        json!({ "memory": { "max_pages": 25 } }),
    ))
    .unwrap();
    assert_eq!(
        kind(
            &plugin
                .call_raw("count_vowels", vec![b'a'; 2_000_000])
                .blocking()
        ),
        "Limit"
    );
    assert!(plugin.call_raw("count_vowels", "a").blocking().is_ok());
}

#[test]
fn a_manifest_is_held_to_its_word() {
    let kind = |further| {
        open(manifest("test/code.wasm", further))
            .unwrap_err()
            .kind()
    };
    assert_eq!(kind(json!({ "bogus": 1 })), ErrorKind::Manifest);
    assert_eq!(
        kind(json!({ "wasm": [{ "path": kit("test/code.wasm"), "hash": "00" }] })),
        ErrorKind::Manifest
    );
    assert_eq!(kind(json!({ "wasm": [] })), ErrorKind::Manifest);
}
