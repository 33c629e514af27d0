//! The session vectors that are compiled in are those of the folder, and every one can be read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crossplug_conformance::case::{Expected, Step};
use crossplug_conformance::{corpus, matching};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/sessions")
}

fn on_disk() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for dialect in std::fs::read_dir(folder()).unwrap() {
        let dialect = dialect.unwrap();
        for case in std::fs::read_dir(dialect.path()).unwrap() {
            let path = Path::new(&dialect.file_name()).join(case.unwrap().file_name());
            found.insert(path.to_str().unwrap().to_owned());
        }
    }
    found
}

#[test]
fn the_list_is_the_folder() {
    let on_disk = on_disk();
    let listed: BTreeSet<String> = corpus::SESSIONS
        .iter()
        .map(|(path, _)| (*path).to_owned())
        .collect();
    let paste: String = on_disk
        .iter()
        .map(|path| format!("    {path:?},\n"))
        .collect();
    assert_eq!(
        listed, on_disk,
        "the list in src/corpus.rs must be\nsessions![\n{paste}];"
    );
    assert_eq!(
        listed.len(),
        corpus::SESSIONS.len(),
        "a path stands twice in src/corpus.rs"
    );
    assert!(!on_disk.is_empty());
}

#[test]
fn every_case_can_be_read_and_does_something() {
    for case in corpus::read().unwrap() {
        assert!(
            !case.steps.is_empty(),
            "{} has no line after the first",
            case.path
        );
        assert!(
            !case.description.is_empty(),
            "{} has no description",
            case.path
        );
    }
}

/// The conversation of the contract is a vector, so that it cannot tell of what no plugin does.
#[test]
fn the_conversation_of_the_contract_is_played() {
    let contract = std::fs::read_to_string(folder().join("../../README.md")).unwrap();
    let told = contract.lines().filter_map(|line| {
        let (from, message) = line.split_once(' ')?;
        let from = match from {
            "→" => "host",
            "←" => "plugin",
            _ => return None,
        };
        Some((from, serde_json::from_str(message).unwrap()))
    });
    let told: Vec<(&str, serde_json::Value)> = told.collect();
    let cases = corpus::read().unwrap();
    let tour = cases
        .iter()
        .find(|case| case.path == "crossplug-1/tour.jsonl")
        .unwrap();
    let played = tour.steps.iter().filter_map(|(_, step)| match step {
        Step::Send(line) => Some(("host", serde_json::from_str(line).unwrap())),
        Step::Await(Expected::Message(message)) => Some(("plugin", message.clone())),
        _ => None,
    });
    let played: Vec<(&str, serde_json::Value)> = played.collect();
    assert_eq!(told.len(), played.len());
    for ((told_by, told), (by, message)) in told.iter().zip(&played) {
        assert_eq!(told_by, by, "{told}");
        matching::compare(message, told).unwrap_or_else(|mismatch| panic!("{told}\n{mismatch}"));
    }
}

#[test]
fn the_interop_cases_are_their_folder() {
    use crossplug_conformance::interop;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/interop");
    let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = interop::CASES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(
        listed, on_disk,
        "the list in src/interop.rs must be the folder"
    );
    for case in interop::read().unwrap() {
        assert!(
            !case.steps.is_empty() && !case.description.is_empty(),
            "{}",
            case.path
        );
    }
}
