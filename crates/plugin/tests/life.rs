//! What a plugin does before its first call and after its last, and how long it waits for its host.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossplug_plugin::conformance::{
    Answer, Ask, Conformance, ConformanceClient, ConformanceDispatch, ConformanceServices,
};
use crossplug_plugin::testing::{TestHost, TestHostBuilder};
use crossplug_plugin::{Context, Lifecycle, Plugin, PluginError, async_trait};
use serde_json::json;

#[derive(Default)]
struct Living {
    ready: AtomicBool,
    stopped: AtomicBool,
}

#[async_trait]
impl Lifecycle for Living {
    async fn on_start(&self, ctx: &Context) -> Result<(), PluginError> {
        ctx.log().with("mood", "good").info("starting");
        ctx.sleep(Duration::from_millis(10)).await;
        match ctx.config().get("mood").and_then(|mood| mood.as_str()) {
            Some("refuse") => return Err(PluginError::failed_precondition("not like this")),
            Some("panic") => panic!("no way"),
            Some("ask") => drop(ctx.call_answer("early?").await?),
            _ => {}
        }
        self.ready.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn on_stop(&self, ctx: &Context) {
        ctx.sleep(Duration::from_millis(10)).await;
        ctx.log().info("stopped");
        self.stopped.store(true, Ordering::SeqCst);
    }
}

/// Asks as every handler here does.
trait AskMore {
    async fn call_answer(&self, question: &str) -> Result<Answer, PluginError>;
}

impl AskMore for Context {
    async fn call_answer(&self, question: &str) -> Result<Answer, PluginError> {
        let asked = ConformanceServices::new(self).test_answer(Ask::new(question));
        asked.timeout(Duration::from_millis(30)).await
    }
}

#[async_trait]
impl Conformance for Living {
    async fn test_nothing(&self, _ctx: &Context) -> Result<(), PluginError> {
        assert!(self.ready.load(Ordering::SeqCst));
        Ok(())
    }

    async fn test_ask(&self, ctx: &Context, params: Ask) -> Result<Answer, PluginError> {
        ctx.call_answer(&params.question).await
    }
}

fn living() -> (Arc<Living>, TestHostBuilder) {
    let living = Arc::new(Living::default());
    let plugin = Plugin::new("living", "0.1.0")
        .with(ConformanceDispatch::shared(Arc::clone(&living)))
        .with_lifecycle(Arc::clone(&living));
    (living, TestHost::builder(plugin))
}

#[test]
fn no_call_comes_before_the_start_has_ended_and_the_stop_comes_last() {
    let (living, builder) = living();
    let host = builder.start();
    let client = ConformanceClient::new(&host);
    client.test_nothing().run().result.unwrap();
    host.stop();
    assert!(living.stopped.load(Ordering::SeqCst));
    let logs = host.logs();
    let said: Vec<&str> = logs.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(said, ["starting", "stopped"]);
    let fields = logs.first().map(|line| &line.fields);
    assert_eq!(fields, Some(&json!({ "mood": "good" })));
}

#[test]
fn a_start_that_fails_is_the_answer_to_initialize() {
    for (mood, code) in [
        ("refuse", "failedPrecondition"),
        ("panic", "internal"),
        ("ask", "unavailable"),
    ] {
        let (living, builder) = living();
        let error = builder.config("mood", mood).try_start().unwrap_err();
        assert_eq!(error.code, code, "{mood}");
        assert!(!living.stopped.load(Ordering::SeqCst));
    }
}
