//! How fast the hot path is: `cargo run --release -p crossplug-protocol --example speed`. Prints the scanner against
//! `serde_json` on texts of several kinds, and one call through both sides' sessions. No harness: the best of several runs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::{FrameReader, FrameWriter};
use crossplug_protocol::handshake::{Hello, Offer, Welcome};
use crossplug_protocol::json::Scanner;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallOptions, Incoming, Session};
use serde::de::IgnoredAny;

type Failure = Box<dyn std::error::Error>;

/// Nanoseconds of one run of `work`, the best of several rounds.
fn time(mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    let mut times = 1_u32;
    for _ in 0..8 {
        let began = Instant::now();
        for _ in 0..times {
            work();
        }
        let took = began.elapsed();
        best = best.min(took.as_secs_f64() * 1e9 / f64::from(times));
        if took < Duration::from_millis(5) {
            times = times.saturating_mul(4);
        }
    }
    best
}

fn scan(name: &str, text: &[u8]) -> Result<(), Failure> {
    // A word on the command line chooses the texts whose name has it.
    if std::env::args()
        .nth(1)
        .is_some_and(|word| !name.contains(&word))
    {
        return Ok(());
    }
    let mut scanner = Scanner::new(128);
    scanner.check(text)?;
    let ours = time(|| drop(black_box(scanner.check(black_box(text)))));
    let ignored = time(|| {
        drop(black_box(serde_json::from_slice::<IgnoredAny>(black_box(
            text,
        ))))
    });
    let value = time(|| {
        drop(black_box(serde_json::from_slice::<serde_json::Value>(
            black_box(text),
        )))
    });
    #[allow(clippy::cast_precision_loss, reason = "a figure for a person")]
    let rate = text.len() as f64 / ours;
    println!(
        "{name:<24}{:>9} bytes {ours:>11.0} ns {rate:>6.2} GB/s   IgnoredAny {ignored:>11.0} ns: {:>4.2}   Value {value:>11.0} ns: {:>4.2}",
        text.len(),
        ignored / ours,
        value / ours,
    );
    Ok(())
}

/// Moves what one side wrote to the other and gives the frame.
fn carry(from: &mut FrameWriter, to: &mut FrameReader) {
    to.push(from.as_bytes());
    from.consume(usize::MAX);
}

fn call(params: &[u8]) -> Result<f64, Failure> {
    let mut host = Session::host("crossplug/1", Offer::new()).ok_or("no dialect")?;
    let mut plugin = Session::plugin("crossplug/1", Offer::new()).ok_or("no dialect")?;
    let (mut to_plugin, mut to_host) = (FrameWriter::new(), FrameWriter::new());
    let (mut at_plugin, mut at_host) = (FrameReader::new(1 << 26), FrameReader::new(1 << 26));
    host.initialize(
        &Hello::new("speed", "1.0.0", "one"),
        Duration::ZERO,
        None,
        &mut to_plugin,
    )?;
    carry(&mut to_plugin, &mut at_plugin);
    let frame = at_plugin.next_frame(plugin.framing())?.ok_or("no frame")?;
    let Some(Incoming::Initialize { ticket, .. }) = plugin.receive(frame, &mut to_host)? else {
        return Err("no initialize".into());
    };
    plugin.accept(
        ticket,
        &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
        &mut to_host,
    )?;
    carry(&mut to_host, &mut at_host);
    host.receive(
        at_host.next_frame(host.framing())?.ok_or("no frame")?,
        &mut to_plugin,
    )?;

    let params = Raw::trust(params);
    let options = CallOptions::new().deadline(Duration::from_secs(30));
    let mut answered = 0_u64;
    let took = time(|| {
        let _ = black_box(host.call(
            "test.echo",
            Some(&params),
            &options,
            Duration::ZERO,
            &mut to_plugin,
        ));
        carry(&mut to_plugin, &mut at_plugin);
        if let Ok(Some(frame)) = at_plugin.next_frame(plugin.framing())
            && let Ok(Some(Incoming::Request {
                ticket,
                params: Some(params),
                ..
            })) = plugin.receive(frame, &mut to_host)
        {
            let _ = plugin.respond(ticket, Ok(&params), &mut to_host);
        }
        carry(&mut to_host, &mut at_host);
        if let Ok(Some(frame)) = at_host.next_frame(host.framing())
            && let Ok(Some(Incoming::Reply {
                outcome: Ok(result),
                ..
            })) = host.receive(frame, &mut to_plugin)
        {
            answered += u64::from(!black_box(result.as_bytes()).is_empty());
        }
    });
    if answered == 0 {
        Err("no reply".into())
    } else {
        Ok(took)
    }
}

fn main() -> Result<(), Failure> {
    let memory = r#"{"id":"00000000-0000-4000-8000-000000000001","entityId":"00000000-0000-4000-8000-000000000002","roomId":"00000000-0000-4000-8000-000000000003","content":{"text":"hi"},"createdAt":1704067200000}"#;
    let envelope = format!(
        r#"{{"jsonrpc":"2.0","id":1234,"method":"action.invoke","params":{{"action":"ECHO","memory":{memory},"state":{{"values":{{}},"data":{{}},"text":""}},"options":{{"o":1}}}},"meta":{{"timeoutMs":30000}}}}"#
    );
    let many = |piece: &str, count: usize| format!("[{}]", vec![piece; count].join(","));
    let names: Vec<String> = (0..100_000).map(|n| format!("\"name{n}\":{n}")).collect();
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&many(
        memory, 400,
    ))?)?;
    scan(
        "reply, small",
        br#"{"jsonrpc":"2.0","id":7,"result":{"text":"hi"}}"#,
    )?;
    scan("request, typical", envelope.as_bytes())?;
    scan("memories x 400", many(memory, 400).as_bytes())?;
    scan("the same, pretty", pretty.as_bytes())?;
    scan("numbers", many("12.5,-7,1e3,123456789", 10_000).as_bytes())?;
    scan(
        "ASCII text 1 MiB",
        format!("\"{}\"", "abcdefgh".repeat(1 << 17)).as_bytes(),
    )?;
    scan(
        "other text 1 MB",
        format!("\"{}\"", "Größe 猫 ".repeat(1 << 16)).as_bytes(),
    )?;
    scan(
        "escapes",
        format!("\"{}\"", "line\\n\\u00e9\\\"".repeat(1 << 15)).as_bytes(),
    )?;
    scan(
        "100,000 members",
        format!("{{{}}}", names.join(",")).as_bytes(),
    )?;
    for size in [16, 1 << 10, 1 << 16] {
        let params = format!("{{\"text\":\"{}\"}}", "x".repeat(size));
        println!(
            "one call and its reply, both sides, params of {:>6} bytes: {:>8.0} ns",
            params.len(),
            call(params.as_bytes())?
        );
    }
    Ok(())
}
