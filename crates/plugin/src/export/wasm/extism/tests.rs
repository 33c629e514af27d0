#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use crossplug_protocol::message::Level;

use super::Lone;
use crate::conformance::{
    Answer, Ask, Conformance, ConformanceServices, ContextReport, Count, Echo, Fail, Print,
};
use crate::export::wasm::Guest;
use crate::{Context, ItemSender, JsonMap, Plugin, PluginError, async_trait};

struct Subject;

#[async_trait]
impl Conformance for Subject {
    async fn test_echo(&self, _ctx: &Context, params: Echo) -> Result<Echo, PluginError> {
        Ok(params)
    }

    async fn test_fail(&self, _ctx: &Context, params: Fail) -> Result<(), PluginError> {
        Err(PluginError::new(params.code, params.message))
    }

    async fn test_hang(&self, _ctx: &Context) -> Result<(), PluginError> {
        std::future::pending().await
    }

    async fn test_nothing(&self, ctx: &Context) -> Result<(), PluginError> {
        ctx.sleep(Duration::from_secs(3600)).await;
        Ok(())
    }

    async fn test_count(
        &self,
        _ctx: &Context,
        params: Count,
        items: ItemSender<i64>,
    ) -> Result<i64, PluginError> {
        for number in 0..i64::from(params.to) {
            items.send(number).await?;
        }
        Ok(i64::from(params.to))
    }

    async fn test_ask(&self, ctx: &Context, params: Ask) -> Result<Answer, PluginError> {
        ConformanceServices::new(ctx).test_answer(params).await
    }

    async fn test_context(&self, ctx: &Context) -> Result<ContextReport, PluginError> {
        let config: JsonMap = ctx.config().clone();
        Ok(ContextReport::new("", config, false, false, false))
    }

    async fn test_log(&self, ctx: &Context, params: Print) -> Result<(), PluginError> {
        ctx.log().warn(params.text);
        Ok(())
    }
}

fn plugin() -> Lone {
    let plugin = Plugin::new("subject", "1.0.0");
    let plugin = plugin.with(<Subject as Conformance>::__interface(Arc::new(Subject)));
    Lone::new(Guest::new(plugin).unwrap())
}

fn call(plugin: &mut Lone, method: &str, params: &str) -> Result<String, PluginError> {
    let outcome = plugin.call(method, params.as_bytes(), || None);
    outcome.map(|result| String::from_utf8(result).unwrap())
}

#[test]
fn a_call_gives_its_result_or_its_error() {
    let mut plugin = plugin();
    let echo = call(&mut plugin, "test.echo", r#"{"text":"é"}"#);
    assert_eq!(echo.unwrap(), r#"{"text":"é"}"#);
    assert_eq!(call(&mut plugin, "test.echo", "").unwrap(), "{}");
    let failed = call(&mut plugin, "test.fail", r#"{"code":"x","message":"y"}"#).unwrap_err();
    assert_eq!(failed.to_string(), "x: y");
    let unfit = call(&mut plugin, "test.echo", r#"{"text":5}"#).unwrap_err();
    assert_eq!(unfit.code, "invalidParams");
    let nobody = call(&mut plugin, "no.such", "").unwrap_err();
    assert_eq!(nobody.code, "methodNotFound");
    let broken = call(&mut plugin, "test.echo", "{").unwrap_err();
    assert_eq!(broken.code, "parseError");
}

#[test]
fn what_nobody_brings_ends_the_call_and_not_the_plugin() {
    let mut plugin = plugin();
    let hung = call(&mut plugin, "test.hang", "").unwrap_err();
    assert_eq!(hung.code, "failedPrecondition");
    let asked = call(&mut plugin, "test.ask", r#"{"question":"q"}"#).unwrap_err();
    assert_eq!(asked.code, "permissionDenied", "{asked}");
    assert_eq!(call(&mut plugin, "test.echo", "").unwrap(), "{}");
}

#[test]
fn who_sleeps_has_slept_and_items_are_dropped() {
    let mut plugin = plugin();
    assert_eq!(call(&mut plugin, "test.nothing", "").unwrap(), "null");
    let counted = call(&mut plugin, "test.count", r#"{"to":5000}"#);
    assert_eq!(counted.unwrap(), "\"5000\"");
}

#[test]
fn config_is_read_once_and_logs_are_kept_until_they_are_taken() {
    let mut plugin = plugin();
    let config = || Some(r#"{"a":[1]}"#.to_owned());
    let report = plugin.call("test.context", b"", config).unwrap();
    assert!(
        String::from_utf8(report)
            .unwrap()
            .contains(r#""config":{"a":[1]}"#)
    );
    call(&mut plugin, "test.log", r#"{"text":"told"}"#).unwrap();
    assert_eq!(plugin.take_logs(), [(Level::Warn, "told".to_owned())]);
    let broken = Lone::call(&mut self::plugin(), "test.nothing", b"", || {
        Some("[".to_owned())
    });
    assert_eq!(broken.unwrap_err().code, "failedPrecondition");
}
