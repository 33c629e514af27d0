//! Every session vector against the conformance subject of each SDK, through this crate's own player.
//!
//! A missing toolchain is a failure in CI and a named skip elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crossplug_conformance::{
    Encoding, LINE_TIME, Launch, Report, Running, Target, Verdict, corpus,
};
use serde_json::Value;
use tempfile::TempDir;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// How to start a subject.
fn launch(command: &[OsString], folder: &Path) -> Launch {
    // The Rust subject has its manifest built in.
    let manifest = folder.join("plugin.json");
    let environment = match manifest.exists() {
        true => vec![("CROSSPLUG_MANIFEST".into(), manifest.into_os_string())],
        false => Vec::new(),
    };
    Launch {
        command: command.to_vec(),
        folder: folder.to_owned(),
        environment,
    }
}

/// Plays everything. A subject has every interface and dialect that the vectors need, so nothing may be left out.
fn keeps_to_every_case(language: &str, launch: &Launch) {
    let target = Target::probe(launch, LINE_TIME).unwrap();
    for encoding in [Encoding::Json, Encoding::Msgpack] {
        let target = target.clone().in_encoding(encoding);
        keeps_to_cases_in(encoding, "processes", language, &target);
    }
}

/// The same over sockets, which the dialects of others are not for.
fn keeps_to_every_case_over_sockets(language: &str, launch: &Launch) {
    let run = tempfile::Builder::new()
        .prefix("cp")
        .tempdir_in("/tmp")
        .unwrap();
    let unix = format!("unix:{}", run.path().join("run/s.sock").display());
    for (corpus, address) in [("unix", &*unix), ("tcp", "tcp:127.0.0.1:0")] {
        let listening = Listening::start(launch, address);
        let target = Target::probe(&listening.running, LINE_TIME).unwrap();
        for encoding in [Encoding::Json, Encoding::Msgpack] {
            let target = target.clone().in_encoding(encoding);
            keeps_to_cases_in(encoding, corpus, language, &target);
        }
    }
}

/// A subject that listens, for every case in turn.
struct Listening {
    process: Child,
    running: Running,
}

impl Listening {
    fn start(launch: &Launch, address: &str) -> Self {
        const TOKEN: &str = "a-secret-of-the-tests";
        let (program, arguments) = launch.command.split_first().unwrap();
        let mut process = Command::new(program)
            .args(arguments)
            .args(["--listen", address])
            .current_dir(&launch.folder)
            .envs(launch.environment.iter().cloned())
            .env("CROSSPLUG_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let running = Running {
            address: said["listening"].as_str().unwrap().to_owned(),
            token: Some(TOKEN.to_owned()),
        };
        Self { process, running }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn keeps_to_cases_in(encoding: Encoding, corpus: &str, language: &str, target: &Target) {
    let mut cases = corpus::read().unwrap();
    cases.retain(|case| {
        case.is_for(encoding) && (corpus == "processes" || case.path.starts_with("crossplug-1/"))
    });
    let report = Report::play(target, &cases, LINE_TIME, |_| {});
    let told = report
        .outcomes
        .iter()
        .filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(failure) => Some(failure.to_string()),
            Verdict::NotApplicable(reason) => Some(format!("{}: {reason}", outcome.path)),
            _ => None,
        });
    let told: Vec<String> = told.collect();
    assert!(
        told.is_empty(),
        "{corpus} {language} in {encoding}:\n{}",
        told.join("\n")
    );
    assert_eq!(report.passed(), cases.len());
    let encoding = match encoding {
        Encoding::Json => "",
        Encoding::Msgpack => "-msgpack",
    };
    println!("vectors {corpus}{encoding} {language} {}", report.passed());
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

fn rust_subject() -> (Launch, TempDir) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["xtask", "programs", "--example", "subject"])
        .current_dir(checkout());
    assert!(cargo.status().unwrap().success());
    // This test lies in `<target>/<profile>/deps`; the debug profile is what was built just now.
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    let subject = target.join("debug/examples/subject");
    let folder = tempfile::tempdir().unwrap();
    (launch(&[subject.into_os_string()], folder.path()), folder)
}

fn python_subject() -> Option<Launch> {
    let folder = checkout().join("bindings/python/subject");
    let command = ["python3".into(), "-u".into(), "plugin.py".into()];
    have("python3").then(|| launch(&command, &folder))
}

fn typescript_subject() -> Option<Launch> {
    if !have("node") {
        return None;
    }
    let folder = checkout().join("bindings/typescript/subject");
    assert!(
        folder.join("dist/plugin.js").exists(),
        "build the package first: npm run build"
    );
    Some(launch(&["node".into(), "dist/plugin.js".into()], &folder))
}

#[test]
fn rust() {
    let (launch, _folder) = rust_subject();
    keeps_to_every_case("rust", &launch);
}

#[test]
fn rust_over_sockets() {
    let (launch, _folder) = rust_subject();
    keeps_to_every_case_over_sockets("rust", &launch);
}

#[test]
fn python() {
    if let Some(launch) = python_subject() {
        keeps_to_every_case("python", &launch);
    }
}

#[test]
fn python_over_sockets() {
    if let Some(launch) = python_subject() {
        keeps_to_every_case_over_sockets("python", &launch);
    }
}

#[test]
fn typescript() {
    if let Some(launch) = typescript_subject() {
        keeps_to_every_case("typescript", &launch);
    }
}

#[test]
fn typescript_over_sockets() {
    if let Some(launch) = typescript_subject() {
        keeps_to_every_case_over_sockets("typescript", &launch);
    }
}
