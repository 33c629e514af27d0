//! What an author's tests can see and do with the test kit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crossplug_plugin::agent::{
    ActionInvoke, Agent, AgentClient, AgentDispatch, Content, Memory, MessageReceived,
};
use crossplug_plugin::conformance::{
    Ask, Conformance, ConformanceClient, ConformanceDispatch, ConformanceError, ConformanceEvents,
    ConformanceServices, Count, Echo, Emit, Happened, Paper, Print,
};
use crossplug_plugin::protocol::generated::conformance::Answer;
use crossplug_plugin::testing::TestHost;
use crossplug_plugin::{
    Context, Event, ItemReceiver, ItemSender, Level, Plugin, PluginError, async_trait,
};
use serde_json::json;

#[derive(Default)]
struct Tried {
    dropped: Arc<AtomicU32>,
    heard: Arc<AtomicU32>,
}

/// Counts that a handler was dropped where it waited.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Conformance for Tried {
    async fn test_echo(&self, _ctx: &Context, params: Echo) -> Result<Echo, PluginError> {
        if params.text.as_deref() == Some("nan") {
            return Ok(Echo::new().with_ratio(f64::NAN));
        }
        Ok(params)
    }

    async fn test_nothing(&self, ctx: &Context) -> Result<(), PluginError> {
        ctx.sleep(Duration::from_millis(20)).await;
        Ok(())
    }

    async fn test_fail(
        &self,
        _ctx: &Context,
        _params: crossplug_plugin::conformance::Fail,
    ) -> Result<(), PluginError> {
        Err(ConformanceError::OutOfPaper {
            message: "empty".into(),
            details: Some(Paper::new(3)),
        }
        .into())
    }

    async fn test_crash(&self, _ctx: &Context) -> Result<(), PluginError> {
        panic!("crash on purpose")
    }

    async fn test_hang(&self, ctx: &Context) -> Result<(), PluginError> {
        let _counted = Counted(Arc::clone(&self.dropped));
        ctx.log().info("hanging");
        std::future::pending().await
    }

    async fn test_print(&self, ctx: &Context, _params: Print) -> Result<u32, PluginError> {
        let greeting: Greeting = ctx.config_as()?;
        Ok(greeting.times)
    }

    async fn test_count(
        &self,
        ctx: &Context,
        params: Count,
        items: ItemSender<i64>,
    ) -> Result<i64, PluginError> {
        for number in 1..=i64::from(params.to) {
            items.send(number).await?;
            ctx.progress(0.5, "counting");
        }
        Ok(0)
    }

    async fn test_sum(
        &self,
        _ctx: &Context,
        mut upload: ItemReceiver<i64>,
    ) -> Result<i64, PluginError> {
        let mut sum = 0;
        while let Some(number) = upload.next().await? {
            sum += number;
        }
        Ok(sum)
    }

    async fn test_ask(&self, ctx: &Context, params: Ask) -> Result<Answer, PluginError> {
        ConformanceServices::new(ctx).test_answer(params).await
    }

    async fn test_emit(&self, ctx: &Context, params: Emit) -> Result<(), PluginError> {
        ConformanceEvents::on_stream(ctx, "s").test_happened(Happened::new(params.times))
    }
}

#[async_trait]
impl Agent for Tried {
    async fn on_message_received(&self, ctx: &Context, event: Event<MessageReceived>) {
        self.heard.fetch_add(1, Ordering::SeqCst);
        ctx.log().with("stream", event.stream).debug("heard");
    }
}

#[derive(serde::Deserialize)]
struct Greeting {
    times: u32,
}

fn plugin() -> Plugin {
    Plugin::new("tried", "0.1.0").with(ConformanceDispatch::new(Tried::default()))
}

fn ask(host: &TestHost, question: &str) -> Result<Answer, PluginError> {
    let call = ConformanceClient::new(host).test_ask(Ask::new(question));
    call.run().result
}

