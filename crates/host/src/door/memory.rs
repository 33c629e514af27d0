//! The memory door: a plugin that is functions of the same program. For tests, and for doors to learn from: it is the
//! smallest thing that carries calls, streams, services and events without a wire.
//!
//! ```
//! use crossplug_host::door::memory::MemoryDoor;
//! use crossplug_host::{Host, PluginError};
//!
//! let door = MemoryDoor::new().interface("greeter", "1.0.0").method("greet", |call| async move {
//!     let name = call.params().value().map_err(|error| PluginError::new("invalidParams", error.to_string()))?;
//!     Ok(serde_json::json!({ "greeting": format!("Hello, {}!", name["name"].as_str().unwrap_or("you")) }))
//! });
//! let plugin = Host::builder().build().open("greeter", door).blocking()?;
//! let reply = plugin.call_blocking("greet", serde_json::json!({ "name": "Ada" }))?;
//! assert_eq!(reply.as_json(), r#"{"greeting":"Hello, Ada!"}"#);
//! # Ok::<(), crossplug_host::Error>(())
//! ```

mod call;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use crossplug_protocol::handshake::Encoding;

use super::{
    Answer, CallKey, Door, Home, InterfaceVersion, Introduction, Opening, Passage, Request,
};
use crate::home::Ending;
use crate::service::ServiceResult;
use crate::{Error, ErrorKind, IntoPayload, Payload, PluginError, Result};

use call::Shared;
pub use call::{MemoryCall, MemoryHost};

type Answering = Pin<Box<dyn Future<Output = ServiceResult> + Send>>;
type Method = Arc<dyn Fn(MemoryCall) -> Answering + Send + Sync>;
/// Calls under way.
type Calls = Arc<Mutex<HashMap<CallKey, Arc<Shared>>>>;
type OnEvent = Arc<dyn Fn(MemoryHost, &str, Option<&str>, Payload) + Send + Sync>;

/// A plugin made of closures.
#[derive(Clone, Default)]
pub struct MemoryDoor {
    methods: HashMap<String, Method>,
    interfaces: BTreeMap<String, InterfaceVersion>,
    on_event: Option<OnEvent>,
}

impl MemoryDoor {
    /// A plugin without methods.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that it implements an interface.
    #[must_use]
    pub fn interface(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.interfaces.insert(
            name.into(),
            InterfaceVersion {
                version: version.into(),
                hash: None,
            },
        );
        self
    }

    /// Answers a method. Calls run at the same time, on the host's own few threads.
    #[must_use]
    pub fn method<F, R, T>(mut self, name: impl Into<String>, run: F) -> Self
    where
        F: Fn(MemoryCall) -> R + Send + Sync + 'static,
        R: Future<Output = ServiceResult<T>> + Send + 'static,
        T: IntoPayload,
    {
        let method = move |call| -> Answering {
            let answering = run(call);
            Box::pin(async move {
                let unwritable = |error: Error| PluginError::new("internal", error.context());
                answering
                    .await?
                    .into_payload(Encoding::Json)
                    .map_err(unwritable)
            })
        };
        self.methods.insert(name.into(), Arc::new(method));
        self
    }

    /// Is called with the host's events: name, stream, payload.
    #[must_use]
    pub fn on_event(
        mut self,
        on_event: impl Fn(MemoryHost, &str, Option<&str>, Payload) + Send + Sync + 'static,
    ) -> Self {
        self.on_event = Some(Arc::new(on_event));
        self
    }
}

impl std::fmt::Debug for MemoryDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryDoor")
            .field("methods", &self.methods.keys())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Door for MemoryDoor {
    fn name(&self) -> &str {
        "memory"
    }

    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let introduction = Introduction {
            manifest: std::iter::once(("name".to_owned(), opening.name.to_string().into()))
                .collect(),
            interfaces: self.interfaces.clone(),
            dialect: "memory".to_owned(),
            ..Introduction::default()
        };
        Ok(Arc::new(Memory {
            methods: self.methods.clone(),
            on_event: self.on_event.clone(),
            most_calls: opening.limits.pending_calls,
            introduction,
            home,
            host: MemoryHost::new(opening.instance_id, opening.config),
            calls: Calls::default(),
            next: AtomicU64::new(1),
            stopped: AtomicBool::new(false),
        }))
    }
}

