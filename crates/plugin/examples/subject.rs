//! The conformance subject of the Rust SDK: what the session vectors are played against.

#![allow(clippy::print_stdout, reason = "`test.print` is about that")]

use std::io::Write;
use std::time::Duration;

use crossplug_plugin::agent::{
    ActionInvoke, ActionResult, ActionValidate, Agent, AgentError, EvaluatorInvoke,
    EvaluatorValidate, Memory, ProviderGet, ProviderResult, RouteHandle, RouteResponse,
    ServiceStart, ServiceStop, UnknownName, Validation,
};
use crossplug_plugin::conformance::{
    Answer, Ask, Conformance, ConformanceEvents, ConformanceServices, ContextReport, Count, Echo,
    Emit, Fail, Happened, Print,
};
use crossplug_plugin::{
    Context, Event, ItemReceiver, ItemSender, JsonMap, PluginError, Value, async_trait,
};
use serde_json::json;

/// What cleaning up may take.
const TIDYING: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Subject;

#[async_trait]
impl Conformance for Subject {
    async fn test_echo(&self, _ctx: &Context, params: Echo) -> Result<Echo, PluginError> {
        Ok(params)
    }

    async fn test_nothing(&self, _ctx: &Context) -> Result<(), PluginError> {
        Ok(())
    }

    async fn test_fail(&self, _ctx: &Context, params: Fail) -> Result<(), PluginError> {
        let retryable = params.code == "outOfPaper";
        let mut error = PluginError::new(params.code, params.message).with_retryable(retryable);
        error.details = params.details.map(Box::new);
        Err(error)
    }

    #[allow(clippy::panic, reason = "on purpose")]
    async fn test_crash(&self, _ctx: &Context) -> Result<(), PluginError> {
        panic!("crash on purpose")
    }

    async fn test_hang(&self, _ctx: &Context) -> Result<(), PluginError> {
        std::future::pending().await
    }

    async fn test_print(&self, _ctx: &Context, params: Print) -> Result<u32, PluginError> {
        print!("{}", params.text);
        std::io::stdout()
            .flush()
            .map_err(|error| PluginError::internal(error.to_string()))?;
        Ok(u32::try_from(params.text.len()).unwrap_or(u32::MAX))
    }

    async fn test_count(
        &self,
        ctx: &Context,
        params: Count,
        items: ItemSender<i64>,
    ) -> Result<i64, PluginError> {
        let mut sum = 0;
        for number in 1..=i64::from(params.to) {
            items.send(number).await?;
            sum += number;
        }
        ctx.progress(1.0, "done");
        Ok(sum)
    }

    async fn test_sum(
        &self,
        _ctx: &Context,
        mut upload: ItemReceiver<i64>,
    ) -> Result<i64, PluginError> {
        let mut sum: i64 = 0;
        while let Some(number) = upload.next().await? {
            sum = sum.wrapping_add(number);
        }
        Ok(sum)
    }

