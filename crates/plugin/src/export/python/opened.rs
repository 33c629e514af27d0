//! A plugin that a program in Python has opened by itself: the little of a host that a call needs. Services are refused, logs
//! and events go nowhere, items to whoever asked for them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crossplug_protocol::error::PluginError;
use pyo3::prelude::*;
use serde_json::{Value, json};

use super::{GRACE, dumps, loads, raised};
use crate::definition::Plugin;
use crate::export::native::Instance;
use crate::lock::locked;

pyo3::create_exception!(
    crossplug,
    PythonError,
    pyo3::exceptions::PyException,
    "What a plugin answered in place of a result: `code`, `message`, `details`, `retryable`."
);

/// How long a thread waits before it looks for signals.
const SLICE: Duration = Duration::from_millis(50);

/// A plugin that was opened without a host.
#[pyclass(frozen, module = "crossplug")]
pub(super) struct Opened {
    instance: Mutex<Option<Arc<Instance>>>,
    heard: Arc<Heard>,
    last: AtomicI64,
}

/// What the plugin has said.
#[derive(Default)]
struct Heard {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    /// By the id of a call that is under way.
    calls: HashMap<i64, Call>,
    /// Ids of services that the plugin has asked for.
    asked: Vec<Value>,
}

#[derive(Default)]
struct Call {
    items: VecDeque<Value>,
    outcome: Option<Result<Value, PluginError>>,
}

impl Heard {
    fn hear(&self, message: &[u8]) {
        let Ok(Value::Object(mut message)) = serde_json::from_slice(message) else {
            return;
        };
        let mut state = locked(&self.state);
        let id = message.get("id").and_then(Value::as_i64);
        match message.get("method").and_then(Value::as_str) {
            Some("$/item") => {
                let Some(Value::Object(mut params)) = message.remove("params") else {
                    return;
                };
                let call = params.get("id").and_then(Value::as_i64);
                if let (Some(call), Some(item)) = (call, params.remove("item"))
                    && let Some(call) = state.calls.get_mut(&call)
                {
                    call.items.push_back(item);
                }
            }
            Some(_) => state.asked.extend(message.remove("id")),
            None => {
                let Some(call) = id.and_then(|id| state.calls.get_mut(&id)) else {
                    return;
                };
                call.outcome = Some(match message.remove("error") {
                    None => Ok(message.remove("result").unwrap_or(Value::Null)),
                    Some(error) => Err(error_of(&error)),
                });
            }
        }
        drop(state);
        self.news.notify_all();
    }
}

fn error_of(error: &Value) -> PluginError {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let data = error.get("data");
    let member = |name| data.and_then(|data| data.get(name));
    let mut told = PluginError::new(text(member("code")), text(error.get("message")));
    told.details = member("details").cloned().map(Box::new);
    told.retryable = member("retryable") == Some(&Value::Bool(true));
    told
}

impl Opened {
    pub(super) fn new(plugin: Plugin, config: &str) -> Result<Self, PluginError> {
        let heard = Arc::new(Heard::default());
        let ear = Arc::clone(&heard);
        let instance = Instance::new(plugin, Box::new(move |message| ear.hear(message)))?;
        let opened = Self {
            instance: Mutex::new(Some(Arc::new(instance))),
            heard,
            last: AtomicI64::new(0),
        };
        let params = format!(
            r#"{{"protocol":{{"version":"1.0"}},"host":{{"name":"python","version":"{}"}},"instanceId":"opened","config":{config},"granted":{{}}}}"#,
            env!("CARGO_PKG_VERSION")
        );
        let id = opened.say("initialize", &params, None)?;
        loop {
            if let Some(outcome) = opened.wait(id, None, &mut Vec::new()) {
                return outcome.map(|_| opened);
            }
        }
    }

    fn instance(&self) -> Result<Arc<Instance>, PluginError> {
        let instance = locked(&self.instance).clone();
        instance.ok_or_else(|| PluginError::unavailable("the plugin is closed"))
    }

