//! Recalls what was said, finds keywords, judges the tone: the interface `agent` in Rust.

mod keywords;

use crossplug_plugin::agent::{
    ActionInvoke, ActionResult, ActionValidate, Agent, AgentError, AgentServices, EvaluatorInvoke,
    EvaluatorValidate, Memory, MemorySearch, ProviderGet, ProviderResult, State, UnknownName,
    Validation,
};
use crossplug_plugin::{Context, JsonMap, PluginError, async_trait};
use keywords::{keywords, tone, words};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the manifest's `config` holds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    stop_words: Vec<String>,
    limit: u16,
    min_words: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stop_words: Vec::new(),
            limit: 3,
            min_words: 5,
        }
    }
}

/// An action, a provider and an evaluator.
#[derive(Default)]
struct Companion;

#[async_trait]
impl Agent for Companion {
    async fn action_validate(
        &self,
        _: &Context,
        params: ActionValidate,
    ) -> Result<Validation, PluginError> {
        check_action(&params.action)?;
        Ok(Validation::new(
            words(text_of(&params.memory)).next().is_some(),
        ))
    }

    async fn action_invoke(
        &self,
        ctx: &Context,
        params: ActionInvoke,
    ) -> Result<ActionResult, PluginError> {
        check_action(&params.action)?;
        let settings: Settings = ctx.config_as()?;
        let topic = topic_of(&settings, &params);
        if topic.is_empty() {
            return Ok(ActionResult::new(false).with_error("there is no topic to recall"));
        }
        let search = MemorySearch::new()
            .with_text(topic.as_str())
            .with_limit(settings.limit);
        let found = AgentServices::new(ctx)
            .memory_search(search)
            .await?
            .memories;
        let quotes: Vec<String> = found
            .iter()
            .map(|memory| words(text_of(memory)).take(6).collect::<Vec<_>>().join(" "))
            .collect();
        let text = format!(
            "{} memories about {topic}: {}",
            found.len(),
            quotes.join("; ")
        );
        Ok(ActionResult::new(true)
            .with_text(text)
            .with_data(map([("quotes", json!(quotes))]))
            .with_values(map([("topic", json!(topic))])))
    }

    async fn provider_get(
        &self,
        ctx: &Context,
        params: ProviderGet,
    ) -> Result<ProviderResult, PluginError> {
        if params.provider != "KEYWORDS" {
            let message = format!("Provider not found: {}", params.provider);
            let details = Some(unknown(&params.provider, "KEYWORDS"));
            return Err(AgentError::ProviderNotFound { message, details }.into());
        }
        let settings: Settings = ctx.config_as()?;
        let found = keywords(
            text_of(&params.memory),
            &settings.stop_words,
            settings.limit.into(),
        );
        let listed: Vec<String> = found
            .iter()
            .map(|(word, count)| format!("{word} ({count})"))
            .collect();
        let names: Vec<&String> = found.iter().map(|(word, _)| word).collect();
        Ok(ProviderResult::new()
            .with_text(format!("Keywords: {}", listed.join(", ")))
            .with_values(map([("keywords", json!(names))])))
    }

    async fn evaluator_validate(
        &self,
        ctx: &Context,
        params: EvaluatorValidate,
    ) -> Result<Validation, PluginError> {
        check_evaluator(&params.evaluator)?;
        let settings: Settings = ctx.config_as()?;
        Ok(Validation::new(
            words(text_of(&params.memory)).count() >= settings.min_words,
        ))
    }

    async fn evaluator_invoke(
        &self,
        _: &Context,
        params: EvaluatorInvoke,
    ) -> Result<Option<ActionResult>, PluginError> {
        check_evaluator(&params.evaluator)?;
        let text = text_of(&params.memory);
        if words(text).next().is_none() {
            return Ok(None);
        }
        let found = tone(text);
        let changed = value(params.state.as_ref(), "tone") != Some(&json!(found));
        let values = map([("tone", json!(found)), ("changed", json!(changed))]);
        Ok(Some(
            ActionResult::new(true).with_text(found).with_values(values),
        ))
    }
}

/// What the memory says; nothing is empty.
fn text_of(memory: &Memory) -> &str {
    memory.content.text.as_deref().unwrap_or_default()
}

/// A short fact of the state.
fn value<'a>(state: Option<&'a State>, name: &str) -> Option<&'a Value> {
    state?.values.as_ref()?.get(name)
}

/// What to recall: the caller's option, else the state's topic, else the commonest word of the message.
fn topic_of(settings: &Settings, params: &ActionInvoke) -> String {
    let option = params
        .options
        .as_ref()
        .and_then(|options| options.get("topic"));
    let named = [option, value(params.state.as_ref(), "topic")];
    if let Some(topic) = named
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .find(|topic| !topic.is_empty())
    {
        return topic.to_owned();
    }
    keywords(text_of(&params.memory), &settings.stop_words, 1)
        .pop()
        .map(|(word, _)| word)
        .unwrap_or_default()
}

fn check_action(name: &str) -> Result<(), PluginError> {
    if name == "RECALL" {
        return Ok(());
    }
    let details = Some(unknown(name, "RECALL"));
    Err(AgentError::ActionNotFound {
        message: format!("Action not found: {name}"),
        details,
    }
    .into())
}

fn check_evaluator(name: &str) -> Result<(), PluginError> {
    if name == "TONE" {
        return Ok(());
    }
    let details = Some(unknown(name, "TONE"));
    Err(AgentError::EvaluatorNotFound {
        message: format!("Evaluator not found: {name}"),
        details,
    }
    .into())
}

fn unknown(name: &str, known: &str) -> UnknownName {
    UnknownName::new(name).with_known(vec![known.to_owned()])
}

fn map<const N: usize>(members: [(&str, Value); N]) -> JsonMap {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

crossplug_plugin::export!(Companion: Agent; python = companion);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crossplug_plugin::Plugin;
    use crossplug_plugin::agent::{AgentClient, AgentDispatch, Content};
    use crossplug_plugin::testing::TestHost;

    use super::*;

    fn plugin() -> Plugin {
        Plugin::new("companion", "0.1.0").with(AgentDispatch::new(Companion))
    }

    fn memory() -> Memory {
        Memory::new(
            Content::new().with_text("Why do plugins need a protocol? What do plugins share?"),
        )
    }

    #[test]
    fn recalls_what_the_host_remembers() {
        let host = TestHost::builder(plugin())
            .config("limit", 2)
            .service("memory.search", |params| {
                assert_eq!(params, json!({ "text": "plugins", "limit": 2 }));
                Ok(json!({ "memories": [{ "content": { "text": "Plugins were mentioned before." } }] }))
            })
            .start();
        let answer = AgentClient::new(&host)
            .action_invoke(ActionInvoke::new("RECALL", memory()))
            .run();
        assert_eq!(
            answer.result.unwrap().text.unwrap(),
            "1 memories about plugins: plugins were mentioned before"
        );
    }

    #[test]
    fn judges_the_tone() {
        let host = TestHost::new(plugin());
        let agent = AgentClient::new(&host);
        let judge = |name: &str| {
            let call = agent.evaluator_invoke(EvaluatorInvoke::new(name, memory()));
            call.run().result
        };
        let tone = judge("TONE").unwrap().unwrap();
        assert_eq!(tone.text.unwrap(), "curious");
        assert_eq!(judge("MOOD").unwrap_err().code, "evaluatorNotFound");
    }
}
