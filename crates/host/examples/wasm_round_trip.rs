//! Measures a call with bytes into an Extism guest against bare wasmtime with one copy in and one out, in one run, and
//! what an instance costs on both.
//!
//! `cargo run --release -p crossplug-host --example wasm_round_trip` prints medians of short rounds that take turns, and
//! their ratios. The guests give their input back where it lies, so what is measured is the way in and out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use crossplug_host::Host;
use crossplug_host::door::wasm::WasmDoor;
use wasmtime::{Engine, Instance, Linker, Memory, Module, Store, TypedFunc};

const ROUNDS: usize = 41;

const OURS: &str = r#"(module
  (import "extism:host/env" "input_offset" (func $offset (result i64)))
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (func (export "echo") (result i32) (call $output (call $offset) (call $length)) (i32.const 0))
  (func (export "trap") unreachable))"#;

const BARE: &str = r#"(module
  (memory (export "memory") 18)
  (func (export "echo") (param i32 i32) (result i64)
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
      (i64.extend_i32_u (local.get 1)))))"#;

/// A guest on bare wasmtime, with nothing around it.
struct Bare {
    store: Store<()>,
    memory: Memory,
    echo: TypedFunc<(u32, u32), u64>,
}

impl Bare {
    fn new(engine: &Engine, linker: &Linker<()>, module: &Module) -> Self {
        let mut store = Store::new(engine, ());
        let instance: Instance = linker.instantiate(&mut store, module).unwrap();
        Self {
            memory: instance.get_memory(&mut store, "memory").unwrap(),
            echo: instance.get_typed_func(&mut store, "echo").unwrap(),
            store,
        }
    }

    fn call(&mut self, input: &[u8]) -> Vec<u8> {
        self.memory.write(&mut self.store, 1024, input).unwrap();
        let length = u32::try_from(input.len()).unwrap();
        let out = self.echo.call(&mut self.store, (1024, length)).unwrap();
        let (at, length) = (out >> 32, out & 0xffff_ffff);
        let (at, length) = (
            usize::try_from(at).unwrap(),
            usize::try_from(length).unwrap(),
        );
        self.memory.data(&self.store)[at..at + length].to_vec()
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The time of one of `calls`, for each of two, in rounds that take turns.
fn compare(calls: u32, mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (times, call) in [
            (&mut ones, &mut one as &mut dyn FnMut()),
            (&mut others, &mut other),
        ] {
            let begin = Instant::now();
            for _ in 0..calls {
                call();
            }
            times.push(begin.elapsed() / calls);
        }
    }
    (median(ones), median(others))
}

fn show(what: &str, (ours, bare): (Duration, Duration)) {
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("{what}: crossplug {ours:?}, bare wasmtime {bare:?}, ratio {ratio:.2}");
}

fn main() {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(BARE).unwrap()).unwrap();
    let linker = Linker::new(&engine);
    let mut bare = Bare::new(&engine, &linker, &module);
    let host = Host::builder().build();
    let plugin = host
        .open("echo", WasmDoor::from_bytes(OURS))
        .blocking()
        .unwrap();
    for (what, size, calls) in [("64 B", 64, 20_000), ("1 MiB", 1 << 20, 50)] {
        let input = vec![7; size];
        assert_eq!(
            plugin.call_raw("echo", input.clone()).blocking().unwrap(),
            bare.call(&input)
        );
        let pair = compare(
            calls,
            // The call takes its input over, so the copy that bare wasmtime makes of its input is this one.
            || {
                drop(black_box(
                    plugin
                        .call_raw("echo", black_box(&input[..]))
                        .blocking()
                        .unwrap(),
                ))
            },
            || drop(black_box(bare.call(black_box(&input)))),
        );
        show(what, pair);
    }
    // A trap throws the instance away, and the next call makes a new one.
    let pair = compare(
        200,
        || {
            let _ = black_box(plugin.call_raw("trap", []).blocking());
            black_box(plugin.call_raw("echo", []).blocking().unwrap());
        },
        || drop(black_box(Bare::new(&engine, &linker, &module).call(&[]))),
    );
    show("a new instance (ours with the trap before it)", pair);
}
