//! Fake services of the test kit that stream, and one that never answers; what a plugin finds of a host in a test.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use crossplug_plugin::agent::{ActionInvoke, ActionResult, Agent, AgentDispatch};
use crossplug_plugin::conformance::{
    Conformance, ConformanceClient, ConformanceDispatch, ConformanceServices, ContextReport, Count,
};
use crossplug_plugin::protocol::codec::Any;
use crossplug_plugin::testing::TestHost;
use crossplug_plugin::{Context, JsonMap, Plugin, PluginError, Value, async_trait};
use serde_json::json;

struct Tried;

#[async_trait]
impl Conformance for Tried {
    async fn test_skim(&self, ctx: &Context, params: Count) -> Result<i64, PluginError> {
        let mut list = ConformanceServices::new(ctx).test_list(params).await?;
        let mut sum = 0;
        while let Some(number) = list.next().await? {
            sum += number;
        }
        Ok(sum - list.result().await?)
    }

    async fn test_context(&self, ctx: &Context) -> Result<ContextReport, PluginError> {
        let instance = ctx.instance_id();
        let mut config = ctx.config().clone();
        config.insert("emit".to_owned(), json!(ctx.granted().emit));
        Ok(ContextReport::new(instance, config, false, false, false))
    }
}

#[async_trait]
impl Agent for Tried {
    async fn action_invoke(
        &self,
        ctx: &Context,
        params: ActionInvoke,
    ) -> Result<ActionResult, PluginError> {
        if params.action == "silence" {
            let asked = ctx.call::<Any, Any>("silence", &json!({}));
            asked.timeout(Duration::from_millis(30)).await?;
        }
        let mut call = ctx
            .start::<Any, Any, Any, Any>(&params.action, &json!({}))
            .await?;
        for text in ["a", "b"] {
            call.send(&json!(text)).await?;
        }
        call.end()?;
        let mut heard = Vec::new();
        while let Some(item) = call.next().await? {
            heard.push(item);
        }
        heard.push(call.result().await?);
        let data = JsonMap::from_iter([("heard".to_owned(), Value::Array(heard))]);
        Ok(ActionResult::new(true).with_data(data))
    }
}

fn plugin() -> Plugin {
    Plugin::new("tried", "1.0.0")
        .with(ConformanceDispatch::new(Tried))
        .with(AgentDispatch::new(Tried))
}

fn invoke(host: &TestHost, action: &str) -> Result<Value, PluginError> {
    let params = json!({ "action": action, "memory": { "content": {} } });
    host.call("action.invoke", params).run().result
}

#[test]
fn a_fake_streams_more_than_the_plugin_takes_at_once() {
    let host = TestHost::builder(plugin())
        .streaming_service("test.list", |params| {
            let to = params["to"].as_i64().unwrap();
            let items = (1..=to).map(|number| json!(number.to_string()));
            Ok((items.collect(), json!((to * (to + 1) / 2).to_string())))
        })
        .start();
    let skimmed = ConformanceClient::new(&host)
        .test_skim(Count::new(1000))
        .run();
    assert_eq!(skimmed.result.unwrap(), 0);
}

#[test]
fn a_fake_is_given_what_the_plugin_streams() {
    let host = TestHost::builder(plugin())
        .uploaded_service("shout", |_params, heard| {
            let louder = |text: &Value| json!(text.as_str().unwrap().to_uppercase());
            Ok((heard.iter().map(louder).collect(), json!(heard.len())))
        })
        .start();
    let answer = invoke(&host, "shout").unwrap();
    assert_eq!(answer["data"]["heard"], json!(["A", "B", 2]));
}

#[test]
fn a_silent_service_lets_the_plugin_wait() {
    let host = TestHost::builder(plugin())
        .silent_service("silence")
        .start();
    assert_eq!(
        invoke(&host, "silence").unwrap_err().code,
        "deadlineExceeded"
    );
    assert_eq!(host.service_calls()[0].service, "silence");
}

#[test]
fn configuration_and_grants_are_those_of_a_host() {
    let defaults = json!({ "config": { "color": "red", "size": 1 } });
    let plugin = plugin().with_manifest(defaults.as_object().unwrap().clone());
    let host = TestHost::builder(plugin).config("size", 2).start();
    let report = ConformanceClient::new(&host)
        .test_context()
        .run()
        .result
        .unwrap();
    assert_eq!(report.instance_id, "test");
    assert_eq!(report.config["color"], "red");
    assert_eq!(report.config["size"], 2);
    assert_eq!(report.config["emit"], json!(["*"]));
}
