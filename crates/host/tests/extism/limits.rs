//! Time, memory, steps, size: each with its kind of error; and the cache.

use std::time::Duration;

use crossplug_host::door::wasm::{WasmDoor, WasmLimits};
use crossplug_host::{ErrorKind, Host};

use super::{kind, open, probe, text};

const SPINS: &str = "(loop $on (br $on))";

#[test]
fn an_endless_loop_at_the_start_ends_the_load() {
    for module in [
        format!("(module (func $start {SPINS}) (start $start))"),
        format!(r#"(module (func (export "_initialize") {SPINS}))"#),
        format!(r#"(module (func (export "__wasm_call_ctors") {SPINS}))"#),
        format!(r#"(module (func (export "hs_init") (param i32 i32) {SPINS}))"#),
    ] {
        let load = Host::builder()
            .build()
            .open("guest", text(&module).no_cache());
        let refused = load
            .start_timeout(Duration::from_millis(100))
            .blocking()
            .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Start, "{module}");
        assert!(refused.context().contains("too long"), "{refused}");
    }
}

#[test]
fn an_endless_loop_in_a_new_instance_ends_the_call() {
    // The first instance comes up; after its trap the next one does not.
    let module = r#"(module
      (import "extism:host/env" "config_get" (func $config (param i64) (result i64)))
      (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
      (import "extism:host/env" "var_get" (func $get (param i64) (result i64)))
      (import "extism:host/user" "first" (func $first (result i64)))
      (func (export "_initialize") (loop $on (br_if $on (i64.eqz (call $first)))))
      (func (export "trap") unreachable)
      (func (export "none")))"#;
    let made = std::sync::atomic::AtomicBool::new(false);
    let door = text(module).function("first", move |_| {
        let first = !made.swap(true, std::sync::atomic::Ordering::Relaxed);
        Ok(if first { b"yes".to_vec() } else { Vec::new() })
    });
    let plugin = open(door).unwrap();
    assert_eq!(kind(&plugin.call_raw("trap", []).blocking()), "Trap");
    let late = plugin
        .call_raw("none", [])
        .timeout(Duration::from_millis(100))
        .blocking();
    assert_eq!(kind(&late), "Deadline");
}

#[test]
fn a_deadline_ends_a_call_on_any_thread_and_the_next_one_is_answered() {
    let plugin = open(probe()).unwrap();
    for _ in 0..3 {
        let late = plugin
            .call_raw("spin", [])
            .timeout(Duration::from_millis(50))
            .blocking();
        assert_eq!(kind(&late), "Deadline");
        assert_eq!(plugin.call_raw("echo", b"x").blocking().unwrap(), b"x");
    }
}

#[test]
fn steps_are_counted_where_that_is_asked_for() {
    let plugin = open(probe().limits(WasmLimits::default().fuel(10_000_000))).unwrap();
    let spent = plugin
        .call_raw("spin", [])
        .no_timeout()
        .blocking()
        .unwrap_err();
    assert_eq!(spent.kind(), ErrorKind::Limit);
    assert!(spent.context().contains("steps"), "{spent}");
    for _ in 0..3 {
        assert!(
            plugin.call_raw("pairs", []).blocking().is_err(),
            "100,000 pairs are more"
        );
        assert_eq!(plugin.call_raw("echo", b"x").blocking().unwrap(), b"x");
    }
}

#[test]
fn an_output_has_a_bound() {
    let plugin = open(probe().limits(WasmLimits::default().output(10))).unwrap();
    assert_eq!(
        plugin.call_raw("echo", [1; 10]).blocking().unwrap(),
        [1; 10]
    );
    assert_eq!(kind(&plugin.call_raw("echo", [1; 11]).blocking()), "Limit");
    assert_eq!(
        plugin.call_raw("echo", [1; 10]).blocking().unwrap(),
        [1; 10]
    );
}

#[test]
fn tables_have_a_bound() {
    let door = |size| {
        text(&format!("(module (table {size} funcref))")).limits(WasmLimits::default().tables(100))
    };
    assert!(open(door(100)).is_ok());
    assert_eq!(open(door(101)).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn a_module_has_a_bound() {
    let door = probe().limits(WasmLimits::default().module(100));
    assert_eq!(open(door).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(
        open(WasmDoor::from_file("there/is/none.wasm"))
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn a_manifest_lowers_a_cap_and_never_raises_one() {
    let manifest = r#"{"wasm":[{"path":"probe.wat"}],"memory":{"max_pages":60000}}"#;
    let door = WasmDoor::from_extism_json(manifest, super::vectors(""));
    let plugin = open(door.limits(WasmLimits::default().memory(1 << 20))).unwrap();
    assert_eq!(kind(&plugin.call_raw("hoard", []).blocking()), "Limit");
}

#[test]
fn a_thousand_loads_leave_nothing() {
    let host = Host::builder().build();
    for _ in 0..1000 {
        let plugin = host
            .open(
                "guest",
                text(r#"(module (func (export "none")))"#).no_cache(),
            )
            .blocking()
            .unwrap();
        plugin.call_raw("none", []).blocking().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn compiled_modules_are_kept_and_a_broken_one_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let load = || {
        let plugin = Host::builder()
            .build()
            .open("guest", probe().cache(&kept))
            .blocking()
            .unwrap();
        assert_eq!(plugin.call_raw("echo", b"x").blocking().unwrap(), b"x");
    };
    let files = || -> Vec<_> {
        std::fs::read_dir(&kept)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    };
    load();
    let [file] = files().try_into().unwrap();
    let whole = std::fs::read(&file).unwrap();
    load();
    assert_eq!(files(), std::slice::from_ref(&file));
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    load();
    assert_eq!(std::fs::read(&file).unwrap().len(), whole.len());
    // Another engine has another key.
    let counting = probe()
        .cache(&kept)
        .limits(WasmLimits::default().fuel(1 << 40));
    Host::builder()
        .build()
        .open("guest", counting)
        .blocking()
        .unwrap();
    assert_eq!(files().len(), 2);
}