/// A plugin that was opened through the memory door.
struct Memory {
    methods: HashMap<String, Method>,
    on_event: Option<OnEvent>,
    most_calls: usize,
    introduction: Introduction,
    home: Home,
    host: call::Seat,
    calls: Calls,
    next: AtomicU64,
    stopped: AtomicBool,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<CallKey, Arc<Shared>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, call: CallKey) -> Option<Arc<Shared>> {
        self.lock().get(&call).map(Arc::clone)
    }

    fn at_home(&self) -> MemoryHost {
        self.host.host(&self.home)
    }

    fn refusal(&self, method: &str, pending: usize) -> Option<Error> {
        if self.stopped.load(Ordering::Acquire) {
            return Some(
                Error::new(ErrorKind::Died, "call").with_context("the plugin was stopped"),
            );
        }
        if pending >= self.most_calls {
            let what = format!(
                "{} requests are in flight, and no more are allowed",
                self.most_calls
            );
            return Some(Error::new(ErrorKind::Limit, "call").with_context(what));
        }
        let known = method == "ping" || self.methods.contains_key(method);
        let what = || {
            PluginError::new(
                "methodNotFound",
                format!("the plugin has no method `{method}`"),
            )
        };
        (!known).then(|| Error::from_plugin("call", what()))
    }
}

/// Takes a call off the list, and ends it where its method panicked.
struct Finish {
    calls: Calls,
    key: CallKey,
    shared: Arc<Shared>,
}

impl Drop for Finish {
    fn drop(&mut self) {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
        let panicked = PluginError::new("internal", "the method panicked");
        self.shared
            .finish(Some(Err(Error::from_plugin("call", panicked))));
    }
}

impl Passage for Memory {
    fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey {
        let key = CallKey(self.next.fetch_add(1, Ordering::Relaxed));
        let mut calls = self.lock();
        if let Some(refusal) = self.refusal(request.method, calls.len()) {
            drop(calls);
            answer.finish(Err(refusal));
            return key;
        }
        let Some(method) = self.methods.get(request.method) else {
            drop(calls);
            answer.finish(Ok(Payload::null()));
            return key;
        };
        let shared = Arc::new(Shared::new(answer, request.credit.unwrap_or((0, 0))));
        calls.insert(key, Arc::clone(&shared));
        drop(calls);
        let call = MemoryCall::new(
            request.method.to_owned(),
            request.params.clone(),
            request.deadline,
            Arc::clone(&shared),
            self.at_home(),
        );
        let mut answering = method(call);
        let finish = Finish {
            calls: Arc::clone(&self.calls),
            key,
            shared,
        };
        self.home.spawn(async move {
            let outcome = std::future::poll_fn(|context| {
                // A call that was given up is dropped where it waits.
                if finish.shared.is_over(context.waker()) {
                    return Poll::Ready(None);
                }
                answering.as_mut().poll(context).map(Some)
            })
            .await;
            finish.shared.finish(
                outcome.map(|outcome| outcome.map_err(|error| Error::from_plugin("call", error))),
            );
        });
        key
    }

    fn cancel(&self, call: CallKey) {
        let shared = self.lock().remove(&call);
        if let Some(shared) = shared {
            shared.cancel();
        }
    }

    fn credit(&self, call: CallKey, items: u32, bytes: u32) {
        if let Some(shared) = self.find(call) {
            shared.credit(items, bytes);
        }
    }

    fn upload(&self, call: CallKey, item: &Payload) -> Result<bool> {
        let over = || Error::new(ErrorKind::Cancelled, "upload").with_context("the call has ended");
        self.find(call)
            .ok_or_else(over)
            .map(|shared| shared.upload(item))
    }

    fn end_upload(&self, call: CallKey) {
        if let Some(shared) = self.find(call) {
            shared.end_upload();
        }
    }

    fn emit(&self, name: &str, stream: Option<&str>, payload: &Payload) -> Result<()> {
        if let Some(on_event) = &self.on_event {
            on_event(self.at_home(), name, stream, payload.clone());
        }
        Ok(())
    }

    fn is_alive(&self) -> bool {
        !self.stopped.load(Ordering::Acquire)
    }

    fn stop(&self) {
        if self.stopped.swap(true, Ordering::AcqRel) {
            return;
        }
        let calls: Vec<_> = self.lock().drain().collect();
        for (_, shared) in calls {
            let closed = Error::new(ErrorKind::Cancelled, "call")
                .with_context("the plugin is closed: its host stops it");
            shared.finish(Some(Err(closed)));
            shared.cancel();
        }
        self.home.ended(Ending::wanted(None));
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.stop();
    }
}