#[test]
fn typed_and_untyped_calls_go_through_the_codec() {
    let host = TestHost::new(plugin());
    let echo = Echo::new()
        .with_big(i64::MIN)
        .with_note(None)
        .with_extra("more", 1);
    let client = ConformanceClient::new(&host);
    assert_eq!(client.test_echo(echo.clone()).run().result.unwrap(), echo);
    let answer = host
        .call("test.echo", json!({ "big": "7", "note": null }))
        .run();
    assert_eq!(answer.result.unwrap(), json!({ "big": "7", "note": null }));
    let refused = host
        .call("test.echo", json!({ "list": ["1", 0.5] }))
        .run()
        .result
        .unwrap_err();
    let details = refused.details.unwrap();
    assert_eq!(
        (refused.code.as_str(), &*details),
        (
            "invalidParams",
            &json!({ "reason": "notAnInteger", "pointer": "/list/1" })
        )
    );
    assert_eq!(
        host.call("no.such", json!({}))
            .run()
            .result
            .unwrap_err()
            .code,
        "methodNotFound"
    );
    assert_eq!(
        host.call("test.double", json!({}))
            .run()
            .result
            .unwrap_err()
            .code,
        "methodNotFound",
        "not implemented"
    );
    // What is left out is judged like what is there; what nobody knows is not.
    for (method, code) in [
        ("test.leftOut", "invalidParams"),
        ("no.such", "methodNotFound"),
    ] {
        let refused = host.call(method, json!({ "text": 5 })).run();
        assert_eq!(refused.result.unwrap_err().code, code, "{method}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_an_error_of_its_call() {
    let host = TestHost::new(plugin());
    let error = host
        .call("test.echo", json!({ "text": "nan" }))
        .run()
        .result
        .unwrap_err();
    assert!(
        error.code == "internal" && error.message.contains("NaN"),
        "{error}"
    );
    let mut deep = json!("bottom");
    for _ in 0..127 {
        deep = json!([deep]);
    }
    // The whole document is as deep as any may be, but its message would be deeper.
    let error = host
        .call("test.echo", json!({ "any": deep }))
        .run()
        .result
        .unwrap_err();
    assert!(
        error.code == "invalidParams" && error.message.contains("deep"),
        "{error}"
    );
}

#[test]
fn errors_of_the_interface_keep_their_details() {
    let host = TestHost::new(plugin());
    let error = host
        .call("test.fail", json!({ "code": "x", "message": "y" }))
        .run()
        .result
        .unwrap_err();
    assert!(error.retryable);
    let expected = ConformanceError::OutOfPaper {
        message: "empty".into(),
        details: Some(Paper::new(3)),
    };
    assert_eq!(ConformanceError::of(&error), Some(expected));
}

#[test]
fn a_panic_is_an_error_of_its_call_and_traced_only_with_debugging() {
    let host = TestHost::new(plugin());
    let error = host.call("test.crash", json!({})).run().result.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str(), error.details),
        ("internal", "panic: crash on purpose", None)
    );
    host.call("test.echo", json!({})).run().result.unwrap();
    let host = TestHost::builder(plugin()).debug(true).start();
    let error = host.call("test.crash", json!({})).run().result.unwrap_err();
    assert!(
        error.details.unwrap()["trace"]
            .as_str()
            .unwrap()
            .contains("kit.rs")
    );
}

#[test]
fn streams_both_ways() {
    let host = TestHost::new(plugin());
    let client = ConformanceClient::new(&host);
    let answer = client.test_count(Count::new(3)).run();
    assert_eq!(answer.items, [1, 2, 3]);
    assert_eq!(answer.progress.len(), 3);
    assert_eq!(answer.progress[0].message.as_deref(), Some("counting"));
    // More than any window, so that credit has to flow.
    let answer = client.test_sum().upload(1..=1000).run();
    assert_eq!(answer.result.unwrap(), 500_500);
    let answer = host
        .call("test.sum", json!({}))
        .upload([json!("one")])
        .run();
    assert_eq!(answer.result.unwrap_err().code, "invalidParams");
}

#[test]
fn no_credit_is_a_pause_and_ends_with_the_deadline() {
    let host = TestHost::new(plugin());
    let call = ConformanceClient::new(&host)
        .test_count(Count::new(3))
        .taking_nothing();
    let answer = call.timeout(Duration::from_millis(50)).run();
    assert_eq!(answer.result.unwrap_err().code, "deadlineExceeded");
    assert_eq!(answer.items.len(), 0);
}

