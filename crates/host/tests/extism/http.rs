//! A guest's HTTP requests, against servers on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_host::Plugin;
use crossplug_host::door::wasm::{WasmDoor, WasmLimits};
use serde_json::json;

use super::{kind, open, text};

/// The input is the request; the answer is what the export says.
const GETS: &str = r#"(module
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "http_request" (func $http (param i64 i64) (result i64)))
  (import "extism:host/env" "http_status_code" (func $status (result i32)))
  (import "extism:host/env" "http_headers" (func $headers (result i64)))
  (func $out (param $block i64) (call $output (local.get $block) (call $length (local.get $block))))
  (func (export "body") (result i32) (call $out (call $http (call $input) (i64.const 0))) (i32.const 0))
  (func (export "post") (result i32)
    (local $body i64)
    (local.set $body (call $alloc (i64.const 8)))
    (call $store (local.get $body) (i64.const 0x6867666564636261))
    (call $out (call $http (call $input) (local.get $body))) (i32.const 0))
  (func (export "status") (result i32) (drop (call $http (call $input) (i64.const 0))) (call $status))
  (func (export "headers") (result i32)
    (drop (call $http (call $input) (i64.const 0))) (call $out (call $headers)) (i32.const 0))
  (func (export "none") (result i32) (call $status)))"#;

/// Answers each connection by what the path says; gives its port and the requests that came.
fn server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            let _ = reader.read_exact(&mut body);
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            kept.lock()
                .unwrap()
                .push(format!("{head}{}", String::from_utf8_lossy(&body)));
            let (status, extra, body) = match path.split_once("?to=") {
                Some((status, to)) => (
                    status.trim_start_matches('/').to_owned(),
                    format!("Location: {to}\r\n"),
                    String::new(),
                ),
                None if path == "/circle" => (
                    "302".to_owned(),
                    "Location: /circle\r\n".to_owned(),
                    String::new(),
                ),
                None if path == "/large" => ("200".to_owned(), String::new(), "x".repeat(100)),
                None if path == "/slow" => {
                    std::thread::sleep(Duration::from_secs(2));
                    ("200".to_owned(), String::new(), String::new())
                }
                None if path == "/missing" => ("404".to_owned(), String::new(), "none".to_owned()),
                None => (
                    "200".to_owned(),
                    "X-A: b\r\n".to_owned(),
                    format!("at {path}"),
                ),
            };
            let answer = format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\n{extra}Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    (port, seen)
}

fn guest(door: impl FnOnce(WasmDoor) -> WasmDoor) -> Plugin {
    open(door(
        text(GETS).allow_host("127.0.0.1").allow_private_addresses(),
    ))
    .unwrap()
}

fn ask(url: impl std::fmt::Display) -> String {
    json!({ "url": url.to_string() }).to_string()
}

#[test]
fn a_host_that_was_granted_answers() {
    let (port, seen) = server();
    let at = format!("http://127.0.0.1:{port}");
    let plugin = guest(|door| door);
    assert_eq!(
        plugin.call_raw("none", []).blocking().unwrap(),
        b"",
        "no status before the first request"
    );
    assert_eq!(
        plugin
            .call_raw("body", ask(format!("{at}/x")))
            .blocking()
            .unwrap(),
        b"at /x"
    );
    let request =
        json!({ "url": format!("{at}/y"), "method": "put", "headers": { "X-K": "v" } }).to_string();
    assert_eq!(
        plugin.call_raw("post", request).blocking().unwrap(),
        b"at /y"
    );
    let sent = seen.lock().unwrap().last().unwrap().clone();
    assert!(
        sent.starts_with("PUT /y ") && sent.contains("x-k: v") && sent.ends_with("abcdefgh"),
        "{sent}"
    );
    for name in ["Host", "connection", "Transfer-Encoding"] {
        let request = json!({ "url": &at, "headers": { name: "other.test" } }).to_string();
        let denied = plugin.call_raw("body", request).blocking().unwrap_err();
        assert!(denied.context().contains("for the host to set"), "{denied}");
    }
    let missing = plugin
        .call_raw("status", ask(format!("{at}/missing")))
        .blocking()
        .unwrap_err();
    assert_eq!(
        missing.plugin_error().unwrap().details.as_ref().unwrap()["code"],
        404
    );
    assert_eq!(
        plugin.call_raw("headers", ask(&at)).blocking().unwrap(),
        b"",
        "unless they are allowed"
    );
    let plugin = guest(WasmDoor::allow_response_headers);
    let headers = plugin.call_raw("headers", ask(&at)).blocking().unwrap();
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&headers).unwrap()["x-a"],
        "b"
    );
}

