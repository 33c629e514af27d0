//! Measures a blocking call, and an awaited one, over the process door against a raw ping-pong over the same kind of pipes, in one run.
//!
//! `cargo run --release -p crossplug-host --example round_trip [CALLS]` prints them and the ratio of the first two. The peer is this
//! program itself: `raw` echoes lines, `peer` answers requests by cutting them up, without a JSON reader, so that what
//! is measured is the host.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::future::{Future, IntoFuture};
use std::io::{BufRead, BufReader, Read, Write};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crossplug_host::{Host, Payload};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("raw") => echo(),
        Some("peer") => answer(),
        calls => measure(calls.map_or(20_000, |calls| calls.parse().expect("a number of calls"))),
    }
}

/// Gives back every line.
fn echo() {
    let (mut input, mut output) = (
        BufReader::new(std::io::stdin().lock()),
        std::io::stdout().lock(),
    );
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).unwrap() > 0 {
        output.write_all(&line).unwrap();
        output.flush().unwrap();
        line.clear();
    }
}

/// Gives back the params of every request, found by their place in the line as this host writes it.
fn answer() {
    let (mut input, mut output) = (
        BufReader::new(std::io::stdin().lock()),
        std::io::stdout().lock(),
    );
    let mut line = String::new();
    while input.read_line(&mut line).unwrap() > 0 {
        let id = line
            .split_once("\"id\":")
            .unwrap()
            .1
            .split([',', '}'])
            .next()
            .unwrap();
        let result = if line.contains("\"method\":\"initialize\"") {
            r#"{"protocol":{"version":"1.0"},"manifest":{"name":"peer"},"interfaces":{}}"#
        } else if let Some((_, rest)) = line.split_once("\"params\":") {
            rest.split_once(",\"meta\"").map_or_else(
                || rest.trim_end().strip_suffix('}').unwrap(),
                |parts| parts.0,
            )
        } else {
            "null"
        };
        let reply = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}\n");
        output.write_all(reply.as_bytes()).unwrap();
        output.flush().unwrap();
        line.clear();
    }
}

fn measure(calls: usize) {
    let program = std::env::current_exe().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("peer");
    // A symbolic link would leave the folder; a hard one needs the same disk.
    if std::fs::hard_link(&program, &inside).is_err() {
        std::fs::copy(&program, &inside).unwrap();
    }
    let manifest = r#"{"name":"peer","description":"","version":"1.0.0","language":"rust",
        "doors":{"process":{"command":["./peer","peer"]}}}"#;
    std::fs::write(folder.path().join("plugin.json"), manifest).unwrap();
    let plugin = Host::builder()
        .name("round-trip")
        .build()
        .load(folder.path())
        .blocking()
        .unwrap();

    let mut raw = Command::new(&program)
        .arg("raw")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut into, mut out) = (raw.stdin.take().unwrap(), raw.stdout.take().unwrap());
    let mut buffer = vec![0; 1 << 20];

    println!(
        "{:>8}  {:>12}  {:>12}  {:>6}  {:>12}  {:>12}",
        "bytes", "raw p50", "call p50", "ratio", "call p99", "awaited p50"
    );
    for size in [16, 1024, 65_536] {
        let params = Payload::parse(format!("{{\"text\":\"{}\"}}", "x".repeat(size))).unwrap();
        let mut message = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.echo\",\"params\":{}",
            params.as_json()
        );
        message.push_str(",\"meta\":{\"timeoutMs\":30000}}\n");
        let calls = if size > 10_000 { calls / 10 } else { calls };
        // Interleaved, so that both meet the same machine.
        let (mut raws, mut ours, mut awaited) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..10 {
            for _ in 0..calls / 10 {
                let begin = Instant::now();
                into.write_all(message.as_bytes()).unwrap();
                let mut got = 0;
                while got < message.len() {
                    got += out.read(&mut buffer[got..]).unwrap();
                }
                raws.push(begin.elapsed());
            }
            for _ in 0..calls / 10 {
                let begin = Instant::now();
                let reply = plugin.call_blocking("test.echo", params.clone()).unwrap();
                ours.push(begin.elapsed());
                assert_eq!(reply.as_bytes().len(), params.as_bytes().len());
            }
            for _ in 0..calls / 10 {
                let begin = Instant::now();
                wait(plugin.call("test.echo", params.clone()).into_future()).unwrap();
                awaited.push(begin.elapsed());
            }
        }
        let (raw, ours, awaited) = (
            Percentiles::of(raws),
            Percentiles::of(ours),
            Percentiles::of(awaited),
        );
        let ratio = ours.middle.as_secs_f64() / raw.middle.as_secs_f64();
        println!(
            "{size:>8}  {:>12.1?}  {:>12.1?}  {ratio:>6.2}  {:>12.1?}  {:>12.1?}",
            raw.middle, ours.middle, ours.late, awaited.middle
        );
    }
    drop(into);
    raw.wait().unwrap();
    plugin.stop_blocking();
}

/// Waits for a future on this thread, as a program without a runtime would.
fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

struct Percentiles {
    middle: Duration,
    late: Duration,
}

impl Percentiles {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self {
            middle: times[times.len() / 2],
            late: times[times.len() * 99 / 100],
        }
    }
}
