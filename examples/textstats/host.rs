//! Calls the textstats plugin in a folder, whatever it is written in, on a document: `example-textstats-host FOLDER FILE`.
//!
//! Prints a line of JSON: the method, everything that was streamed and the summary, and the time it took.

use std::time::Instant;

use anyhow::Context as _;
use crossplug_host::Host;
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(file)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: example-textstats-host FOLDER FILE");
    };
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let host = Host::builder().name("example-textstats-host").on_log(|log| eprintln!("{log:?}")).build();
    let plugin = host.load(folder).blocking()?;

    let started = Instant::now();
    let call = plugin.call("text.analyse", json!({ "text": text, "topWords": 5 }));
    let mut stream = call.on_progress(|progress| eprintln!("{:?}", progress.fraction)).stream()?;
    let mut paragraphs = Vec::new();
    while let Some(paragraph) = stream.next_blocking()? {
        paragraphs.push(paragraph.value()?);
    }
    let summary = stream.result_blocking()?.value()?;
    let millis = started.elapsed().as_secs_f64() * 1e3;
    let result = json!({ "summary": summary, "paragraphs": paragraphs });
    println!("{}", json!({ "method": "text.analyse", "door": "process", "result": result, "millis": millis }));
    plugin.stop_blocking();
    Ok(())
}