#[test]
fn a_redirect_is_asked_about_again() {
    let (port, seen) = server();
    let at = format!("http://127.0.0.1:{port}");
    let plugin = guest(|door| door);
    assert_eq!(
        plugin
            .call_raw("body", ask(format!("{at}/302?to=/there")))
            .blocking()
            .unwrap(),
        b"at /there"
    );
    let kept = json!({ "url": format!("{at}/307?to=/there"), "method": "POST" }).to_string();
    plugin.call_raw("post", kept).blocking().unwrap();
    assert!(
        seen.lock()
            .unwrap()
            .last()
            .unwrap()
            .starts_with("POST /there ")
    );
    let changed = json!({ "url": format!("{at}/302?to=/there"), "method": "POST" }).to_string();
    plugin.call_raw("post", changed).blocking().unwrap();
    let sent = seen.lock().unwrap().last().unwrap().clone();
    assert!(
        sent.starts_with("GET /there ") && !sent.contains("abcdefgh"),
        "{sent}"
    );
    let elsewhere = ask(format!("{at}/302?to=http://localhost:{port}/"));
    assert_eq!(
        kind(&plugin.call_raw("body", elsewhere).blocking()),
        "Denied"
    );
    let before = seen.lock().unwrap().len();
    let circle = ask(format!("{at}/circle"));
    assert_eq!(kind(&plugin.call_raw("body", circle).blocking()), "Limit");
    assert!(seen.lock().unwrap().len() - before <= 11);
}

#[test]
fn what_was_not_granted_is_not_reached() {
    let (port, seen) = server();
    let request = ask(format!("http://127.0.0.1:{port}/"));
    for door in [
        text(GETS),
        text(GETS).allow_host("127.0.0.1"),
        text(GETS).allow_host("*"),
        text(GETS).allow_host("127.0.0.2").allow_private_addresses(),
        text(GETS)
            .allow_host("127.0.0.1:1")
            .allow_private_addresses(),
    ] {
        let refused = open(door)
            .unwrap()
            .call_raw("body", request.clone())
            .blocking();
        assert_eq!(kind(&refused), "Denied");
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn an_answer_has_a_bound_and_a_time() {
    let (port, _) = server();
    let at = format!("http://127.0.0.1:{port}");
    let limits = |bytes| WasmLimits::default().http(bytes);
    let plugin = guest(|door| door.limits(limits(100)));
    assert_eq!(
        plugin
            .call_raw("body", ask(format!("{at}/large")))
            .blocking()
            .unwrap()
            .len(),
        100
    );
    let plugin = guest(|door| door.limits(limits(99)));
    assert_eq!(
        kind(
            &plugin
                .call_raw("body", ask(format!("{at}/large")))
                .blocking()
        ),
        "Limit"
    );
    let late = plugin
        .call_raw("body", ask(format!("{at}/slow")))
        .timeout(Duration::from_millis(100));
    assert_eq!(kind(&late.blocking()), "Deadline");
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let refused = plugin
        .call_raw("body", ask(format!("http://127.0.0.1:{nobody}/")))
        .blocking()
        .unwrap_err();
    assert_eq!(refused.plugin_error().unwrap().code, "unavailable");
}
