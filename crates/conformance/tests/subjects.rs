//! Every session vector against the conformance subject of each SDK, through this crate's own player.
//!
//! A missing toolchain is a failure in CI and a named skip elsewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crossplug_conformance::{LINE_TIME, Launch, Report, Target, Verdict, corpus};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Plays everything. A subject has every interface and dialect that the vectors need, so nothing may be left out.
fn keeps_to_every_case(language: &str, command: &[OsString], folder: &Path) {
    // The Rust subject has its manifest built in.
    let manifest = folder.join("plugin.json");
    let environment = match manifest.exists() {
        true => vec![("CROSSPLUG_MANIFEST".into(), manifest.into_os_string())],
        false => Vec::new(),
    };
    let launch = Launch {
        command: command.to_vec(),
        folder: folder.to_owned(),
        environment,
    };
    let target = Target::probe(&launch, LINE_TIME).unwrap();
    let cases = corpus::read().unwrap();
    let report = Report::play(&target, &cases, LINE_TIME, |_| {});
    let told = report
        .outcomes
        .iter()
        .filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(failure) => Some(failure.to_string()),
            Verdict::NotApplicable(reason) => Some(format!("{}: {reason}", outcome.path)),
            _ => None,
        });
    let told: Vec<String> = told.collect();
    assert!(told.is_empty(), "{language}:\n{}", told.join("\n"));
    assert_eq!(report.passed(), cases.len());
    println!("vectors processes {language} {}", report.passed());
}

fn have(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let found = found.is_ok_and(|status| status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "`{program}` is missing, and CI skips nothing"
    );
    if !found {
        println!("skipped: there is no `{program}`");
    }
    found
}

#[test]
fn rust() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "build",
            "--quiet",
            "--package",
            "crossplug-plugin",
            "--example",
            "subject",
        ])
        .current_dir(checkout());
    assert!(cargo.status().unwrap().success());
    // This test lies in `<target>/<profile>/deps`; the debug profile is what was built just now.
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    let subject = target.join("debug/examples/subject");
    let folder = tempfile::tempdir().unwrap();
    keeps_to_every_case("rust", &[subject.into_os_string()], folder.path());
}

#[test]
fn python() {
    if !have("python3") {
        return;
    }
    let folder = checkout().join("bindings/python/subject");
    keeps_to_every_case(
        "python",
        &["python3".into(), "-u".into(), "plugin.py".into()],
        &folder,
    );
}

#[test]
fn typescript() {
    if !have("node") {
        return;
    }
    let folder = checkout().join("bindings/typescript/subject");
    assert!(
        folder.join("dist/plugin.js").exists(),
        "build the package first: npm run build"
    );
    keeps_to_every_case(
        "typescript",
        &["node".into(), "dist/plugin.js".into()],
        &folder,
    );
}
