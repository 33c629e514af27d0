//! Measures a direct call of `crossplug-abi/1` against bare wasmtime with one copy in and one out, in one run.
//!
//! `cargo run --release -p crossplug-host --example abi_round_trip [MODULE]` prints medians of short rounds that take turns,
//! and their ratios. The guest gives its input back where it lies, so what is measured is the way in and out; the rest is the
//! host's look at what came out, which has to be JSON. With the path of the conformance subject as a module, its
//! `test.echo` is measured, too: the Rust SDK reading and writing a typed object.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use crossplug_host::door::wasm::WasmDoor;
use crossplug_host::{Host, Payload, Plugin};
use wasmtime::{Engine, Linker, Memory, Module, Store, TypedFunc};

const ROUNDS: usize = 41;

const HELLO: &str = r#"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":{\"version\":\"1.0\"},\"manifest\":{},\"interfaces\":{}}}\n"#;

/// A guest that answers `initialize`, and any call with its input.
fn ours() -> String {
    let length = HELLO.replace("\\\"", "\"").replace("\\n", "\n").len();
    format!(
        r#"(module (memory (export "memory") 33)
        (data (i32.const 1024) "{HELLO}") (data (i32.const 2048) "[\"echo\"]")
        (func (export "crossplug_abi") (result i32) (i32.const 1))
        (func (export "crossplug_methods") (result i64) (i64.const 0x800000800))
        (func (export "crossplug_reserve") (param i32) (result i32) (i32.const 65536))
        (func (export "crossplug_call") (param i32 i32 i64 i64 i64) (result i64)
            (i64.or (i64.shl (i64.extend_i32_u (local.get 1)) (i64.const 32)) (i64.const 65536)))
        (func (export "crossplug_push") (param i32 i64) (result i64)
            (i64.or (i64.shl (i64.const {length}) (i64.const 32)) (i64.const 1024)))
        (func (export "crossplug_turn") (param i64) (result i64) (i64.const 0))
        (func (export "crossplug_next") (result i64) (i64.const -1))
        (func (export "crossplug_close") (param i64) (result i64) (i64.const 0x4000000000000000))
        (func (export "crossplug_last_words") (result i64) (i64.const 0)))"#
    )
}

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
    fn new() -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(BARE).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine)
            .instantiate(&mut store, &module)
            .unwrap();
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

/// The time of one of `calls`, for each, in rounds that take turns.
fn compare<const N: usize>(calls: u32, mut ways: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (times, call) in times.iter_mut().zip(&mut ways) {
            let begin = Instant::now();
            for _ in 0..calls {
                call();
            }
            times.push(begin.elapsed() / calls);
        }
    }
    times.map(median)
}

fn main() {
    let mut bare = Bare::new();
    let host = Host::builder().build();
    let ours = host
        .open("echo", WasmDoor::from_bytes(ours()))
        .blocking()
        .unwrap();
    let subject: Option<Plugin> = std::env::args()
        .nth(1)
        .map(|module| host.load(module).blocking().unwrap());
    for (what, size, calls) in [
        ("64 B", 64, 20_000),
        ("4 KiB", 4 << 10, 5_000),
        ("64 KiB", 64 << 10, 400),
        ("1 MiB", 1 << 20, 30),
    ] {
        let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(size - 11));
        let payload = Payload::parse(text.clone()).unwrap();
        let echoed = ours.call_blocking("echo", payload.clone()).unwrap();
        assert_eq!(echoed.as_bytes(), bare.call(text.as_bytes()));
        let [direct, alone, look] = compare(
            calls,
            [
                &mut || {
                    let payload = black_box(payload.clone());
                    drop(black_box(ours.call_blocking("echo", payload).unwrap()));
                },
                &mut || drop(black_box(bare.call(black_box(text.as_bytes())))),
                &mut || drop(black_box(Payload::parse(black_box(text.as_bytes())))),
            ],
        );
        let ratio = direct.as_secs_f64() / alone.as_secs_f64();
        println!(
            "{what}: direct call {direct:?}, bare wasmtime {alone:?}, ratio {ratio:.2}; of it reading the JSON {look:?}"
        );
        if let Some(subject) = &subject {
            let [typed] = compare(
                calls.div_ceil(10),
                [&mut || {
                    let payload = black_box(payload.clone());
                    drop(black_box(
                        subject.call_blocking("test.echo", payload).unwrap(),
                    ));
                }],
            );
            println!("{what}: the Rust SDK's typed echo {typed:?}");
        }
    }
}
