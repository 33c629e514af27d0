//! The WebAssembly door with Extism's ABI: the shared vectors, the guests inside the published guest kit, limits, time,
//! the cache, HTTP, WASI, linking.
#![cfg(feature = "wasm")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod calls;
mod fixtures;
mod http;
mod limits;
mod linking;
mod vectors;
mod wasi;

use crossplug_host::door::wasm::WasmDoor;
use crossplug_host::{Error, Host, Plugin, Result};

/// Opens a module that is written out in the test.
fn open(door: WasmDoor) -> Result<Plugin> {
    Host::builder()
        .build()
        .open("guest", door.no_cache())
        .blocking()
}

fn text(module: &str) -> WasmDoor {
    WasmDoor::from_bytes(module)
}

/// A path below the vectors that all languages share.
fn vectors(file: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schema/vectors/extism")
        .join(file)
}

fn probe() -> WasmDoor {
    WasmDoor::from_file(vectors("probe.wat"))
}

fn kind(outcome: &Result<Vec<u8>>) -> &'static str {
    outcome
        .as_ref()
        .err()
        .map_or("none", |error: &Error| error.kind().as_str())
}
