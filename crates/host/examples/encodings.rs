//! Measures a typed call over the process door in JSON and in MessagePack, in one run, one call of each in turn: a small
//! message, 64 KiB of bytes, 1,000 int64.
//!
//! `cargo run --release -p crossplug-host --example encodings FOLDER [CALLS]`, where the folder holds a conformance subject:
//! `bindings/python/subject`, `bindings/typescript/subject`, or one with a program in Rust.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::time::{Duration, Instant};

use crossplug_host::Host;
use crossplug_host::conformance::{ConformanceClient, Echo};
use crossplug_host::protocol::handshake::Encoding;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("the folder of a plugin");
    let calls: usize = arguments
        .next()
        .map_or(1_000, |calls| calls.parse().expect("a number of calls"));
    let host = Host::builder().build();
    let plugins = [Encoding::Json, Encoding::Msgpack]
        .map(|encoding| host.load(&folder).encoding(encoding).blocking().unwrap());
    assert_eq!(plugins[1].encoding(), Encoding::Msgpack);

    let bytes: Vec<u8> = (0..=255).cycle().take(64 * 1024).collect();
    let list = (0..1_000)
        .map(|number: i64| number * 9_007_199_254_741)
        .collect();
    let messages = [
        (
            "a small message",
            Echo::new().with_text("hello").with_count(7),
        ),
        ("64 KiB of bytes", Echo::new().with_bytes(bytes)),
        ("1,000 int64", Echo::new().with_list(list)),
    ];
    for (name, message) in messages {
        let mut took = [const { Vec::new() }; 2];
        for call in 0..calls + calls / 10 {
            for (plugin, took) in plugins.iter().zip(&mut took) {
                let began = Instant::now();
                let reply = ConformanceClient::new(plugin)
                    .test_echo_blocking(message.clone())
                    .unwrap();
                let lasted = began.elapsed();
                assert_eq!(reply, message);
                if call >= calls / 10 {
                    took.push(lasted);
                }
            }
        }
        let [json, packed] = took.map(median);
        println!(
            "{name}: {json:?} in JSON, {packed:?} in MessagePack: {:.2} times as fast",
            json.as_secs_f64() / packed.as_secs_f64()
        );
    }
    for plugin in plugins {
        plugin.stop_blocking();
    }
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}
