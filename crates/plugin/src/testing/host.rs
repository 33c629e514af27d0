//! The host of a test: the real session on both sides, bytes carried over by hand, everything on one thread.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crossplug_protocol::codec::{self, JsonMap, Value, Wire};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::{Hello, Offer};
use crossplug_protocol::message::Raw;
use serde_json::json;

use super::call::{Answer, TestCall};
use super::record::{Asked, Emitted, LogLine};
use super::wire::{Carried, Service, Wired};
use crate::definition::Plugin;
use crate::lock::locked;
use crate::runtime::{Outside, Runtime};

/// A handler that does not end is a failed test, not one that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the plugin finds when the test begins.
#[must_use = "a host starts with `start`"]
pub struct TestHostBuilder {
    plugin: Plugin,
    config: JsonMap,
    services: HashMap<String, Service>,
    data_dir: Option<String>,
    debug: bool,
}

impl std::fmt::Debug for TestHostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestHostBuilder")
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}

impl TestHostBuilder {
    /// A value of the configuration.
    pub fn config(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.config.insert(name.into(), value.into());
        self
    }

    /// A service of the host, granted to the plugin. Any other is refused with `permissionDenied`.
    pub fn service(
        mut self,
        name: impl Into<String>,
        answer: impl FnMut(Value) -> Result<Value, PluginError> + Send + 'static,
    ) -> Self {
        self.services.insert(name.into(), Box::new(answer));
        self
    }

    /// A folder that belongs to the plugin.
    pub fn data_dir(mut self, folder: impl Into<String>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// Whether errors carry stack traces.
    pub const fn debug(mut self, debug: bool) -> Self {
        self.debug = debug;
        self
    }

    /// Starts the plugin.
    ///
    /// # Panics
    /// Where the plugin cannot be initialised: its manifest is larger than any host takes.
    #[must_use]
    pub fn start(self) -> TestHost {
        let bell = Arc::new(Bell::default());
        let runtime = Runtime::new(
            self.plugin,
            "crossplug/1",
            Offer::new(),
            Box::new(Arc::clone(&bell)),
        );
        let host = runtime.and_then(|runtime| {
            runtime.start().ok()?;
            let granted =
                json!({ "services": self.services.keys().collect::<Vec<_>>() }).to_string();
            let config = Value::Object(self.config).to_string();
            let mut hello = Hello::new("test host", env!("CARGO_PKG_VERSION"), "test-1");
            hello.data_dir = self.data_dir.as_deref();
            hello.config = Raw::trust(config.as_bytes());
            hello.granted = Raw::trust(granted.as_bytes());
            hello.debug = self.debug;
            let mut wired = Wired::new(self.services)?;
            wired.initialize(&hello, runtime.now())?;
            let host = TestHost {
                runtime,
                wired: Mutex::new(wired),
                bell,
            };
            host.pump();
            let open = locked(&host.wired).is_open();
            open.then_some(host)
        });
        #[allow(clippy::panic, reason = "a test without a plugin has nothing to test")]
        host.unwrap_or_else(|| panic!("the plugin could not be initialised"))
    }
}

/// A host for a test. It runs only while one of its methods does.
pub struct TestHost {
    runtime: Arc<Runtime>,
    wired: Mutex<Wired>,
    bell: Arc<Bell>,
}

impl std::fmt::Debug for TestHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestHost").finish_non_exhaustive()
    }
}

impl TestHost {
    /// Prepares a host for a plugin.
    pub fn builder(plugin: Plugin) -> TestHostBuilder {
        TestHostBuilder {
            plugin,
            config: JsonMap::new(),
            services: HashMap::new(),
            data_dir: None,
            debug: false,
        }
    }

    /// A host without configuration and services.
    #[must_use]
    pub fn new(plugin: Plugin) -> Self {
        Self::builder(plugin).start()
    }