    async fn test_double(
        &self,
        _ctx: &Context,
        mut upload: ItemReceiver<i64>,
        items: ItemSender<i64>,
    ) -> Result<u32, PluginError> {
        let mut count = 0;
        while let Some(number) = upload.next().await? {
            items.send(number.wrapping_mul(2)).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn test_ask(&self, ctx: &Context, params: Ask) -> Result<Answer, PluginError> {
        ConformanceServices::new(ctx).test_answer(params).await
    }

    async fn test_emit(&self, ctx: &Context, params: Emit) -> Result<(), PluginError> {
        let events = ConformanceEvents::on_stream(ctx, "test:stream");
        for number in 1..=params.times {
            events.test_happened(Happened::new(number))?;
        }
        Ok(())
    }

    async fn test_log(&self, ctx: &Context, params: Print) -> Result<(), PluginError> {
        ctx.log().with("from", "subject").info(params.text);
        Ok(())
    }

    async fn test_skim(&self, ctx: &Context, params: Count) -> Result<i64, PluginError> {
        let list = ConformanceServices::new(ctx).test_list(params).await?;
        list.result().await
    }

    async fn test_tidy(&self, ctx: &Context, params: Ask) -> Result<(), PluginError> {
        ctx.cancelled().await;
        let services = ConformanceServices::new(ctx);
        let untimely = services.test_answer(params.clone()).await.err();
        let code = untimely.map_or_else(|| "fine".to_owned(), |error| error.code);
        let question = Ask::new(format!("{} {code}", params.question));
        let asked = services.test_answer(question).timeout(TIDYING);
        Err(PluginError::failed_precondition(asked.await?.answer))
    }

    async fn on_test_happened(&self, ctx: &Context, event: Event<Happened>) {
        let Event {
            name,
            stream,
            seq,
            payload,
            ..
        } = event;
        let stream = stream.as_deref().unwrap_or("-");
        let question = format!("{name} {stream} {seq} {}", payload.number);
        let asked = ConformanceServices::new(ctx).test_answer(Ask::new(question));
        // The host may refuse: then it knows all the same.
        let _ = asked.await;
    }

    async fn test_context(&self, ctx: &Context) -> Result<ContextReport, PluginError> {
        let (config, has_deadline) = (ctx.config().clone(), ctx.remaining().is_some());
        Ok(ContextReport::new(
            ctx.instance_id(),
            config,
            has_deadline,
            ctx.is_cancelled(),
            ctx.debug(),
        ))
    }
}

/// What a memory says.
fn said(memory: &Memory) -> &str {
    memory.content.text.as_deref().unwrap_or_default()
}

fn unknown(name: &str, known: &str) -> Option<UnknownName> {
    Some(UnknownName::new(name).with_known(vec![known.to_owned()]))
}

fn check(
    name: &str,
    known: &str,
    error: impl FnOnce(String, Option<UnknownName>) -> AgentError,
) -> Result<(), PluginError> {
    if name == known {
        return Ok(());
    }
    Err(error(
        format!("there is no {name}, only {known}"),
        unknown(name, known),
    )
    .into())
}

fn no_action(message: String, details: Option<UnknownName>) -> AgentError {
    AgentError::ActionNotFound { message, details }
}

fn no_evaluator(message: String, details: Option<UnknownName>) -> AgentError {
    AgentError::EvaluatorNotFound { message, details }
}

fn no_service(message: String, details: Option<UnknownName>) -> AgentError {
    AgentError::ServiceNotFound { message, details }
}

/// The codes of what a plugin gets that calls a service and emits an event.
async fn reach(ctx: &Context) -> JsonMap {
    let services = ConformanceServices::new(ctx);
    let events = ConformanceEvents::new(ctx);
    let codes = [
        ("call", services.test_answer(Ask::new("?")).await.err()),
        ("emit", events.test_happened(Happened::new(1)).err()),
    ];
    let code = |error: Option<PluginError>| error.map_or_else(|| "fine".into(), |error| error.code);
    JsonMap::from_iter(codes.map(|(name, error)| (name.to_owned(), Value::from(code(error)))))
}

#[async_trait]
impl Agent for Subject {
    async fn action_validate(
        &self,
        _ctx: &Context,
        params: ActionValidate,
    ) -> Result<Validation, PluginError> {
        check(&params.action, "ECHO", no_action)?;
        Ok(Validation::new(true))
    }

    async fn action_invoke(
        &self,
        ctx: &Context,
        params: ActionInvoke,
    ) -> Result<ActionResult, PluginError> {
        if params.action == "REACH" {
            return Ok(ActionResult::new(true).with_data(reach(ctx).await));
        }
        check(&params.action, "ECHO", no_action)?;
        let mut data = JsonMap::new();
        if let Some(options) = params.options {
            data.insert("options".into(), options.into());
        }
        if let Some(state) = params.state {
            data.insert(
                "state".into(),
                serde_json::to_value(state).unwrap_or(Value::Null),
            );
        }
        Ok(ActionResult::new(true)
            .with_text(format!("echo:{}", said(&params.memory)))
            .with_data(data))
    }

    async fn provider_get(
        &self,
        _ctx: &Context,
        params: ProviderGet,
    ) -> Result<ProviderResult, PluginError> {
        check(&params.provider, "PROV", |message, details| {
            AgentError::ProviderNotFound { message, details }
        })?;
        let values = JsonMap::from_iter([("n".to_owned(), Value::from(1))]);
        Ok(ProviderResult::new()
            .with_text(format!("provided:{}", said(&params.memory)))
            .with_values(values))
    }

    async fn evaluator_validate(
        &self,
        _ctx: &Context,
        params: EvaluatorValidate,
    ) -> Result<Validation, PluginError> {
        check(&params.evaluator, "EVAL", no_evaluator)?;
        Ok(Validation::new(true))
    }

    async fn evaluator_invoke(
        &self,
        _ctx: &Context,
        params: EvaluatorInvoke,
    ) -> Result<Option<ActionResult>, PluginError> {
        check(&params.evaluator, "EVAL", no_evaluator)?;
        Ok(Some(
            ActionResult::new(true).with_text(format!("evaluated:{}", said(&params.memory))),
        ))
    }

    async fn service_start(&self, _ctx: &Context, params: ServiceStart) -> Result<(), PluginError> {
        check(&params.service_type, "svc", no_service)
    }

    async fn service_stop(&self, _ctx: &Context, params: ServiceStop) -> Result<(), PluginError> {
        check(&params.service_type, "svc", no_service)
    }

    async fn route_handle(
        &self,
        _ctx: &Context,
        params: RouteHandle,
    ) -> Result<RouteResponse, PluginError> {
        if (params.method.as_str(), params.path.as_str()) != ("POST", "/r") {
            let details = unknown(&format!("{} {}", params.method, params.path), "POST /r");
            return Err(AgentError::RouteNotFound {
                message: "there is only POST /r".into(),
                details,
            }
            .into());
        }
        let query = params
            .query
            .map(|query| serde_json::to_value(query).unwrap_or_default());
        let mut got = json!({
            "params": params.params.unwrap_or_default(),
            "query": query.unwrap_or_else(|| json!({})),
            "headers": params.headers.unwrap_or_default(),
            "method": params.method,
            "path": params.path,
        });
        if let (Some(body), Some(got)) = (params.body, got.as_object_mut()) {
            got.insert("body".to_owned(), body);
        }
        let headers = [("X-A".to_owned(), "b".to_owned())].into();
        Ok(RouteResponse::new(201)
            .with_headers(headers)
            .with_body(json!({ "got": got })))
    }
}

const MANIFEST: &str = r#"{
  "name": "conformance-subject",
  "description": "What the session vectors are played against",
  "version": "1.0.0",
  "language": "rust",
  "permissions": { "services": ["test.answer"], "events": { "emit": ["test:stream"] } },
  "actions": [{ "name": "ECHO", "description": "echo", "similes": ["s"] }],
  "providers": [{ "name": "PROV", "description": "p", "dynamic": true, "position": 3, "private": false }],
  "evaluators": [{ "name": "EVAL", "description": "e", "alwaysRun": true }],
  "services": [{ "type": "svc", "description": "d" }],
  "routes": [{ "path": "/r", "method": "POST", "public": true, "name": "r" }]
}"#;

crossplug_plugin::export!(Subject: Conformance, Agent; manifest = MANIFEST);
