//! The process door beside a raw ping-pong over the same kind of pipe, between the same two languages, in one run.
//!
//! A raw peer gets a line and writes it back; it knows no protocol. Ours is the conformance subject's `test.echo`. Both
//! carry the same number of bytes each way. Host, plugin and raw peer share one core, so that no pair gains or loses by
//! where the scheduler puts it; rounds of the two are interleaved, so that what else the machine does falls on both. Each
//! round gives one ratio. What is quoted is the median of those, with the tenth and the ninetieth in a hundred; times are
//! an illustration.

mod pin;
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
    ratio: Spread,
}

/// Where most rounds lie: times of one call in nanoseconds, or ratios.
#[derive(Clone, Copy)]
struct Spread {
    low: f64,
    median: f64,
    high: f64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // Before any thread or child begins: they inherit it.
    let placed = pin::to_one_core();
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
        println!("{}", json!({ "core": placed.core(), "rows": rows }));
    } else {
        println!("{}", placed.words());
        println!(
            "{:12} {:>8} {:>26} {:>26} {:>22}",
            "plugin", "bytes", "call µs", "raw µs", "ratio"
        );
        for row in &rows {
            println!(
                "{:12} {:>8} {:>26} {:>26} {:>22}",
                row.language,
                row.payload,
                row.ours.show(1e3, 1),
                row.raw.show(1e3, 1),
                row.ratio.show(1.0, 2)
            );
        }
    }
    Ok(())
}

impl Row {
    fn json(&self) -> serde_json::Value {
        json!({
            "group": "process call, blocking", "name": format!("rust host, {} plugin", self.language), "payload": self.payload,
            "ours_ns": self.ours.median, "limit_ns": self.raw.median, "ratio_to_limit": self.ratio.median,
            "ours_spread_ns": [self.ours.low, self.ours.high], "limit_spread_ns": [self.raw.low, self.raw.high],
            "ratio_spread": [self.ratio.low, self.ratio.high],
        })
    }
}

impl Spread {
    /// `median (low – high)`, in a unit.
    fn show(self, unit: f64, digits: usize) -> String {
        let [median, low, high] = [self.median, self.low, self.high].map(|value| value / unit);
        format!("{median:.digits$} ({low:.digits$} – {high:.digits$})")
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
    // Short rounds, and many: what else the machine does spoils some of them and leaves the median alone.
    let rounds = if quick { 61 } else { 401 };
    let calls = (40_000 / (payload + 1_000)).max(8);
    for _ in 0..20 * calls {
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
    let ratios = ours.iter().zip(&theirs).map(|(ours, raw)| ours / raw);
    Ok(Row {
        language,
        payload,
        ratio: spread(ratios.collect()),
        ours: spread(ours),
        raw: spread(theirs),
    })
}

fn per_call(time: Duration, calls: usize) -> f64 {
    time.as_nanos() as f64 / calls as f64
}

fn spread(mut rounds: Vec<f64>) -> Spread {
    rounds.sort_by(f64::total_cmp);
    let at = |part: f64| {
        rounds
            .get((rounds.len() as f64 * part) as usize)
            .copied()
            .unwrap_or_default()
    };
    Spread {
        low: at(0.1),
        median: at(0.5),
        high: at(0.9),
    }
}