    /// Prepares a call with params as they stand on the wire.
    pub fn call(&self, method: impl Into<String>, params: impl Into<Value>) -> TestCall<'_> {
        self.call_as::<codec::Any>(method, &params.into())
    }

    /// Prepares a call with params of a generated type.
    pub fn call_as<P: Wire>(&self, method: impl Into<String>, params: &P::Value) -> TestCall<'_> {
        self.prepared(method.into(), crate::service::params::<P>(params))
    }

    const fn prepared(&self, method: String, params: Result<Vec<u8>, PluginError>) -> TestCall<'_> {
        TestCall {
            host: self,
            method,
            params,
            upload: Vec::new(),
            timeout: None,
            cancelled: false,
            credit: true,
        }
    }

    /// Calls a method with types on both sides.
    ///
    /// # Errors
    /// The plugin's own; `internal` where the result does not fit its type.
    pub fn ask<P: Wire, R: Wire>(
        &self,
        method: impl Into<String>,
        params: &P::Value,
    ) -> Result<R::Value, PluginError> {
        self.call_as::<P>(method, params).run().result_as::<R>()
    }

    /// Sends an event to the plugin and lets it handle it.
    pub fn emit(&self, name: &str, stream: Option<&str>, payload: impl Into<Value>) {
        let payload = payload.into().to_string();
        locked(&self.wired).emit(name, stream, &Raw::trust(payload.as_bytes()));
        self.pump();
    }

    /// What the plugin has logged.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.pump();
        locked(&self.wired).logs.clone()
    }

    /// What the plugin has emitted.
    #[must_use]
    pub fn events(&self) -> Vec<Emitted> {
        self.pump();
        locked(&self.wired).events.clone()
    }

    /// Which services the plugin has called, those refused included.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.pump();
        locked(&self.wired).asked.clone()
    }

    /// Carries bytes and runs handlers until nothing moves.
    fn pump(&self) {
        loop {
            let sent = self.runtime.with(|state| state.out.take());
            if !sent.is_empty() {
                self.runtime.drained();
            }
            let Carried { frames, answered } = locked(&self.wired).carry(&sent);
            let ran = self.run_ready();
            for frame in &frames {
                self.runtime.receive(frame);
            }
            if sent.is_empty() && frames.is_empty() && !answered && !ran {
                return;
            }
        }
    }

    fn run_ready(&self) -> bool {
        let mut ran = false;
        while let Some(task) = self.runtime.next_ready() {
            task.run();
            ran = true;
        }
        ran
    }

    pub(super) fn run(call: TestCall<'_>) -> Answer {
        let TestCall {
            host,
            method,
            params,
            upload,
            timeout,
            mut cancelled,
            credit,
        } = call;
        let begun = Instant::now();
        let end = begun + timeout.unwrap_or(PATIENCE);
        let deadline = timeout.map(|_| host.runtime.since_origin(end));
        let started = params.and_then(|params| {
            locked(&host.wired).call(
                &method,
                &params,
                upload,
                deadline,
                credit,
                host.runtime.now(),
            )
        });
        let id = match started {
            Ok(id) => id,
            Err(error) => {
                return Answer {
                    result: Err(error),
                    items: Vec::new(),
                    progress: Vec::new(),
                };
            }
        };
        loop {
            host.pump();
            if let Some(answer) = locked(&host.wired).answer(id) {
                return answer;
            }
            if std::mem::take(&mut cancelled) {
                locked(&host.wired).cancel(id);
                continue;
            }
            let now = Instant::now();
            if now >= end {
                locked(&host.wired).abandon(id);
                host.pump();
                let waited = now.duration_since(begun);
                let late = format!("the plugin did not answer within {waited:?}");
                let mut answer = locked(&host.wired).forget(id);
                answer.result = Err(PluginError::new("deadlineExceeded", late));
                return answer;
            }
            let due = host
                .runtime
                .next_timeout()
                .map(|at| at.saturating_sub(host.runtime.now()));
            host.bell.wait(due.unwrap_or(PATIENCE).min(end - now));
            host.runtime.tick();
        }
    }
}

/// Rings when another thread has made a task ready.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn wait(&self, most: Duration) {
        let rung = locked(&self.rung);
        let waited = self.changed.wait_timeout_while(rung, most, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        *rung = false;
    }

    fn ring(&self) {
        *locked(&self.rung) = true;
        self.changed.notify_all();
    }
}

impl Outside for Arc<Bell> {
    fn flush(&self, _runtime: &Arc<Runtime>) {
        self.ring();
    }

    fn ready(&self, _runtime: &Arc<Runtime>) {
        self.ring();
    }

    fn timer(&self, _runtime: &Arc<Runtime>) {}

    fn aside(&self, line: &str) {
        eprintln!("{line}");
    }
}
