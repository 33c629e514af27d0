//! Who may call when, and what becomes of calls: bytes and JSON, blocking and awaited, many at once, cancelled, stopped.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crossplug_host::door::memory::MemoryDoor;
use crossplug_host::{ErrorKind, Host, Plugin};

use super::{kind, open, probe, text};

fn block_on<F: IntoFuture>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future.into_future());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

#[test]
fn bytes_come_back_as_they_are_blocking_and_awaited() {
    let plugin = open(probe()).unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(
        plugin.call_raw("echo", bytes.clone()).blocking().unwrap(),
        bytes
    );
    assert_eq!(
        block_on(plugin.call_raw("echo", bytes.clone())).unwrap(),
        bytes
    );
    let large = vec![7; 5_000_000];
    assert_eq!(
        plugin.call_raw("echo", large.clone()).blocking().unwrap(),
        large
    );
    assert_eq!(plugin.introduction().dialect, "extism/1");
    assert!(plugin.ping_blocking().is_ok());
}

#[test]
fn json_goes_both_ways_and_what_is_none_is_said() {
    let plugin = open(probe()).unwrap();
    let params = serde_json::json!({ "a": [1, "ü"] });
    assert_eq!(
        plugin
            .call_blocking("echo", &params)
            .unwrap()
            .value()
            .unwrap(),
        params
    );
    assert_eq!(plugin.call_blocking("none", ()).unwrap().as_json(), "null");
    let refused = plugin.call_blocking("mid_out", ()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Protocol);
    assert!(refused.context().contains("call_raw"), "{refused}");
}

#[test]
fn a_door_that_carries_json_takes_no_bytes() {
    let plugin = Host::builder()
        .build()
        .open("memory", MemoryDoor::new())
        .blocking()
        .unwrap();
    let refused = plugin.call_raw("echo", b"x").blocking();
    assert_eq!(kind(&refused), "Incompatible");
    assert_eq!(
        kind(&block_on(plugin.call_raw("echo", b"x"))),
        "Incompatible"
    );
}

#[test]
fn there_are_no_events_and_no_streams() {
    let plugin = open(probe()).unwrap();
    assert_eq!(
        plugin.emit("e", (), None).unwrap_err().kind(),
        ErrorKind::Incompatible
    );
}

fn together(plugin: &Plugin, awaited: bool) {
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            scope.spawn(move || {
                for call in 0..100_u32 {
                    let input = format!("{thread}:{call}");
                    let sent = plugin.call_raw("echo", input.clone());
                    let output = if awaited {
                        block_on(sent)
                    } else {
                        sent.blocking()
                    };
                    assert_eq!(output.unwrap(), input.as_bytes());
                }
            });
        }
    });
}

#[test]
fn calls_at_the_same_time_get_their_own_answers() {
    for instances in [1, 3] {
        let plugin = open(probe().instances(instances)).unwrap();
        together(&plugin, false);
        together(&plugin, true);
    }
}

#[test]
fn one_instance_is_one_state_and_more_have_their_own() {
    let plugin = open(probe()).unwrap();
    for expected in [b"1", b"2", b"3"] {
        assert_eq!(block_on(plugin.call_raw("count", [])).unwrap(), expected);
    }
}

#[test]
fn a_call_that_waits_for_its_turn_keeps_its_deadline() {
    let plugin = open(probe()).unwrap();
    let other = plugin.clone();
    let busy = std::thread::spawn(move || {
        other
            .call_raw("spin", [])
            .timeout(Duration::from_millis(600))
            .blocking()
    });
    while plugin
        .call_raw("none", [])
        .timeout(Duration::from_millis(20))
        .blocking()
        .is_ok()
    {}
    let late = plugin
        .call_raw("none", [])
        .timeout(Duration::from_millis(20))
        .blocking();
    assert_eq!(kind(&late), "Deadline");
    let late = block_on(
        plugin
            .call_raw("none", [])
            .timeout(Duration::from_millis(20)),
    );
    assert_eq!(kind(&late), "Deadline");
    assert_eq!(kind(&busy.join().unwrap()), "Deadline");
    assert!(plugin.call_raw("none", []).blocking().is_ok());
}

