//! Bare WebAssembly modules, and bytes as they are.

use std::io::Write;
use std::process::Stdio;

use crate::stage::{checkout, program, run, run_on};

fn probe() -> String {
    checkout()
        .join("schema/vectors/extism/probe.wat")
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn bytes_go_through_untouched() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut child = program()
        .args(["call", &probe(), "echo", "--raw"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, bytes);
}

#[test]
fn a_bare_module_takes_and_gives_json_too() {
    let ran = run(["call", &probe(), "echo", "--params", r#"{"a":"ü"}"#]).exits(0);
    assert_eq!(ran.value(), serde_json::json!({ "a": "ü" }));
    let set = ["call", &probe(), "config", "--raw", "--config", "k=v"];
    assert_eq!(run_on("k", set).exits(0).out, "v");
}

#[test]
fn errors_have_their_codes() {
    let call = |export: &str| run_on("", ["call", &probe(), export, "--raw"]);
    call("rc7").exits(1).says(&["Error code: 7"]);
    call("err_rc1").exits(1).says(&["E"]);
    call("trap").exits(3).says(&["unreachable"]);
    call("deep").exits(3).says(&["too deep"]);
    call("missing")
        .exits(5)
        .says(&["Function not found: missing"]);
    let spins = ["call", &probe(), "spin", "--raw", "--timeout", "50ms"];
    run_on("", spins).exits(4);
    run(["call", "there/is/none.wasm", "echo", "--raw"])
        .exits(5)
        .says(&["none.wasm"]);
    run(["call", &probe(), "echo", "--raw", "--json"]).exits(2);
}
