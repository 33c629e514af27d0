//! Greets whoever says something: an action and a provider of the interface `agent`.

use std::sync::atomic::{AtomicU64, Ordering};

use crossplug_plugin::agent::{
    ActionInvoke, ActionResult, ActionValidate, Agent, AgentError, ProviderGet, ProviderResult,
    UnknownName, Validation,
};
use crossplug_plugin::{Context, PluginError, Value, async_trait};

/// One action, one provider.
#[derive(Default)]
struct Greeter {
    greetings: AtomicU64,
}

#[async_trait]
impl Agent for Greeter {
    async fn action_validate(
        &self,
        _: &Context,
        params: ActionValidate,
    ) -> Result<Validation, PluginError> {
        check_action(&params.action)?;
        let says_something = params
            .memory
            .content
            .text
            .is_some_and(|text| !text.is_empty());
        Ok(Validation::new(says_something))
    }

    async fn action_invoke(
        &self,
        ctx: &Context,
        params: ActionInvoke,
    ) -> Result<ActionResult, PluginError> {
        check_action(&params.action)?;
        let greetings = self.greetings.fetch_add(1, Ordering::Relaxed) + 1;
        ctx.log().info(format!("greeting number {greetings}"));
        let greeting = ctx
            .config()
            .get("greeting")
            .and_then(Value::as_str)
            .unwrap_or("Hello");
        let said = params
            .memory
            .content
            .text
            .unwrap_or_else(|| "nothing".to_owned());
        Ok(ActionResult::new(true).with_text(format!("{greeting}! You said: {said}")))
    }

    async fn provider_get(
        &self,
        _: &Context,
        params: ProviderGet,
    ) -> Result<ProviderResult, PluginError> {
        if params.provider != "GREETINGS" {
            let message = format!("Provider not found: {}", params.provider);
            let details = Some(unknown(params.provider, "GREETINGS"));
            return Err(AgentError::ProviderNotFound { message, details }.into());
        }
        let greetings = self.greetings.load(Ordering::Relaxed);
        let values = [("greetings".to_owned(), greetings.into())]
            .into_iter()
            .collect();
        Ok(ProviderResult::new()
            .with_text(format!("There have been {greetings} greetings."))
            .with_values(values))
    }
}

/// Refuses a name that is not ours.
fn check_action(name: &str) -> Result<(), PluginError> {
    if name == "GREET" {
        return Ok(());
    }
    let (message, details) = (
        format!("Action not found: {name}"),
        Some(unknown(name, "GREET")),
    );
    Err(AgentError::ActionNotFound { message, details }.into())
}

fn unknown(name: impl Into<String>, known: &str) -> UnknownName {
    UnknownName::new(name.into()).with_known(vec![known.to_owned()])
}

crossplug_plugin::export!(Greeter: Agent; python = {{library}});

#[cfg(test)]
mod tests {
    use crossplug_plugin::Plugin;
    use crossplug_plugin::agent::{AgentClient, AgentDispatch, Content, Memory};
    use crossplug_plugin::testing::{TestHost, TestHostBuilder};

    use super::*;

    fn host() -> TestHostBuilder {
        TestHost::builder(
            Plugin::new("greeter", "0.1.0").with(AgentDispatch::new(Greeter::default())),
        )
    }

    fn memory() -> Memory {
        Memory::new(Content::new().with_text("good morning"))
    }

    #[test]
    fn greets_as_it_is_configured() {
        let host = host().config("greeting", "Ahoy").start();
        let agent = AgentClient::new(&host);
        let greeted = agent
            .action_invoke(ActionInvoke::new("GREET", memory()))
            .run()
            .result
            .unwrap();
        assert_eq!(
            greeted.text.as_deref(),
            Some("Ahoy! You said: good morning")
        );
        assert_eq!(host.logs()[0].message, "greeting number 1");
        let told = agent
            .provider_get(ProviderGet::new("GREETINGS", memory()))
            .run()
            .result
            .unwrap();
        assert_eq!(told.values.unwrap()["greetings"], 1);
    }

    #[test]
    fn knows_no_other_action() {
        let host = host().start();
        let answer = AgentClient::new(&host)
            .action_invoke(ActionInvoke::new("DANCE", memory()))
            .run();
        assert_eq!(answer.result.unwrap_err().code, "actionNotFound");
    }
}
