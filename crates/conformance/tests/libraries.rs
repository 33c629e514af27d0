//! Every session vector against the conformance subject of the Rust SDK as a native library, carried by a program in C that
//! knows the header and none of our code.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::process::Command;

use crossplug_conformance::{LINE_TIME, Launch, Report, Target, Verdict, corpus};

/// A missing thing is a named skip for a person and a failure where everything must be there.
fn is_there(found: bool, what: &str) -> bool {
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{what}");
        println!("skipped: {what}");
    }
    found
}

#[test]
fn the_library_keeps_to_every_session() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let library = root.join(format!(
        "target/natives/subject.{}",
        std::env::consts::DLL_EXTENSION
    ));
    let what = "build the libraries first: cargo xtask test --only 'native libraries'";
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let compiles = Command::new(&compiler).arg("--version").output();
    let compiles = compiles.is_ok_and(|output| output.status.success());
    if !is_there(library.exists(), what) || !is_there(compiles, "there is no C compiler") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let peer = folder.path().join("native_peer");
    let built = Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-I"])
        .arg(root.join("schema"))
        .arg("-o")
        .arg(&peer)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/native_peer.c"))
        .args(["-ldl", "-lpthread"])
        .status();
    assert!(built.unwrap().success());
    let launch = Launch {
        command: vec![peer.into(), library.canonicalize().unwrap().into()],
        folder: root,
        environment: Vec::new(),
    };
    let probed = Target::probe(&launch, LINE_TIME).unwrap();
    // A library speaks one dialect in one encoding, and what its author prints goes where its host's prints go.
    let mut cases = corpus::read().unwrap();
    cases.retain(|case| {
        let other = ["/print", "/msgpack-"];
        case.folder() == "crossplug-1" && !other.iter().any(|part| case.path.contains(part))
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
    println!("vectors libraries rust {}", report.passed());
}
