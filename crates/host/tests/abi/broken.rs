//! Guests that loop, grow, trap, panic or lie: whoever called learns why, and the next call finds a fresh guest.

use std::future::IntoFuture as _;
use std::time::{Duration, Instant};

use crossplug_host::door::Patience;
use crossplug_host::door::wasm::{WasmDoor, WasmLimits};
use crossplug_host::{ErrorKind, Host, Plugin};
use serde_json::json;

use super::subject;
use super::waiting::wait_for_all;

/// Written by hand, so that they need no compiler and break what no compiler would: one guest, as a module and as a component.
const GUESTS: [&str; 2] = [
    include_str!("broken.wat"),
    include_str!("broken-component.wat"),
];

fn broken(text: &str) -> Plugin {
    let door = WasmDoor::from_bytes(text);
    let second = Duration::from_millis(200);
    let patience = Patience {
        shutdown: second,
        end_of_input: second,
        terminate: second,
    };
    let limits = WasmLimits::default().memory(8 << 20);
    let host = Host::builder().patience(patience).build();
    host.open("broken", door.no_cache().limits(limits))
        .blocking()
        .unwrap()
}

fn echoes(plugin: &Plugin) {
    let echoed = plugin.call_blocking("echo", json!({ "a": 1 })).unwrap();
    assert_eq!(echoed.as_json(), r#"{"a":1}"#);
}

#[test]
fn each_way_to_break_has_its_error_and_a_fresh_guest_goes_on() {
    for text in GUESTS {
        let plugin = broken(text);
        echoes(&plugin);
        for (method, kind) in [
            ("loop", ErrorKind::Deadline),
            ("grow", ErrorKind::Limit),
            ("trap", ErrorKind::Trap),
            ("lie", ErrorKind::Protocol),
            ("hang", ErrorKind::Deadline),
        ] {
            let call = || plugin.call(method, ()).timeout(Duration::from_millis(100));
            assert_eq!(call().blocking().unwrap_err().kind(), kind, "{method}");
            echoes(&plugin);
            let awaited = wait_for_all([call().into_future()]).remove(0);
            assert_eq!(awaited.unwrap_err().kind(), kind, "{method}, awaited");
            echoes(&plugin);
        }
        let large = json!({ "large": "x".repeat(100_000) });
        let large = plugin.call_blocking("echo", large).unwrap_err();
        // A component can only trap where it has no room for what comes in.
        let expected = [ErrorKind::Limit, ErrorKind::Trap];
        assert_eq!(large.kind(), expected[usize::from(text == GUESTS[1])]);
        echoes(&plugin);
        assert!(plugin.stop_blocking().error.is_none());
    }
}

#[test]
fn other_calls_of_a_lost_guest_may_be_tried_again() {
    for text in GUESTS {
        let plugin = broken(text);
        let mut hangs = plugin.call("hang", ()).into_future();
        assert!(hangs.wait_within(Duration::from_millis(20)).is_none());
        let trapped = plugin.call_blocking("trap", ()).unwrap_err();
        assert_eq!(trapped.kind(), ErrorKind::Trap);
        let lost = wait_for_all([hangs]).remove(0).unwrap_err();
        let said = lost.plugin_error().unwrap();
        assert_eq!((said.code.as_str(), said.retryable), ("unavailable", true));
        echoes(&plugin);
    }
}

#[test]
fn what_is_no_json_ends_the_plugin() {
    for text in GUESTS {
        let plugin = broken(text);
        let babble = plugin.call_blocking("babble", ()).unwrap_err();
        assert_eq!(babble.kind(), ErrorKind::Protocol);
        let ending = plugin.wait_blocking();
        assert_eq!(ending.error.unwrap().kind(), ErrorKind::Protocol);
        assert!(!plugin.is_alive());
    }
}

#[test]
fn a_stop_does_not_wait_for_a_loop() {
    for text in GUESTS {
        let plugin = broken(text);
        std::thread::scope(|scope| {
            let looping = scope.spawn(|| plugin.call("loop", ()).no_timeout().blocking());
            std::thread::sleep(Duration::from_millis(50));
            let begin = Instant::now();
            let ending = plugin.stop_blocking();
            assert!(ending.error.is_none() && begin.elapsed() < Duration::from_secs(20));
            let stopped = looping.join().unwrap().unwrap_err();
            assert_eq!(stopped.kind(), ErrorKind::Cancelled);
        });
    }
}

#[test]
fn a_panic_is_the_error_that_it_is_elsewhere() {
    let Some(plugin) = subject(&Host::builder().build()) else {
        return;
    };
    let mut hangs = plugin.call("test.hang", ()).into_future();
    assert!(hangs.wait_within(Duration::from_millis(20)).is_none());
    let crashed = plugin.call_blocking("test.crash", ()).unwrap_err();
    let said = crashed.plugin_error().expect("an error of the plugin's");
    assert_eq!(said.code, "internal");
    assert_eq!(said.message, "panic: crash on purpose");
    let lost = wait_for_all([hangs]).remove(0).unwrap_err();
    assert_eq!(lost.plugin_error().unwrap().code, "unavailable");
    let echoed = plugin.call_blocking("test.echo", json!({ "text": "x" }));
    assert_eq!(echoed.unwrap().as_json(), r#"{"text":"x"}"#);
    let awaited = wait_for_all([plugin.call("test.crash", ()).into_future()]).remove(0);
    assert_eq!(
        awaited.unwrap_err().plugin_error().unwrap().code,
        "internal"
    );
}

#[test]
fn what_is_no_plugin_is_told_what_it_lacks() {
    let open = |text: &str| {
        let door = WasmDoor::from_bytes(text).no_cache();
        Host::builder().build().open("x", door).blocking()
    };
    for (text, lacks) in [
        ("(component)", "crossplug:plugin/guest@1.0.0"),
        (
            r#"(component (instance $guest) (export "crossplug:plugin/guest@1.0.0" (instance $guest)))"#,
            "`begin`",
        ),
    ] {
        let refused = open(text).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Incompatible);
        assert!(refused.context().contains(lacks), "{refused}");
    }
    // A function of another type than the world says.
    let narrower = GUESTS[1].replace(
        r#"(param "timeout" (option u64))"#,
        r#"(param "timeout" (option u32))"#,
    );
    let narrower = narrower.replace(
        "(param i64 i32 i64 i64) (result i32)",
        "(param i64 i32 i32 i64) (result i32)",
    );
    let refused = open(&narrower).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Incompatible);
    assert!(refused.context().contains("`call`"), "{refused}");
}
