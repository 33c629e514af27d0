//! The guests inside the published guest kit, `extism-pdk`: programs that others built, unmodified. What they answer is among
//! the vectors; here is what only this host says. The kit's sources are fetched and not compiled for this.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crossplug_host::ErrorKind;
use crossplug_host::door::wasm::WasmDoor;
use serde_json::{Value, json};

use super::open;

/// A file of the kit.
pub(super) fn kit(file: &str) -> PathBuf {
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
fn a_long_text_is_read_as_a_short_one() {
    for file in ["test/code.wasm", "count_vowels.wasm"] {
        let plugin = open(WasmDoor::from_file(kit(file))).unwrap();
        let long = plugin
            .call_raw("count_vowels", "hello ".repeat(100_000))
            .blocking()
            .unwrap();
        let long: Value = serde_json::from_slice(&long).unwrap();
        assert_eq!(long["count"], 200_000, "{file}");
    }
}

#[test]
fn a_function_that_nobody_offers_is_named() {
    let lacking = open(WasmDoor::from_file(kit("test/host_function.wasm"))).unwrap_err();
    assert_eq!(lacking.kind(), ErrorKind::Incompatible);
    assert!(
        lacking.context().contains("extism:host/user::hello_world"),
        "{lacking}"
    );
}

#[test]
fn headers_of_http_can_be_asked_for() {
    assert!(open(WasmDoor::from_file(kit("test/http_headers.wasm"))).is_ok());
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
