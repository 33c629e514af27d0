//! A pool: no more plugins at once than it has places, each free again when its plugin has ended, however it did.

use crossplug_host::door::wasm::{WasmDoor, WasmPool};
use crossplug_host::{Error, ErrorKind, Host, Plugin};
use serde_json::json;

use super::guest;

fn host(pool: WasmPool) -> Host {
    Host::builder().door(WasmDoor::new().pool(pool)).build()
}

fn echoes(plugin: &Plugin) {
    let echoed = plugin.call_blocking("test.echo", json!({ "text": "x" }));
    assert_eq!(echoed.unwrap().as_json(), r#"{"text":"x"}"#);
}

fn is_full(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(error.is_retryable(), "{error}");
    assert_eq!(error.plugin_error().unwrap().code, "resourceExhausted");
}

#[test]
fn a_full_pool_takes_the_next_when_one_has_ended() {
    // A module, and the same as a component.
    for name in ["subject", "subject-rust"] {
        let Some(module) = guest(name) else { return };
        let host = host(WasmPool::new(2));
        let load = || host.load(&module).blocking();
        let (first, second) = (load().unwrap(), load().unwrap());
        is_full(&load().unwrap_err());
        // One of its own, each.
        first
            .call_blocking("test.emit", json!({ "times": 3 }))
            .unwrap();
        echoes(&second);
        first.stop_blocking();
        let third = load().unwrap();
        echoes(&third);
        is_full(&load().unwrap_err());
        // Whoever forgets a plugin has stopped it.
        drop((second, third));
        let again = (0..1000).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            load().ok()
        });
        echoes(&again.expect("the places of plugins that nobody holds are free"));
    }
}

#[test]
fn a_plugin_that_broke_down_keeps_its_place() {
    let Some(module) = guest("subject") else {
        return;
    };
    let host = host(WasmPool::new(1));
    let plugin = host.load(&module).blocking().unwrap();
    for _ in 0..3 {
        plugin.call_blocking("test.crash", ()).unwrap_err();
        is_full(&host.load(&module).blocking().unwrap_err());
        echoes(&plugin);
    }
    plugin.stop_blocking();
    echoes(&host.load(&module).blocking().unwrap());
}

#[test]
fn one_that_ended_by_itself_or_never_began_leaves_its_place() {
    let host = host(WasmPool::new(1));
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.wasm");
    std::fs::write(&broken, wat::parse_str(include_str!("broken.wat")).unwrap()).unwrap();
    let never = folder.path().join("never.wasm");
    let text = include_str!("broken.wat").replace(r#"(export "crossplug_turn")"#, "");
    std::fs::write(&never, wat::parse_str(text).unwrap()).unwrap();
    host.load(&never).blocking().unwrap_err();
    let plugin = host.load(&broken).blocking().unwrap();
    let violation = plugin.call_blocking("babble", ()).unwrap_err();
    assert_eq!(violation.kind(), ErrorKind::Protocol, "{violation}");
    // Its handle is still held.
    let next = host.load(&broken).blocking().unwrap();
    next.call_blocking("echo", json!({ "a": 1 })).unwrap();
    drop(plugin);
}

#[test]
fn a_plugin_in_it_has_the_memory_of_its_pool() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("broken.wasm");
    std::fs::write(&module, wat::parse_str(include_str!("broken.wat")).unwrap()).unwrap();
    let little = host(WasmPool::new(1).memory(1 << 16));
    let error = little.load(&module).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    let enough = host(WasmPool::new(1).memory(4 << 20));
    enough.load(&module).blocking().unwrap();
}

#[test]
fn what_is_loaded_is_what_the_file_is_now() {
    let Some(module) = guest("subject") else {
        return;
    };
    let host = host(WasmPool::new(2));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugin.wasm");
    std::fs::copy(&module, &file).unwrap();
    echoes(&host.load(&file).blocking().unwrap());
    std::fs::write(&file, wat::parse_str(include_str!("broken.wat")).unwrap()).unwrap();
    let other = host.load(&file).blocking().unwrap();
    other.call_blocking("echo", json!({ "a": 1 })).unwrap();
}