#[test]
fn a_call_that_is_dropped_is_cancelled() {
    let plugin = open(probe()).unwrap();
    let mut spinning = Box::pin(plugin.call_raw("spin", []).no_timeout().into_future());
    assert!(
        spinning
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    let mut waiting = Box::pin(plugin.call_raw("none", []).no_timeout().into_future());
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    drop(spinning);
    assert_eq!(block_on(waiting).unwrap(), b"");
    assert_eq!(
        plugin
            .call_raw("echo", b"on")
            .no_timeout()
            .blocking()
            .unwrap(),
        b"on"
    );
}

#[test]
fn a_stop_ends_what_runs_and_what_waits() {
    let host = Host::builder().patience(crossplug_host::door::Patience {
        shutdown: Duration::from_millis(50),
        ..Default::default()
    });
    let plugin = host
        .build()
        .open("guest", probe().no_cache())
        .blocking()
        .unwrap();
    let mut spinning = Box::pin(plugin.call_raw("spin", []).no_timeout().into_future());
    assert!(
        spinning
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    let mut waiting = Box::pin(plugin.call_raw("none", []).no_timeout().into_future());
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert!(plugin.stop_blocking().error.is_none());
    assert_eq!(kind(&block_on(spinning)), "Cancelled");
    assert_eq!(kind(&block_on(waiting)), "Cancelled");
    assert!(!plugin.is_alive());
    assert_eq!(kind(&plugin.call_raw("none", []).blocking()), "Died");
}

const ASKS: &str = r#"(module
  (import "extism:host/user" "back" (func $back (param i64) (result i64)))
  (func (export "ask") (result i32) (drop (call $back (i64.const 0))) (i32.const 0)))"#;

#[test]
fn a_function_of_the_host_may_not_call_the_same_plugin() {
    let plugin: Arc<Mutex<Option<Plugin>>> = Arc::default();
    let (inner, heard) = (Arc::clone(&plugin), Arc::new(Mutex::new(String::new())));
    let said = Arc::clone(&heard);
    let door = text(ASKS).function("back", move |_| {
        let plugin = inner.lock().unwrap().clone().unwrap();
        *said.lock().unwrap() = kind(&plugin.call_raw("ask", []).blocking()).to_owned();
        Ok(Vec::new())
    });
    *plugin.lock().unwrap() = Some(open(door).unwrap());
    let held = plugin.lock().unwrap().clone().unwrap();
    held.call_raw("ask", []).blocking().unwrap();
    assert_eq!(*heard.lock().unwrap(), "Denied");
}

#[test]
fn a_function_of_the_host_that_panics_fails_the_call_alone() {
    let plugin = open(text(ASKS).function("back", |_| panic!("on purpose"))).unwrap();
    for _ in 0..2 {
        let failed = plugin.call_raw("ask", []).blocking().unwrap_err();
        assert_eq!(
            failed.plugin_error().unwrap().message,
            "the host's function panicked"
        );
    }
}

#[test]
fn logs_reach_the_program() {
    let module = r#"(module
      (import "extism:host/env" "input_offset" (func $input (result i64)))
      (import "extism:host/env" "get_log_level" (func $level (result i32)))
      (import "extism:host/env" "log_trace" (func $trace (param i64)))
      (import "extism:host/env" "log_warn" (func $warn (param i64)))
      (func (export "warn") (result i32) (call $warn (call $input)) (call $level))
      (func (export "trace") (result i32) (call $trace (call $input)) (i32.const 0)))"#;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let host = Host::builder()
        .on_log(move |log| kept.lock().unwrap().push(log.to_string()))
        .build();
    let plugin = host
        .open("guest", text(module).no_cache())
        .blocking()
        .unwrap();
    plugin.call_raw("warn", "ö!").blocking().unwrap();
    plugin.call_raw("trace", "t").blocking().unwrap();
    plugin.stop_blocking();
    assert_eq!(*lines.lock().unwrap(), ["guest warn: ö!", "guest debug: t"]);
}
