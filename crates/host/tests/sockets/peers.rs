//! Plugins that use nothing of ours, each with a stock JSON-RPC library of its language, join over a socket.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crossplug_host::{ErrorKind, Host};
use serde_json::json;

use crate::running::{Folder, TOKEN, checkout};

/// Whether the library of a peer is installed. Where it is not, that is a named skip for a person, and a failure where everything
/// must be there.
fn has(program: &Path, check: [&str; 2], what: &str) -> bool {
    let found = Command::new(program)
        .args(check)
        .current_dir(checkout())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{what} is missing"
    );
    if !found {
        println!("skipped: {what} is missing");
    }
    found
}

#[test]
fn a_python_program_with_a_stock_library() {
    let python = checkout().join("target/venv/bin/python");
    if has(
        &python,
        ["-c", "import jsonrpc"],
        "the Python package json-rpc",
    ) {
        joins(
            &python,
            &checkout().join("bindings/python/tests/stock_peer.py"),
        );
    }
}

#[test]
fn a_typescript_program_with_a_stock_library() {
    let node = Path::new("node");
    let program = checkout().join("bindings/typescript/test/dist/stock-peer.js");
    let check = ["-e", "require.resolve('json-rpc-2.0')"];
    if has(node, check, "the npm package json-rpc-2.0") {
        assert!(
            program.exists() || std::env::var_os("CI").is_none(),
            "{} is not built",
            program.display()
        );
        if program.exists() {
            joins(node, &program);
        }
    }
}

fn joins(program: &Path, script: &Path) {
    let folder = Folder::of_listener();
    let mut process = Command::new(program)
        .arg(script)
        .arg(folder.socket())
        .env("CROSSPLUG_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "listening\n");
    let host = Host::builder()
        .service("test.answer", |call| async move {
            let question = call.params().value().unwrap()["question"].clone();
            Ok(json!({ "answer": question }))
        })
        .build();
    let error = host
        .load(folder.path())
        .token("another")
        .blocking()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    for turn in 1..=2 {
        let plugin = host
            .load(folder.path())
            .grant("*")
            .unwrap()
            .token(TOKEN)
            .blocking()
            .unwrap();
        assert_eq!(plugin.manifest()["name"], "stock-peer");
        plugin.ping_blocking().unwrap();
        plugin.call_blocking("test.nothing", ()).unwrap();
        let echoed = plugin
            .call_blocking("test.echo", json!({ "text": "é\u{2028}" }))
            .unwrap();
        assert_eq!(echoed.value().unwrap()["text"], "é\u{2028}");
        let answer = plugin
            .call_blocking("test.ask", json!({ "question": "why?" }))
            .unwrap();
        assert_eq!(answer.value().unwrap()["answer"], "why?");
        let params = json!({ "code": "outOfPaper", "message": "empty" });
        let error = plugin.call_blocking("test.fail", params).unwrap_err();
        let error = error.plugin_error().unwrap();
        // What it keeps, it keeps from one session to the next.
        assert_eq!((&*error.code, &*error.message), ("outOfPaper", "empty"));
        assert_eq!(error.details.as_deref(), Some(&json!({ "calls": turn })));
        let error = plugin
            .call_blocking("test.count", json!({ "to": 1 }))
            .unwrap_err();
        assert_eq!(error.plugin_error().unwrap().code, "methodNotFound");
        let ending = plugin.stop_blocking();
        assert!(ending.error.is_none(), "{ending:?}");
    }
    process.kill().unwrap();
    process.wait().unwrap();
}
