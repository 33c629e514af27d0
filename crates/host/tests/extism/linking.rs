//! Several modules of one plugin.

use crossplug_host::door::wasm::WasmDoor;
use crossplug_host::{ErrorKind, Result};
use serde_json::{Value, json};

use super::open;

const TEXT: &str = r#"(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
  (func (export "louder") (param $text i64) (result i64)
    (local $block i64)
    (local.set $block (call $alloc (i64.add (call $length (local.get $text)) (i64.const 1))))
    (call $store (local.get $block) (call $load (local.get $text)))
    (call $store (i64.add (local.get $block) (i64.const 1)) (i32.const 33))
    (local.get $block)))"#;

const MAIN: &str = r#"(module
  (import "text" "louder" (func $louder (param i64) (result i64)))
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (func (export "shout") (result i32)
    (local $block i64)
    (local.set $block (call $louder (call $input)))
    (call $output (local.get $block) (call $length (local.get $block)))
    (i32.const 0)))"#;

fn load(modules: &[(Option<&str>, &str)]) -> Result<crossplug_host::Plugin> {
    let folder = tempfile::tempdir().unwrap();
    let wasm: Vec<Value> = (modules.iter().enumerate())
        .map(|(index, (name, text))| {
            let path = folder.path().join(format!("{index}.wat"));
            std::fs::write(&path, text).unwrap();
            json!({ "path": path, "name": name })
        })
        .collect();
    open(WasmDoor::from_extism_json(
        json!({ "wasm": wasm }).to_string(),
        folder.path(),
    ))
}

#[test]
fn handles_pass_between_modules() {
    for modules in [
        [(Some("text"), TEXT), (None, MAIN)],
        [(Some("main"), MAIN), (Some("text"), TEXT)],
        [(Some("text"), TEXT), (Some("anything"), MAIN)],
    ] {
        let plugin = load(&modules).unwrap();
        assert_eq!(plugin.call_raw("shout", "a").blocking().unwrap(), b"a!");
        assert_eq!(plugin.call_raw("shout", "b").blocking().unwrap(), b"b!");
    }
}

#[test]
fn what_cannot_be_linked_is_refused() {
    let kind = |modules: &[_]| load(modules).unwrap_err().kind();
    assert_eq!(
        kind(&[(Some("a"), TEXT), (Some("a"), TEXT), (None, MAIN)]),
        ErrorKind::Manifest
    );
    assert_eq!(
        kind(&[(Some("other"), TEXT), (None, MAIN)]),
        ErrorKind::Incompatible
    );
    let circle =
        |other: &str| format!(r#"(module (import "{other}" "f" (func)) (func (export "f")))"#);
    let (a, b) = (circle("b"), circle("a"));
    assert_eq!(
        kind(&[(Some("a"), &a), (Some("b"), &b), (None, MAIN)]),
        ErrorKind::Incompatible
    );
    let lacks = r#"(module (func (export "other")))"#;
    assert_eq!(
        kind(&[(Some("text"), lacks), (None, MAIN)]),
        ErrorKind::Incompatible
    );
    let differs = r#"(module (func (export "louder")))"#;
    assert_eq!(
        kind(&[(Some("text"), differs), (None, MAIN)]),
        ErrorKind::Incompatible
    );
}
