//! The session vectors that are compiled in are those of the folder, and every one can be read.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crossplug_conformance::corpus;

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
