//! Measures a direct call of the native door against a bare C function with one copy in and one out, in one run.
//!
//! `cargo run --release -p crossplug-host --example native_round_trip [LIBRARY]` prints medians of short rounds that take
//! turns. It needs a C compiler. Three ways in are measured: on the caller's thread (a call without a deadline); on a thread
//! that may be lost (with one), which is the same and two hops; and, with the path of the conformance subject as a library
//! (`cargo rustc --release -p crossplug-plugin --example subject --crate-type cdylib`), its `test.echo` both ways: the Rust
//! SDK reading and writing a typed object.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unsafe_code,
    reason = "a measurement"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crossplug_host::{Host, Payload, Plugin};

const ROUNDS: usize = 41;

fn compiled(folder: &Path) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = folder
        .join("libbare")
        .with_extension(std::env::consts::DLL_EXTENSION);
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let built = Command::new(compiler)
        .args(["-std=c11", "-O2", "-shared", "-fPIC", "-I"])
        .arg(own.join("../../schema"))
        .arg("-o")
        .arg(&library)
        .arg(own.join("examples/native_round_trip.c"))
        .status();
    assert!(built.unwrap().success());
    library
}

/// The function, with nothing around it.
struct Bare {
    echo: unsafe extern "C" fn(*const u8, usize) -> *mut u8,
    free: unsafe extern "C" fn(*mut u8),
    _library: libloading::Library,
}

impl Bare {
    fn new(path: &Path) -> Self {
        // SAFETY: it was compiled a moment ago, of the source beside this one, which says what the two functions are.
        unsafe {
            let library = libloading::Library::new(path).unwrap();
            Self {
                echo: *library.get("bare_echo").unwrap(),
                free: *library.get("bare_free").unwrap(),
                _library: library,
            }
        }
    }

    fn call(&self, input: &[u8]) -> Vec<u8> {
        // SAFETY: the function gives as many bytes as it was given.
        unsafe {
            let output = (self.echo)(input.as_ptr(), input.len());
            let bytes = std::slice::from_raw_parts(output, input.len()).to_vec();
            (self.free)(output);
            bytes
        }
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

fn echo(plugin: &Plugin, method: &str, payload: &Payload, deadline: bool) {
    let call = plugin.call(method, black_box(payload.clone()));
    let call = if deadline { call } else { call.no_timeout() };
    drop(black_box(call.blocking().unwrap()));
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let library = compiled(folder.path());
    let bare = Bare::new(&library);
    let host = Host::builder().build();
    let plainest = host.load(&library).blocking().unwrap();
    let subject: Option<Plugin> = std::env::args()
        .nth(1)
        .map(|library| host.load(library).blocking().unwrap());
    for (what, size, calls) in [
        ("64 B", 64, 20_000),
        ("4 KiB", 4 << 10, 5_000),
        ("64 KiB", 64 << 10, 400),
        ("1 MiB", 1 << 20, 30),
    ] {
        let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(size - 11));
        let payload = Payload::parse(text.clone()).unwrap();
        let echoed = plainest.call_blocking("echo", payload.clone()).unwrap();
        assert_eq!(echoed.as_bytes(), bare.call(text.as_bytes()));
        let [here, there, alone, look] = compare(
            calls,
            [
                &mut || echo(&plainest, "echo", &payload, false),
                &mut || echo(&plainest, "echo", &payload, true),
                &mut || drop(black_box(bare.call(black_box(text.as_bytes())))),
                &mut || drop(black_box(Payload::parse(black_box(text.as_bytes())))),
            ],
        );
        println!(
            "{what}: on the caller's thread {here:?}, with a deadline {there:?}, the C function alone {alone:?}; \
             of it reading the JSON {look:?}"
        );
        if let Some(subject) = &subject {
            let [here, there] = compare(
                calls.div_ceil(4),
                [
                    &mut || echo(subject, "test.echo", &payload, false),
                    &mut || echo(subject, "test.echo", &payload, true),
                ],
            );
            println!("{what}: the Rust SDK's typed echo {here:?}, with a deadline {there:?}");
        }
    }
}
