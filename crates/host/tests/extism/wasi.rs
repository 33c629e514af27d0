//! WASI preview 1: what a guest sees without a grant, what it prints, where it sleeps, which files it reaches.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::Host;

use super::{kind, open, text};

/// Opens `a.txt` below the first preopened folder for reading (or, to write, making it), and gives the error's number as
/// its code: 0 for none.
fn opens(rights: u32, flags: u32) -> String {
    format!(
        r#"(module
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "a.txt../a.txt")
      (func (export "inside") (result i32)
        (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const {flags})
          (i64.const {rights}) (i64.const {rights}) (i32.const 0) (i32.const 100)))
      (func (export "outside") (result i32)
        (call $open (i32.const 3) (i32.const 0) (i32.const 5) (i32.const 8) (i32.const {flags})
          (i64.const {rights}) (i64.const {rights}) (i32.const 0) (i32.const 100))))"#
    )
}

const READ: u32 = 2;
const WRITE: u32 = 64;
const CREATE: u32 = 1;

fn code(outcome: Result<Vec<u8>, crossplug_host::Error>) -> i64 {
    match outcome {
        Ok(_) => 0,
        Err(error) => error
            .plugin_error()
            .expect("a code")
            .details
            .as_ref()
            .unwrap()["code"]
            .as_i64()
            .unwrap(),
    }
}

#[test]
fn no_folder_is_there_by_default() {
    let plugin = open(text(&opens(READ, 0))).unwrap();
    const BAD_DESCRIPTOR: i64 = 8;
    assert_eq!(
        code(plugin.call_raw("inside", []).blocking()),
        BAD_DESCRIPTOR
    );
}

#[test]
fn a_folder_that_was_granted_is_reached_and_nothing_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("a.txt"), "a").unwrap();
    std::fs::write(folder.path().join("a.txt"), "secret").unwrap();
    let host = inner.to_str().unwrap();

    let reads = open(text(&opens(READ, 0)).allow_path(&format!("ro:{host}"), "/data")).unwrap();
    assert_eq!(code(reads.call_raw("inside", []).blocking()), 0);
    assert_ne!(code(reads.call_raw("outside", []).blocking()), 0);

    std::fs::remove_file(inner.join("a.txt")).unwrap();
    let writes = opens(READ | WRITE, CREATE);
    let refused = open(text(&writes).allow_path(&format!("ro:{host}"), "/data")).unwrap();
    assert_ne!(code(refused.call_raw("inside", []).blocking()), 0);
    assert!(!inner.join("a.txt").exists());
    let writes = open(text(&writes).allow_path(host, "/data")).unwrap();
    assert_eq!(code(writes.call_raw("inside", []).blocking()), 0);
    assert!(inner.join("a.txt").exists());

    let missing = open(text(&opens(READ, 0)).allow_path("there/is/none", "/data")).unwrap_err();
    assert_eq!(missing.kind().as_str(), "Io");
}

const PRINTS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "one\ntwo\nrest")
  (data (i32.const 64) "\00\00\00\00\0c\00\00\00")
  (func (export "out") (result i32) (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 80)))
  (func (export "err") (result i32) (call $write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 80)))
  (func (export "in") (result i32)
    (drop (call $read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 80))) (i32.load (i32.const 80)))
  (func (export "world") (result i32)
    (drop (call $environ (i32.const 80) (i32.const 84))) (drop (call $args (i32.const 88) (i32.const 92)))
    (i32.add (i32.load (i32.const 80)) (i32.load (i32.const 88))))
  (func (export "exit0") (call $exit (i32.const 0)))
  (func (export "exit3") (call $exit (i32.const 3))))"#;

#[test]
fn what_is_printed_goes_to_the_log() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let log = move |log: &crossplug_host::Log| {
        kept.lock()
            .unwrap()
            .push(format!("{:?} {}", log.source, log.message));
    };
    let plugin = Host::builder()
        .on_log(log)
        .build()
        .open("guest", text(PRINTS).no_cache())
        .blocking()
        .unwrap();
    plugin.call_raw("out", []).blocking().unwrap();
    plugin.call_raw("err", []).blocking().unwrap();
    plugin.stop_blocking();
    let mut lines = lines.lock().unwrap().clone();
    lines.sort();
    assert_eq!(
        lines,
        [
            "Stderr one",
            "Stderr rest",
            "Stderr two",
            "Stdout one",
            "Stdout rest",
            "Stdout two"
        ]
    );
}

#[test]
fn there_is_no_input_no_environment_and_no_argument() {
    let plugin = open(text(PRINTS)).unwrap();
    assert_eq!(code(plugin.call_raw("in", []).blocking()), 0);
    assert_eq!(code(plugin.call_raw("world", []).blocking()), 0);
}

#[test]
fn an_exit_is_an_answer() {
    let plugin = open(text(PRINTS)).unwrap();
    for _ in 0..2 {
        assert_eq!(plugin.call_raw("exit0", []).blocking().unwrap(), b"");
        assert_eq!(code(plugin.call_raw("exit3", []).blocking()), 3);
    }
}

/// Sleeps for a second, or an hour, by a relative clock.
const SLEEPS: &str = r#"(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $sleep (param $time i64) (result i32)
    (i64.store (i32.const 0) (i64.const 77))
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (local.get $time))
    (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))
    (i32.add (i32.wrap_i64 (i64.load (i32.const 100))) (i32.load (i32.const 200))))
  (func (export "short") (result i32) (call $sleep (i64.const 1000000)))
  (func (export "long") (result i32) (call $sleep (i64.const 3600000000000))))"#;

#[test]
fn a_sleep_ends_with_the_deadline() {
    let plugin = open(text(SLEEPS)).unwrap();
    assert_eq!(
        code(plugin.call_raw("short", []).blocking()),
        78,
        "its userdata, and one event"
    );
    let late = plugin
        .call_raw("long", [])
        .timeout(Duration::from_millis(50))
        .blocking();
    assert_eq!(kind(&late), "Deadline");
}
