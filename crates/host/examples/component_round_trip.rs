//! Measures components: what a load costs that compiles, what one costs that finds its code, what an instance costs, and what a
//! direct call of 64 bytes costs.
//!
//! `cargo run --release -p crossplug-host --example component_round_trip COMPONENT...`, with conformance subjects.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::time::{Duration, Instant};

use crossplug_host::door::wasm::WasmDoor;
use crossplug_host::{Host, Payload, Plugin};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

const ROUNDS: usize = 21;
const CALLS: u32 = 200;

fn load(file: &str, cache: &std::path::Path) -> (Plugin, Duration) {
    let host = Host::builder().door(WasmDoor::new().cache(cache)).build();
    let begin = Instant::now();
    let load = host.load(file).start_timeout(Duration::from_secs(600));
    let plugin = load.blocking().unwrap();
    (plugin, begin.elapsed())
}

/// The median of some times.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// One instance by wasmtime alone.
fn instance(file: &str) -> Duration {
    let engine = Engine::default();
    let component = Component::from_file(&engine, file).unwrap();
    let made = Linker::new(&engine).instantiate_pre(&component).unwrap();
    let once = |_| {
        let begin = Instant::now();
        let mut store = Store::new(&engine, ());
        made.instantiate(&mut store).unwrap();
        begin.elapsed()
    };
    median((0..ROUNDS).map(once).collect())
}

fn main() {
    let params = Payload::parse(format!(r#"{{"text":"{}"}}"#, "x".repeat(53))).unwrap();
    for file in std::env::args().skip(1) {
        let cache = tempfile::tempdir().unwrap();
        let (_, cold) = load(&file, cache.path());
        let (plugin, cached) = load(&file, cache.path());
        let round = |_| {
            let begin = Instant::now();
            for _ in 0..CALLS {
                plugin.call_blocking("test.echo", params.clone()).unwrap();
            }
            begin.elapsed() / CALLS
        };
        let call = median((0..ROUNDS).map(round).collect());
        println!(
            "{file}: load that compiles {cold:.2?}, load from the cache {cached:.2?}, instance {:.2?}, call of 64 B {call:.2?}",
            instance(&file)
        );
    }
}
