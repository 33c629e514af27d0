//! An agent's runtime as far as plugins see one: what was registered, and who is asked.

use crossplug_protocol::codec::JsonMap;
use crossplug_protocol::error::PluginError;

use super::{Action, Evaluator, Plugin, Provider};
use crate::agent::{ActionResult, Memory, State};
use crate::{Error, ErrorKind, Result};

/// Holds plugins and asks them.
#[derive(Debug, Default)]
pub struct Runtime {
    plugins: Vec<Plugin>,
}

impl Runtime {
    /// A runtime without plugins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a plugin has.
    ///
    /// # Errors
    /// [`Incompatible`](crate::ErrorKind::Incompatible) where another plugin has an action, a provider or an evaluator of the
    /// same name; nothing is added then.
    pub fn register_plugin(&mut self, plugin: Plugin) -> Result<()> {
        let new = names(&plugin);
        let twice = self.plugins.iter().find_map(|known| {
            let known = names(known);
            new.iter().find(|name| known.contains(name)).cloned()
        });
        if let Some((part, name)) = twice {
            let what = format!("the {part} `{name}` is registered already, by another plugin");
            let operation = format!("register `{}`", plugin.name());
            return Err(Error::new(ErrorKind::Incompatible, operation).with_context(what));
        }
        self.plugins.push(plugin);
        Ok(())
    }

    /// The plugins, in the order in which they came.
    #[must_use]
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// All actions.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.plugins.iter().flat_map(|plugin| &plugin.actions)
    }

    /// All providers.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.plugins.iter().flat_map(|plugin| &plugin.providers)
    }

    /// All evaluators.
    pub fn evaluators(&self) -> impl Iterator<Item = &Evaluator> {
        self.plugins.iter().flat_map(|plugin| &plugin.evaluators)
    }

    /// What the providers know about a message: their texts, and their values under one roof.
    ///
    /// # Errors
    /// The first provider's that fails.
    pub async fn compose_state(&self, message: &Memory) -> Result<State> {
        let mut providers: Vec<_> = self.providers().collect();
        providers.sort_by_key(|provider| provider.position());
        let (mut texts, mut values, mut data) = (Vec::new(), JsonMap::new(), JsonMap::new());
        for provider in providers {
            let told = provider.get(message, None).await?;
            texts.extend(told.text);
            values.extend(told.values.into_iter().flatten());
            data.extend(told.data.into_iter().flatten());
        }
        let state = State::new().with_text(texts.join("\n"));
        Ok(state.with_values(values).with_data(data))
    }

    /// The result of the action of that name or simile; none where it does not apply to the message.
    ///
    /// # Errors
    /// [`Plugin`](crate::ErrorKind::Plugin) with `actionNotFound` where nobody has it; else the action's.
    pub async fn process_action(
        &self,
        name: &str,
        message: &Memory,
        state: Option<&State>,
        options: Option<JsonMap>,
    ) -> Result<Option<ActionResult>> {
        let named = |action: &&Action| action.name() == name || action.similes().contains(&name);
        let Some(action) = self.actions().find(named) else {
            let error = PluginError::new("actionNotFound", format!("Action not found: {name}"));
            return Err(Error::from_plugin(format!("process `{name}`"), error));
        };
        if !action.validate(message, state).await? {
            return Ok(None);
        }
        action.handler(message, state, options).await.map(Some)
    }

    /// What the evaluators that apply make of a message, by their names.
    ///
    /// # Errors
    /// The first evaluator's that fails.
    pub async fn evaluate(
        &self,
        message: &Memory,
        state: Option<&State>,
    ) -> Result<Vec<(String, ActionResult)>> {
        let mut results = Vec::new();
        for evaluator in self.evaluators() {
            if (evaluator.always_run() || evaluator.validate(message, state).await?)
                && let Some(result) = evaluator.handler(message, state).await?
            {
                results.push((evaluator.name().to_owned(), result));
            }
        }
        Ok(results)
    }
}

fn names(plugin: &Plugin) -> Vec<(&'static str, String)> {
    let actions = plugin
        .actions
        .iter()
        .map(|one| ("action", one.name().to_owned()));
    let providers = plugin
        .providers
        .iter()
        .map(|one| ("provider", one.name().to_owned()));
    let evaluators = plugin
        .evaluators
        .iter()
        .map(|one| ("evaluator", one.name().to_owned()));
    actions.chain(providers).chain(evaluators).collect()
}