    fn say(
        &self,
        method: &str,
        params: &str,
        timeout: Option<Duration>,
    ) -> Result<i64, PluginError> {
        let instance = self.instance()?;
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        locked(&self.heard.state).calls.insert(id, Call::default());
        let meta = match timeout {
            Some(timeout) => format!(r#","meta":{{"timeoutMs":{}}}"#, timeout.as_millis().max(1)),
            None => String::new(),
        };
        let method = Value::from(method);
        instance.push(
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method},"params":{params}{meta}}}"#)
                .as_bytes(),
        );
        if id > 1 {
            let credit = json!({ "id": id, "items": u32::MAX, "bytes": u32::MAX });
            instance.push(
                json!({ "jsonrpc": "2.0", "method": "$/credit", "params": credit })
                    .to_string()
                    .as_bytes(),
            );
            let end = json!({ "jsonrpc": "2.0", "method": "$/end", "params": { "id": id } });
            instance.push(end.to_string().as_bytes());
        }
        Ok(id)
    }

    fn cancel(&self, id: i64) {
        locked(&self.heard.state).calls.remove(&id);
        if let Ok(instance) = self.instance() {
            let cancel = json!({ "jsonrpc": "2.0", "method": "$/cancel", "params": { "id": id } });
            instance.push(cancel.to_string().as_bytes());
        }
    }

    /// Waits for a while: none where the call goes on. Items that came meanwhile are taken out.
    fn wait(
        &self,
        id: i64,
        until: Option<Instant>,
        items: &mut Vec<Value>,
    ) -> Option<Result<Value, PluginError>> {
        let mut state = locked(&self.heard.state);
        let asked = std::mem::take(&mut state.asked);
        if !asked.is_empty() {
            drop(state);
            let Ok(instance) = self.instance() else {
                return Some(Err(PluginError::unavailable("the plugin is closed")));
            };
            for id in asked {
                let error = json!({
                    "code": -32001,
                    "message": "nobody offers services to a plugin that was opened without a host",
                    "data": { "code": "permissionDenied" },
                });
                let reply = json!({ "jsonrpc": "2.0", "id": id, "error": error });
                instance.push(reply.to_string().as_bytes());
            }
            return None;
        }
        let call = state.calls.get_mut(&id)?;
        items.extend(call.items.drain(..));
        if let Some(outcome) = call.outcome.take() {
            state.calls.remove(&id);
            return Some(outcome);
        }
        if items.is_empty() {
            if until.is_some_and(|until| Instant::now() >= until) {
                drop(state);
                self.cancel(id);
                let late = "the plugin did not answer in time";
                return Some(Err(PluginError::new("deadlineExceeded", late)));
            }
            let slice = until.map_or(SLICE, |until| {
                until.saturating_duration_since(Instant::now()).min(SLICE)
            });
            drop(self.heard.news.wait_timeout(state, slice));
        }
        None
    }
}

#[pymethods]
impl Opened {
    /// Calls a method, and blocks until it is answered. Params and result are JSON values; `on_item` is called with each
    /// item that the method streams. Raises `PluginError`.
    #[pyo3(signature = (method, params=None, *, timeout=None, on_item=None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        params: Option<&Bound<'py, PyAny>>,
        timeout: Option<f64>,
        on_item: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let params = match params {
            Some(params) => dumps(params)?,
            None => "{}".to_owned(),
        };
        let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let id = py.detach(|| self.say(method, &params, timeout));
        let id = id.map_err(|error| raised(py, &error))?;
        loop {
            let mut items = Vec::new();
            let outcome = py.detach(|| self.wait(id, until, &mut items));
            let told = on_item.map_or(Ok(()), |on_item| {
                items.iter().try_for_each(|item| {
                    let item = loads(py, &item.to_string())?;
                    on_item.call1((item,)).map(drop)
                })
            });
            if let Err(error) = told.and_then(|()| py.check_signals()) {
                py.detach(|| self.cancel(id));
                return Err(error);
            }
            match outcome {
                None => {}
                Some(Ok(result)) => return loads(py, &result.to_string()),
                Some(Err(error)) => return Err(raised(py, &error)),
            }
        }
    }

    /// Stops the plugin. Does nothing a second time.
    fn close(&self, py: Python<'_>) {
        py.detach(|| {
            let instance = locked(&self.instance).take();
            if let Some(instance) = instance {
                instance.close(GRACE);
            }
        });
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_raised))]
    fn __exit__(&self, py: Python<'_>, _raised: &Bound<'_, PyAny>) {
        self.close(py);
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let instance = locked(&self.instance).take();
        if let Some(instance) = instance {
            instance.close(GRACE);
        }
    }
}
