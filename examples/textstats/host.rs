//! Calls the textstats plugin in a folder, whatever it is written in, on a document, through one of its doors or the first that it
//! has: `example-textstats-host FOLDER FILE [DOOR]`.
//!
//! Prints a line of JSON: the method, everything that was streamed, the progress and the summary, and the time it took.

#[path = "host/generated"]
mod generated {
    pub(crate) mod textstats;
}

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use crossplug_host::Host;
use generated::textstats::host::TextstatsClient;
use generated::textstats::types::Analyse;
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(file)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: example-textstats-host FOLDER FILE [DOOR]");
    };
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let host = Host::builder()
        .name("example-textstats-host")
        .on_log(|log| eprintln!("{log}"))
        .build();
    let mut load = host.load(folder);
    if let Some(door) = arguments.next() {
        load = load.door(door);
    }
    if let Ok(token) = std::env::var("CROSSPLUG_TOKEN") {
        load = load.token(&token);
    }
    let plugin = load.blocking()?;

    let started = Instant::now();
    let progress = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&progress);
    let call = TextstatsClient::new(&plugin).text_analyse(Analyse::new(text).with_top_words(5));
    let mut stream = call
        .on_progress(move |report| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(report.fraction)
        })
        .open()?;
    let mut paragraphs = Vec::new();
    while let Some(paragraph) = stream.next_blocking()? {
        paragraphs.push(paragraph);
    }
    let summary = stream.result_blocking()?;
    let millis = started.elapsed().as_secs_f64() * 1e3;

    let progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
    let result = json!({ "summary": summary, "paragraphs": paragraphs, "progress": *progress });
    println!(
        "{}",
        json!({ "method": "text.analyse", "result": result, "millis": millis })
    );
    plugin.stop_blocking();
    Ok(())
}
