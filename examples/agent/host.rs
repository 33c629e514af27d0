//! Calls the agent plugin in a folder, whatever it is written in, on a document: `example-agent-host FOLDER FILE`.
//!
//! The host's memory is made of the document's paragraphs; the plugin searches it through the service `memory.search`.
//! Prints a line of JSON for each call: the method, the result and the time it took.

use std::time::Instant;

use anyhow::Context as _;
use crossplug_host::protocol::generated::agent::{Content, Memory, MemoryList, MemorySearch};
use crossplug_host::protocol::codec::{decode, encode};
use crossplug_host::{Grants, Host, Payload, Plugin, PluginError};
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(file)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: example-agent-host FOLDER FILE");
    };
    let document = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let memories: Vec<Memory> = document
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(|paragraph| Memory::new(Content::new().with_text(paragraph)))
        .collect();
    let host = Host::builder()
        .name("example-agent-host")
        .on_log(|log| eprintln!("{log:?}"))
        .grants(Grants::parse(["memory.search"])?)
        .service("memory.search", move |call| {
            let found = search(&memories, call.params().as_bytes());
            async move { found }
        })
        .build();
    let plugin = host.load(folder).blocking()?;

    let memory = json!({ "content": { "text": document } });
    let state = json!({ "values": { "topic": "plugin", "tone": "calm" } });
    let both = |name: &str, value: &str| json!({ name: value, "memory": memory, "state": state });
    row(&plugin, "provider.get", both("provider", "KEYWORDS"))?;
    row(&plugin, "action.validate", both("action", "RECALL"))?;
    row(&plugin, "action.invoke", both("action", "RECALL"))?;
    row(&plugin, "evaluator.validate", both("evaluator", "TONE"))?;
    row(&plugin, "evaluator.invoke", both("evaluator", "TONE"))?;
    plugin.stop_blocking();
    Ok(())
}

/// The memories that contain the text, letter case aside, the latest paragraph first.
fn search(memories: &[Memory], params: &[u8]) -> Result<Payload, PluginError> {
    let wanted: MemorySearch = decode::<MemorySearch>(params).map_err(PluginError::from)?;
    let text = wanted.text.unwrap_or_default().to_lowercase();
    let limit = usize::from(wanted.limit.unwrap_or(10));
    let found = memories.iter().rev().filter(|memory| {
        memory.content.text.as_ref().is_some_and(|said| said.to_lowercase().contains(&text))
    });
    let list = MemoryList::new(found.take(limit).cloned().collect());
    encode::<MemoryList>(&list).map(Payload::trust).map_err(|error| PluginError::internal(error.to_string()))
}

fn row(plugin: &Plugin, method: &str, params: Value) -> anyhow::Result<()> {
    let started = Instant::now();
    let result = plugin.call_blocking(method, params)?.value()?;
    let millis = started.elapsed().as_secs_f64() * 1e3;
    println!("{}", json!({ "method": method, "door": "process", "result": result, "millis": millis }));
    Ok(())
}
