//! Every session vector against the conformance subject, as a child process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crossplug_conformance::{Encoding, LINE_TIME, Launch, Report, Target, Verdict, corpus};

/// An example of this package: cargo builds it for `cargo test`, but not for `cargo test --test sessions`.
fn subject() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["xtask", "programs", "--example", "subject"])
        .status();
    assert!(built.unwrap().success());
    let test = std::env::current_exe().unwrap();
    test.parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples/subject")
}

#[test]
fn the_subject_keeps_to_every_session() {
    let program = subject();
    let launch = Launch {
        command: vec![program.clone().into()],
        folder: program.parent().unwrap().to_owned(),
        environment: Vec::new(),
    };
    let target = Target::probe(&launch, LINE_TIME).unwrap();
    assert!(
        target.crossplug.is_some() && target.bridge.is_some(),
        "{target:?}"
    );
    for (encoding, name) in [
        (Encoding::Json, "sessions"),
        (Encoding::Msgpack, "sessions-msgpack"),
    ] {
        let mut cases = corpus::read().unwrap();
        cases.retain(|case| case.is_for(encoding));
        let target = target.clone().in_encoding(encoding);
        let report = Report::play(&target, &cases, LINE_TIME, |outcome| {
            if let Verdict::Failed(failure) = &outcome.verdict {
                println!("{} in {encoding}: {failure}", outcome.path);
            }
        });
        println!("vectors {name} rust {}", report.passed());
        assert!(cases.len() > 80, "the corpus is smaller than it was");
        assert_eq!((report.failed(), report.not_applicable()), (0, 0));
    }
}
