//! Calls the agent plugin in a folder, whatever it is written in, on a document, through one of its doors or the first that it
//! has: `example-agent-host FOLDER FILE [DOOR]`.
//!
//! The host's memory is made of the document's paragraphs; the plugin searches it through the service `memory.search`.
//! Prints a line of JSON for each call: the method, the result and the time it took.

use std::time::Instant;

use anyhow::Context as _;
use crossplug_host::agent::{
    ActionInvoke, ActionValidate, AgentClient, AgentServiceDispatch, AgentServiceHandler, Content,
    EvaluatorInvoke, EvaluatorValidate, Memory, MemoryList, MemorySearch, ProviderGet, State,
};
use crossplug_host::{Grants, Host, Result, ServiceCall, ServiceResult, async_trait};
use serde::Serialize;
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(file)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: example-agent-host FOLDER FILE [DOOR]");
    };
    let document = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let host = Host::builder()
        .name("example-agent-host")
        .on_log(|log| eprintln!("{log}"))
        .grants(Grants::parse(["memory.search"])?)
        .services(AgentServiceDispatch::new(Paragraphs::of(&document)))
        .build();
    let mut load = host.load(folder);
    if let Some(door) = arguments.next() {
        load = load.door(door);
    }
    if let Ok(token) = std::env::var("CROSSPLUG_TOKEN") {
        load = load.token(&token);
    }
    let plugin = load.blocking()?;
    let agent = AgentClient::new(&plugin);

    let memory = Memory::new(Content::new().with_text(document));
    let facts =
        [("topic", "plugin"), ("tone", "calm")].map(|(name, fact)| (name.to_owned(), json!(fact)));
    let state = State::new().with_values(facts.into_iter().collect());
    let invoke = ActionInvoke::new("RECALL", memory.clone()).with_state(state.clone());
    let evaluate = EvaluatorInvoke::new("TONE", memory.clone()).with_state(state);
    row("provider.get", || {
        agent.provider_get_blocking(ProviderGet::new("KEYWORDS", memory.clone()))
    })?;
    row("action.validate", || {
        agent.action_validate_blocking(ActionValidate::new("RECALL", memory.clone()))
    })?;
    row("action.invoke", || agent.action_invoke_blocking(invoke))?;
    row("evaluator.validate", || {
        agent.evaluator_validate_blocking(EvaluatorValidate::new("TONE", memory.clone()))
    })?;
    row("evaluator.invoke", || {
        agent.evaluator_invoke_blocking(evaluate)
    })?;
    plugin.stop_blocking();
    Ok(())
}

fn row<T: Serialize>(method: &str, call: impl FnOnce() -> Result<T>) -> anyhow::Result<()> {
    let started = Instant::now();
    let result = call()?;
    let millis = started.elapsed().as_secs_f64() * 1e3;
    println!(
        "{}",
        json!({ "method": method, "result": result, "millis": millis })
    );
    Ok(())
}

/// The host's memory: a document's paragraphs.
struct Paragraphs(Vec<Memory>);

impl Paragraphs {
    fn of(document: &str) -> Self {
        let paragraphs = document
            .split("\n\n")
            .filter(|paragraph| !paragraph.trim().is_empty());
        Self(
            paragraphs
                .map(|paragraph| Memory::new(Content::new().with_text(paragraph)))
                .collect(),
        )
    }
}

#[async_trait]
impl AgentServiceHandler for Paragraphs {
    /// Those that contain the text, letter case aside, the latest first.
    async fn memory_search(
        &self,
        _: &ServiceCall,
        params: MemorySearch,
    ) -> ServiceResult<MemoryList> {
        let text = params.text.unwrap_or_default().to_lowercase();
        let says = |memory: &&Memory| {
            memory
                .content
                .text
                .as_ref()
                .is_some_and(|said| said.to_lowercase().contains(&text))
        };
        let limit = usize::from(params.limit.unwrap_or(10));
        Ok(MemoryList::new(
            self.0
                .iter()
                .rev()
                .filter(says)
                .take(limit)
                .cloned()
                .collect(),
        ))
    }
}
