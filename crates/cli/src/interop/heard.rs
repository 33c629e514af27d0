//! What a host hears of a plugin while a case is played: its questions, events and logs; and what the host answers.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossplug_conformance::matching::compare;
use crossplug_host::{HostBuilder, PluginError, ServiceCall, ServiceResult};
use serde_json::{Value, json};

use super::judge::{same, short};

/// Everything that was not yet asked for by a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<(Mutex<Lists>, Condvar)>);

#[derive(Debug, Default)]
struct Lists {
    asked: VecDeque<Value>,
    events: VecDeque<Value>,
    logs: VecDeque<Value>,
}

impl Heard {
    /// Makes a host hear, and answer as `schema/README.md` section 7 says that a host of interop cases does.
    pub(super) fn listen(&self, host: HostBuilder) -> HostBuilder {
        let (on_log, on_event, asked) = (self.clone(), self.clone(), self.clone());
        host.on_log(move |log| {
            let line = json!({ "level": log.level.name(), "message": log.message, "fields": log.fields });
            on_log.add(|lists| lists.logs.push_back(line));
        })
        .on_event(move |event| {
            let mut seen = json!({ "name": event.name, "seq": event.seq, "payload": event.payload.value().unwrap_or_default() });
            if let (Some(stream), Some(members)) = (&event.stream, seen.as_object_mut()) {
                members.insert("stream".to_owned(), stream.to_string().into());
            }
            on_event.add(|lists| lists.events.push_back(seen));
        })
        .service("test.answer", move |call| {
            let question = text_of(&call, "question");
            asked.add(|lists| lists.asked.push_back(question.clone().into()));
            answer(call, question)
        })
        .service("test.list", list)
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, add: impl FnOnce(&mut Lists)) {
        add(&mut self.lists());
        self.0.1.notify_all();
    }

    /// The next questions.
    pub(super) fn asked(&self, expected: &[Value], patience: Duration) -> Result<(), String> {
        self.next(expected, patience, "question", false, |lists| {
            &mut lists.asked
        })
    }

    /// The next events.
    pub(super) fn events(&self, expected: &[Value], patience: Duration) -> Result<(), String> {
        self.next(expected, patience, "event", false, |lists| {
            &mut lists.events
        })
    }

    /// The next log lines, those between them passed over.
    pub(super) fn logs(&self, expected: &[Value], patience: Duration) -> Result<(), String> {
        self.next(expected, patience, "log line", true, |lists| {
            &mut lists.logs
        })
    }

    fn next(
        &self,
        expected: &[Value],
        patience: Duration,
        what: &str,
        passing: bool,
        list: fn(&mut Lists) -> &mut VecDeque<Value>,
    ) -> Result<(), String> {
        let until = Instant::now() + patience;
        let mut lists = self.lists();
        for expected in expected {
            loop {
                match list(&mut lists).pop_front() {
                    Some(got) if passing && compare(expected, &got).is_err() => {}
                    Some(got) => {
                        let wrong =
                            |mismatch| format!("not the {what} that was expected: {mismatch}");
                        break same(expected, &got).map_err(wrong)?;
                    }
                    None => {
                        let left = until.saturating_duration_since(Instant::now());
                        if left.is_zero() {
                            return Err(format!(
                                "no {what} {} within {patience:?}",
                                short(expected)
                            ));
                        }
                        let waited = self.0.1.wait_timeout(lists, left);
                        lists = waited.unwrap_or_else(PoisonError::into_inner).0;
                    }
                }
            }
        }
        Ok(())
    }
}

fn text_of(call: &ServiceCall, name: &str) -> String {
    let params = call.params().value().unwrap_or_default();
    params
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// `fail: CODE` fails with the code, `echo: TEXT` has the plugin echo the text first, anything else is answered at once.
async fn answer(call: ServiceCall, question: String) -> ServiceResult<Value> {
    if let Some(code) = question.strip_prefix("fail: ") {
        return Err(PluginError::new(code, "as asked").with_details(json!({ "q": 1 })));
    }
    let Some(text) = question.strip_prefix("echo: ") else {
        return Ok(json!({ "answer": format!("{question}!") }));
    };
    let plugin = call
        .plugin()
        .ok_or_else(|| PluginError::unavailable("the plugin is gone"))?;
    let echoed = plugin.call("test.echo", json!({ "text": text })).await;
    let echoed = echoed.and_then(|echoed| echoed.value()).map_err(internal)?;
    let echoed = echoed
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Ok(json!({ "answer": format!("{echoed}!") }))
}

/// Streams the integers from 1 to `to`, then gives their sum.
async fn list(call: ServiceCall) -> ServiceResult<Value> {
    let params = call.params().value().unwrap_or_default();
    let to = params.get("to").and_then(Value::as_u64).unwrap_or_default();
    for number in 1..=to {
        call.send(Value::String(number.to_string()))
            .await
            .map_err(internal)?;
    }
    Ok(Value::String((to * (to + 1) / 2).to_string()))
}

fn internal(error: crossplug_host::Error) -> PluginError {
    PluginError::internal(error.to_string())
}
