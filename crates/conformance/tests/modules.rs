//! Every session vector against the conformance subjects as WebAssembly guests, carried by a program that knows the ABI and
//! none of our code: that of the Rust SDK as a module, those of the TypeScript and the Python SDK as components.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::process::Command;

use crossplug_conformance::{Encoding, LINE_TIME, Launch, Report, Target, Verdict, corpus};

#[test]
fn the_module_keeps_to_every_session() {
    // What its author prints goes nowhere.
    play("rust", "subject.wasm", |case| !case.starts_with("print-"));
}

#[test]
fn the_component_in_typescript_keeps_to_every_session() {
    play("typescript", "subject-typescript.wasm", |_| true);
}

#[test]
fn the_component_in_python_keeps_to_every_session() {
    play("python", "subject-python.wasm", |_| true);
}

/// Plays every session that applies.
fn play(language: &str, guest: &str, applies: impl Fn(&str) -> bool) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guest = root.join("target/guests").join(guest);
    if !guest.exists() {
        let what = "build the guests first: cargo xtask test --only 'wasm guests'";
        assert!(std::env::var_os("CI").is_none(), "{what}");
        println!("skipped: {what}");
        return;
    }
    let arguments = ["xtask", "programs", "--example", "wasm_peer"];
    let built = Command::new(env!("CARGO")).args(arguments).status();
    assert!(built.unwrap().success());
    // Once, and not for each of the cases; and quickly, since Python is large.
    let bytes = std::fs::read(guest).unwrap();
    let mut config = wasmtime::Config::new();
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    let engine = wasmtime::Engine::new(&config).unwrap();
    let compiled = match language {
        "rust" => engine.precompile_module(&bytes),
        _ => engine.precompile_component(&bytes),
    };
    let folder = tempfile::tempdir().unwrap();
    let guest = folder.path().join("subject");
    std::fs::write(&guest, compiled.unwrap()).unwrap();
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    let launch = Launch {
        command: vec![target.join("debug/examples/wasm_peer").into(), guest.into()],
        folder: root,
        environment: Vec::new(),
    };
    let probed = Target::probe(&launch, LINE_TIME).unwrap();
    // A guest speaks one dialect, in text.
    let mut cases = corpus::read().unwrap();
    cases.retain(|case| {
        let name = Path::new(&case.path)
            .file_stem()
            .and_then(|name| name.to_str());
        case.folder() == "crossplug-1" && case.is_for(Encoding::Json) && name.is_some_and(&applies)
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
    println!("vectors guests {language} {}", report.passed());
}
