//! The documents that the tests of this crate read: the shipped ones and the hard ones.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "tests; not every test uses everything"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the crate.
pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The `schema` folder of the repository.
pub(crate) fn schema() -> PathBuf {
    here().join("../../schema")
}

fn folder(path: &Path) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

/// Name and text of every document that ships.
pub(crate) fn shipped() -> Vec<(String, String)> {
    let mut files = folder(&schema().join("interfaces"));
    for name in ["protocol.json", "manifest.json"] {
        let path = schema().join(name);
        files.push((
            path.display().to_string(),
            fs::read_to_string(&path).unwrap(),
        ));
    }
    assert!(files.len() >= 8, "{files:?}");
    files
}

/// Name and text of every document that emitters are tried on.
pub(crate) fn hard() -> Vec<(String, String)> {
    let files = folder(&here().join("tests/documents"));
    assert!(files.len() >= 9);
    files
}

/// A file beside the tests.
pub(crate) fn data(name: &str) -> String {
    fs::read_to_string(here().join("tests").join(name)).unwrap()
}