#[test]
fn services_are_faked_recorded_and_refused() {
    let mut asked = 0;
    let host = TestHost::builder(plugin())
        .service("test.answer", move |params| {
            asked += 1;
            if asked == 2 {
                return Err(PluginError::unavailable("not now"));
            }
            Ok(json!({ "answer": format!("{}!", params["question"].as_str().unwrap()) }))
        })
        .start();
    let ask = |question: &str| ask(&host, question);
    assert_eq!(ask("why").unwrap(), Answer::new("why!"));
    assert_eq!(ask("why").unwrap_err().code, "unavailable");
    let calls = host.service_calls();
    assert_eq!(
        (calls.len(), calls[0].service.as_str(), &calls[0].params),
        (2, "test.answer", &json!({ "question": "why" }))
    );
    let host = TestHost::new(plugin());
    let refused = crate::ask(&host, "?").unwrap_err();
    assert_eq!(refused.code, "permissionDenied");
}

#[test]
fn a_service_that_answers_nonsense_is_an_error() {
    let host = TestHost::builder(plugin())
        .service("test.answer", |_| Ok(json!({ "answer": 7 })))
        .start();
    let error = ask(&host, "?").unwrap_err();
    assert_eq!(error.code, "internal");
    assert!(error.message.contains("/answer"), "{error}");
}

#[test]
fn logs_events_and_configuration() {
    let host = TestHost::builder(plugin()).config("times", 3).start();
    let answer = host.call("test.print", json!({ "text": "" })).run();
    assert_eq!(answer.result.unwrap(), 3);
    for _ in 0..2 {
        host.call("test.emit", json!({ "times": 9 }))
            .run()
            .result
            .unwrap();
    }
    let events = host.events();
    assert_eq!(
        (
            events[1].name.as_str(),
            events[1].stream.as_deref(),
            events[1].seq
        ),
        ("test.happened", Some("s"), 2)
    );
    assert_eq!(events[1].payload, json!({ "number": 9 }));
    let host = TestHost::new(plugin());
    let error = host
        .call("test.print", json!({ "text": "" }))
        .run()
        .result
        .unwrap_err();
    assert_eq!(error.code, "failedPrecondition");
}

#[test]
fn a_cancelled_handler_is_dropped_where_it_waits() {
    let tried = Tried::default();
    let dropped = Arc::clone(&tried.dropped);
    let host = TestHost::new(Plugin::new("tried", "0.1.0").with(ConformanceDispatch::new(tried)));
    let answer = host.call("test.hang", json!({})).cancelled().run();
    assert_eq!(answer.result.unwrap_err().code, "cancelled");
    assert_eq!(
        (
            dropped.load(Ordering::SeqCst),
            host.logs()[0].message.as_str()
        ),
        (1, "hanging")
    );
}

#[test]
fn time_passes_and_deadlines_end() {
    let host = TestHost::new(plugin());
    host.call("test.nothing", json!({})).run().result.unwrap();
    let answer = host
        .call("test.hang", json!({}))
        .timeout(Duration::from_millis(30))
        .run();
    assert_eq!(answer.result.unwrap_err().code, "deadlineExceeded");
}

#[test]
fn several_interfaces_share_one_plugin() {
    let tried = Arc::new(Tried::default());
    let heard = Arc::clone(&tried.heard);
    let plugin = Plugin::new("tried", "0.1.0")
        .with(ConformanceDispatch::shared(Arc::clone(&tried)))
        .with(AgentDispatch::shared(tried));
    assert_eq!(
        plugin.manifest()["interfaces"],
        json!({ "conformance": "1.0.0", "agent": "1.0.0" })
    );
    let host = TestHost::new(plugin);
    host.call("test.echo", json!({})).run().result.unwrap();
    let params = ActionInvoke::new("X", Memory::new(Content::new()));
    let answer = AgentClient::new(&host).action_invoke(params).run();
    let error = answer.result.unwrap_err();
    assert_eq!(error.code, "methodNotFound");
    let payload = json!({ "memory": { "content": {} } });
    host.emit("message.received", payload, Some("room"));
    host.emit("message.received", json!({ "memory": 5 }), None);
    host.emit("no.such", json!(null), None);
    assert_eq!(heard.load(Ordering::SeqCst), 1);
    let logs = host.logs();
    assert_eq!(
        (logs[0].message.as_str(), &logs[0].fields),
        ("heard", &json!({ "stream": "room" }))
    );
    assert!(
        logs[1].level == Level::Warn && logs[1].message.contains("/memory"),
        "{:?}",
        logs[1]
    );
}
