//! The native door: plugins of the Rust SDK as shared libraries, a plugin in C, and libraries that are none, break, or never
//! come back. The calls are those of the WebAssembly door's tests, on the same subject.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "tests"
)]

mod broken;
#[path = "../abi/calls.rs"]
mod calls;
mod examples;
mod large;
mod loads;
mod shout;
#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "../process/waiting.rs"]
mod waiting;

use std::path::{Path, PathBuf};
use std::process::Command;

use crossplug_host::{Host, Plugin};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A missing thing is a named skip for a person, and a failure where everything must be there.
fn skip(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what}");
    println!("skipped: {what}");
}

/// A library that `cargo xtask` has built.
fn library(name: &str) -> Option<PathBuf> {
    let library = root().join("target/natives").join(name);
    let library = library.with_extension(std::env::consts::DLL_EXTENSION);
    if library.exists() {
        return Some(library);
    }
    skip("build the libraries first: cargo xtask test --only 'native libraries'");
    None
}

/// A library of a source in C, in the folder.
fn compiled(folder: &Path, source: &Path, name: &str, arguments: &[&str]) -> Option<PathBuf> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let library = folder
        .join(name)
        .with_extension(std::env::consts::DLL_EXTENSION);
    let built = Command::new(compiler)
        .args([
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-shared",
            "-fPIC",
            "-pthread",
            "-I",
        ])
        .arg(root().join("schema"))
        .args(arguments)
        .arg("-o")
        .arg(&library)
        .arg(source)
        .status();
    match built {
        Ok(status) => {
            assert!(status.success(), "{} does not compile", source.display());
            Some(library)
        }
        Err(_) => {
            skip("there is no C compiler");
            None
        }
    }
}

/// The conformance subject, from the bare file.
fn subject(host: &Host) -> Option<Plugin> {
    let load = host.load(library("subject")?);
    let load = load.grant("*").unwrap().grant("emit=*").unwrap();
    Some(load.config("a", 1).blocking().unwrap())
}
