//! Measures what a pool is worth: loads of a module that was compiled before, and calls, with one and without, in one run.
//!
//! `cargo run --release -p crossplug-host --example pool_round_trip MODULE` prints medians of rounds that take turns. The
//! module is one that answers `test.echo`: the conformance subject, as a module or as a component.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::time::{Duration, Instant};

use crossplug_host::Host;
use crossplug_host::door::wasm::{WasmDoor, WasmPool};
use serde_json::json;

const ROUNDS: usize = 41;
const CALLS: u32 = 200;

#[derive(Default)]
struct Times {
    load: Vec<Duration>,
    first: Vec<Duration>,
    call: Vec<Duration>,
    stop: Vec<Duration>,
}

impl Times {
    fn round(&mut self, host: &Host, module: &str) {
        let params = json!({ "text": "x".repeat(40) });
        let (load, plugin) = timed(|| host.load(module).blocking().unwrap());
        let call = || plugin.call_blocking("test.echo", &params).unwrap();
        let (first, _) = timed(call);
        let (calls, ()) = timed(|| (0..CALLS).for_each(|_| drop(call())));
        let (stop, _) = timed(|| plugin.stop_blocking());
        self.load.push(load);
        self.first.push(first);
        self.call.push(calls / CALLS);
        self.stop.push(stop);
    }

    fn print(&mut self, name: &str) {
        let [load, first, call, stop] = [
            &mut self.load,
            &mut self.first,
            &mut self.call,
            &mut self.stop,
        ]
        .map(|times| {
            times.sort();
            times[times.len() / 2].as_nanos() as f64 / 1000.0
        });
        println!(
            "{name}: load {load:.0} µs, first call {first:.1}, a call {call:.2}, stop {stop:.0}"
        );
    }
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let done = run();
    (begin.elapsed(), done)
}

fn main() {
    let module = std::env::args().nth(1).expect("the path of a module");
    let pooled = WasmDoor::new().pool(WasmPool::new(1));
    let hosts = [
        ("without", Host::builder().build()),
        ("in a pool", Host::builder().door(pooled).build()),
    ];
    let mut times: [Times; 2] = Default::default();
    for _ in 0..=ROUNDS {
        for ((_, host), times) in hosts.iter().zip(&mut times) {
            times.round(host, &module);
        }
    }
    for ((name, _), times) in hosts.iter().zip(&mut times) {
        times.print(name);
    }
}
