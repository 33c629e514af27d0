//! A loaded plugin in the shape that elizaOS gives its plugins: lists of actions, providers and evaluators to call.

use std::ops::Deref;

use crossplug_protocol::codec::{JsonMap, Value};

use crate::Result;
use crate::agent::{
    ActionInvoke, ActionResult, ActionValidate, AgentClient, EvaluatorInvoke, EvaluatorValidate,
    Memory, ProviderGet, ProviderResult, State,
};

/// One entry of a manifest, and the plugin behind it.
#[derive(Debug, Clone)]
struct Part {
    agent: AgentClient,
    name: String,
    entry: JsonMap,
}

impl Part {
    fn all(agent: &AgentClient, part: &str) -> Vec<Self> {
        let entries = agent
            .plugin()
            .manifest()
            .get(part)
            .and_then(Value::as_array);
        let entries = entries.into_iter().flatten().filter_map(Value::as_object);
        let named = entries.filter_map(|entry| {
            Some(Self {
                agent: agent.clone(),
                name: entry.get("name")?.as_str()?.to_owned(),
                entry: entry.clone().into_iter().collect(),
            })
        });
        named.collect()
    }

    fn text(&self, member: &str) -> &str {
        self.entry
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn texts(&self, member: &str) -> Vec<&str> {
        let list = self.entry.get(member).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    fn is(&self, member: &str) -> bool {
        self.entry.get(member) == Some(&Value::Bool(true))
    }
}

/// Something that a plugin does.
#[derive(Debug, Clone)]
pub struct Action(Part);

impl Action {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// For a person.
    #[must_use]
    pub fn description(&self) -> &str {
        self.0.text("description")
    }

    /// Other names of it.
    #[must_use]
    pub fn similes(&self) -> Vec<&str> {
        self.0.texts("similes")
    }

    /// Whether it applies to a message.
    ///
    /// # Errors
    /// As for [`Call::blocking`](crate::Call::blocking).
    pub async fn validate(&self, message: &Memory, state: Option<&State>) -> Result<bool> {
        let mut params = ActionValidate::new(self.name(), message.clone());
        params.state = state.cloned();
        Ok(self.0.agent.action_validate(params).await?.valid)
    }

    /// Does it.
    ///
    /// # Errors
    /// As for [`Call::blocking`](crate::Call::blocking).
    pub async fn handler(
        &self,
        message: &Memory,
        state: Option<&State>,
        options: Option<JsonMap>,
    ) -> Result<ActionResult> {
        let mut params = ActionInvoke::new(self.name(), message.clone());
        (params.state, params.options) = (state.cloned(), options);
        self.0.agent.action_invoke(params).await
    }
}

/// Something that a plugin knows.
#[derive(Debug, Clone)]
pub struct Provider(Part);

impl Provider {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// For a person.
    #[must_use]
    pub fn description(&self) -> &str {
        self.0.text("description")
    }

    /// Where it stands among the others; 0 where it does not say.
    #[must_use]
    pub fn position(&self) -> i64 {
        let position = self.0.entry.get("position").and_then(Value::as_i64);
        position.unwrap_or_default()
    }

    /// What it says about a message.
    ///
    /// # Errors
    /// As for [`Call::blocking`](crate::Call::blocking).
    pub async fn get(&self, message: &Memory, state: Option<&State>) -> Result<ProviderResult> {
        let mut params = ProviderGet::new(self.name(), message.clone());
        params.state = state.cloned();
        self.0.agent.provider_get(params).await
    }
}

/// Something that a plugin makes of what was said.
#[derive(Debug, Clone)]
pub struct Evaluator(Part);

impl Evaluator {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// For a person.
    #[must_use]
    pub fn description(&self) -> &str {
        self.0.text("description")
    }

    /// Whether it wants to see every message.
    #[must_use]
    pub fn always_run(&self) -> bool {
        self.0.is("alwaysRun")
    }

    /// Whether it applies to a message.
    ///
    /// # Errors
    /// As for [`Call::blocking`](crate::Call::blocking).
    pub async fn validate(&self, message: &Memory, state: Option<&State>) -> Result<bool> {
        let mut params = EvaluatorValidate::new(self.name(), message.clone());
        params.state = state.cloned();
        Ok(self.0.agent.evaluator_validate(params).await?.valid)
    }

    /// Evaluates; none where it has nothing to say.
    ///
    /// # Errors
    /// As for [`Call::blocking`](crate::Call::blocking).
    pub async fn handler(
        &self,
        message: &Memory,
        state: Option<&State>,
    ) -> Result<Option<ActionResult>> {
        let mut params = EvaluatorInvoke::new(self.name(), message.clone());
        params.state = state.cloned();
        self.0.agent.evaluator_invoke(params).await
    }
}

/// A plugin in elizaOS's shape. It is a [`Plugin`](crate::Plugin), too.
#[derive(Debug, Clone)]
pub struct Plugin {
    loaded: crate::Plugin,
    /// What it does.
    pub actions: Vec<Action>,
    /// What it knows.
    pub providers: Vec<Provider>,
    /// What it makes of what was said.
    pub evaluators: Vec<Evaluator>,
}

impl Plugin {
    /// The shape of a plugin that was loaded, by what its manifest says of itself.
    #[must_use]
    pub fn new(loaded: crate::Plugin) -> Self {
        let agent = AgentClient::new(&loaded);
        let parts = |part| Part::all(&agent, part);
        Self {
            actions: parts("actions").into_iter().map(Action).collect(),
            providers: parts("providers").into_iter().map(Provider).collect(),
            evaluators: parts("evaluators").into_iter().map(Evaluator).collect(),
            loaded,
        }
    }
}

impl Deref for Plugin {
    type Target = crate::Plugin;

    fn deref(&self) -> &crate::Plugin {
        &self.loaded
    }
}
