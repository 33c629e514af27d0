//! Every session vector against the conformance subject of the Rust SDK as a WebAssembly module, carried by a program that
//! knows the ABI and none of our code.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::process::Command;

use crossplug_conformance::{LINE_TIME, Launch, Report, Target, Verdict, corpus};

#[test]
fn the_module_keeps_to_every_session() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = root.join("target/guests/subject.wasm");
    if !module.exists() {
        let what = "build the modules first: cargo xtask test --only 'wasm guests'";
        assert!(std::env::var_os("CI").is_none(), "{what}");
        println!("skipped: {what}");
        return;
    }
    let arguments = [
        "build",
        "--quiet",
        "-p",
        "crossplug-conformance",
        "--example",
        "wasm_peer",
    ];
    let built = Command::new(env!("CARGO")).args(arguments).status();
    assert!(built.unwrap().success());
    // Once, and not for each of the cases.
    let bytes = std::fs::read(module).unwrap();
    let compiled = wasmtime::Engine::default().precompile_module(&bytes);
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("subject");
    std::fs::write(&module, compiled.unwrap()).unwrap();
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    let launch = Launch {
        command: vec![
            target.join("debug/examples/wasm_peer").into(),
            module.into(),
        ],
        folder: root,
        environment: Vec::new(),
    };
    let probed = Target::probe(&launch, LINE_TIME).unwrap();
    // A module speaks one dialect, and what its author prints goes nowhere.
    let mut cases = corpus::read().unwrap();
    cases.retain(|case| {
        case.folder() == "crossplug-1" && !case.path.ends_with("/print-logged.jsonl")
    });
    let report = Report::play(&probed, &cases, LINE_TIME, |_| {});
    let told = report
        .outcomes
        .iter()
        .filter_map(|outcome| match &outcome.verdict {
            Verdict::Passed => None,
            Verdict::Failed(failure) => Some(failure.to_string()),
            other => Some(format!("{}: {other:?}", outcome.path)),
        });
    let told: Vec<String> = told.collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(cases.len() > 70, "the corpus is smaller than it was");
    println!("vectors modules rust {}", report.passed());
}
