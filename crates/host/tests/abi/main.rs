//! The WebAssembly door with our own ABI, on modules of the Rust SDK and components of the others: calls, streams, services,
//! deadlines, panics, limits, many loads, and the examples, whose results are those of their programs.
#![cfg(feature = "wasm")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "tests"
)]

mod broken;
mod calls;
mod components;
mod examples;
mod loads;
mod pool;
mod strangers;
#[allow(dead_code, reason = "shared with the tests of the process door")]
#[path = "../process/waiting.rs"]
mod waiting;

use std::path::{Path, PathBuf};

use crossplug_host::{Host, Plugin};

/// A guest that `cargo xtask` has built; none is a named skip for a person and a failure where everything must be there.
fn guest(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = root.join("target/guests").join(name).with_extension("wasm");
    if module.exists() {
        return Some(module);
    }
    let what = "build the guests first: cargo xtask test --only wasm";
    assert!(std::env::var_os("CI").is_none(), "{what}");
    println!("skipped: {what}");
    None
}

/// The conformance subject, from the bare file.
fn subject(host: &Host) -> Option<Plugin> {
    let load = host.load(guest("subject")?);
    let load = load.grant("*").unwrap().grant("emit=*").unwrap();
    Some(load.config("a", 1).blocking().unwrap())
}
