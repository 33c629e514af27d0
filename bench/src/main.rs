//! The process door beside a raw ping-pong over the same kind of pipe, between the same two languages, in one run.
//!
//! A raw peer gets a line and writes it back; it knows no protocol. Ours is the conformance subject's `test.echo`. Both
//! carry the same number of bytes each way. Rounds of the two are interleaved, so that what else the machine does falls
//! on both. What is quoted is the ratio of the medians; times are an illustration.

mod raw;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use crossplug_host::{Host, Payload, Plugin};
use serde_json::json;

use raw::RawPeer;

#[derive(Parser)]
#[command(name = "crossplug-bench")]
struct Arguments {
    /// The interpreter that has the Python package.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Fewer rounds.
    #[arg(long)]
    quick: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Bytes of text in the echoed message.
const PAYLOADS: [usize; 3] = [64, 4 << 10, 64 << 10];

/// One line of the result.
struct Row {
    language: &'static str,
    payload: usize,
    ours: Spread,
    raw: Spread,
}

/// Times of one call, in nanoseconds.
#[derive(Clone, Copy)]
struct Spread {
    low: f64,
    median: f64,
    high: f64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut rows = Vec::new();
    for (language, subject, raw) in peers(&arguments.python)? {
        let host = Host::builder().name("bench").build();
        let plugin = host
            .load(subject)
            .blocking()
            .with_context(|| format!("the subject in {language}"))?;
        for payload in PAYLOADS {
            let mut raw = RawPeer::start(&raw)?;
            rows.push(measure(
                language,
                payload,
                &plugin,
                &mut raw,
                arguments.quick,
            )?);
        }
        plugin.stop_blocking();
    }
    if arguments.json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        println!("{}", json!({ "rows": rows }));
    } else {
        println!(
            "{:12} {:>8} {:>12} {:>22} {:>12} {:>8}",
            "plugin", "bytes", "call µs", "(low – high)", "raw µs", "ratio"
        );
        for row in &rows {
            println!(
                "{:12} {:>8} {:>12.1} {:>22} {:>12.1} {:>8.2}",
                row.language,
                row.payload,
                row.ours.median / 1e3,
                format!("({:.1} – {:.1})", row.ours.low / 1e3, row.ours.high / 1e3),
                row.raw.median / 1e3,
                row.ours.median / row.raw.median
            );
        }
    }
    Ok(())
}

impl Row {
    fn json(&self) -> serde_json::Value {
        json!({
            "group": "process call, blocking", "name": format!("rust host, {} plugin", self.language), "payload": self.payload,
            "ours_ns": self.ours.median, "limit_ns": self.raw.median, "ratio_to_limit": self.ours.median / self.raw.median,
        })
    }
}

/// For each language the folder of the subject and the command of the raw peer.
type Peers = Vec<(&'static str, PathBuf, Vec<PathBuf>)>;

fn peers(python: &Path) -> anyhow::Result<Peers> {
    let beside = std::env::current_exe()?
        .parent()
        .context("the bench lies in a folder")?
        .to_owned();
    let echo = beside.join(format!(
        "crossplug-bench-echo{}",
        std::env::consts::EXE_SUFFIX
    ));
    let subject = subject_folder(&beside)?;
    Ok(vec![
        ("rust", subject, vec![echo]),
        (
            "python",
            "bindings/python/subject".into(),
            vec![python.to_owned(), "-u".into(), "bench/peers/echo.py".into()],
        ),
        (
            "typescript",
            "bindings/typescript/subject".into(),
            vec!["node".into(), "bench/peers/echo.mjs".into()],
        ),
    ])
}

/// The Rust subject is an example of a crate; a host wants a folder with a manifest.
fn subject_folder(beside: &Path) -> anyhow::Result<PathBuf> {
    let folder = beside.join("bench-subject");
    std::fs::create_dir_all(&folder)?;
    let name = format!("subject{}", std::env::consts::EXE_SUFFIX);
    std::fs::copy(beside.join("examples").join(&name), folder.join(&name))
        .context("the Rust subject is not built")?;
    let manifest = json!({
        "name": "conformance-subject", "description": "The conformance subject.", "version": "1.0.0", "language": "rust",
        "interfaces": { "conformance": "1" }, "doors": { "process": { "command": [format!("./{name}")] } },
    });
    std::fs::write(folder.join("plugin.json"), manifest.to_string())?;
    Ok(folder)
}

fn measure(
    language: &'static str,
    payload: usize,
    plugin: &Plugin,
    raw: &mut RawPeer,
    quick: bool,
) -> anyhow::Result<Row> {
    let params = Payload::parse(json!({ "text": "x".repeat(payload) }).to_string())?;
    // The frame around the params: both directions of the raw peer carry as much as a call does.
    let envelope = r#"{"jsonrpc":"2.0","id":100000,"method":"test.echo","params":}"#.len();
    let mut line = vec![b'x'; params.as_bytes().len() + envelope];
    line.push(b'\n');
    let rounds = if quick { 9 } else { 41 };
    let calls = (if quick { 100_000 } else { 400_000 } / (payload + 1_000)).max(20);
    for _ in 0..calls {
        plugin.call_blocking("test.echo", params.clone())?;
        raw.round_trip(&line)?;
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let started = Instant::now();
        for _ in 0..calls {
            plugin.call_blocking("test.echo", params.clone())?;
        }
        ours.push(per_call(started.elapsed(), calls));
        let started = Instant::now();
        for _ in 0..calls {
            raw.round_trip(&line)?;
        }
        theirs.push(per_call(started.elapsed(), calls));
    }
    Ok(Row {
        language,
        payload,
        ours: spread(ours),
        raw: spread(theirs),
    })
}

fn per_call(time: Duration, calls: usize) -> f64 {
    time.as_nanos() as f64 / calls as f64
}

fn spread(mut times: Vec<f64>) -> Spread {
    times.sort_by(f64::total_cmp);
    let at = |part: f64| {
        times
            .get((times.len() as f64 * part) as usize)
            .copied()
            .unwrap_or_default()
    };
    Spread {
        low: at(0.1),
        median: at(0.5),
        high: at(0.9),
    }
}
