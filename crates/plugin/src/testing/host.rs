//! The host of a test: the real session on both sides, bytes carried over by hand, everything on one thread.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crossplug_protocol::codec::{self, Value, Wire};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::Encoding;
use crossplug_protocol::message::Raw;

use super::builder::TestHostBuilder;
use super::call::{Asked, Got, TestCall};
use super::record::{Emitted, LogLine, ServiceCall};
use super::wire::{Carried, Wired};
use crate::definition::Plugin;
use crate::lock::locked;
use crate::runtime::{Outside, Runtime};

/// A handler that does not end is a failed test, not one that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

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
        TestHostBuilder::new(plugin)
    }

    /// A host that has said `initialize`, once it is answered. None where there is no answer.
    pub(super) fn open(
        runtime: Arc<Runtime>,
        wired: Wired,
        bell: Arc<Bell>,
    ) -> Option<Result<Self, PluginError>> {
        let host = Self {
            runtime,
            wired: Mutex::new(wired),
            bell,
        };
        let open = host.wait(Instant::now() + PATIENCE, |wired| {
            if wired.is_open() {
                return Some(Ok(()));
            }
            wired.refused.take().map(Err)
        });
        open.map(|open| open.map(|()| host))
    }

    /// A host without configuration and services.
    #[must_use]
    pub fn new(plugin: Plugin) -> Self {
        Self::builder(plugin).start()
    }

    /// Prepares a call by a wire name, with values as they stand on the wire. The generated `…Client` of an interface does
    /// it with types.
    ///
    /// ```
    /// # use crossplug_plugin::{Plugin, agent::{Agent, AgentDispatch}, testing::TestHost};
    /// # struct Mine;
    /// # impl Agent for Mine {}
    /// # let plugin = Plugin::new("mine", "0.1.0").with(AgentDispatch::new(Mine));
    /// let host = TestHost::new(plugin);
    /// let answer = host.call("service.start", serde_json::json!({ "serviceType": "x" })).run();
    /// assert_eq!(answer.result.unwrap_err().code, "methodNotFound");
    /// ```
    pub fn call(&self, method: impl Into<String>, params: impl Into<Value>) -> TestCall<'_> {
        let params = crate::service::params::<codec::Any>(Encoding::Json, &params.into());
        TestCall::new(self, method.into(), params)
    }

    /// Prepares a call with types. For generated clients.
    #[doc(hidden)]
    pub fn prepare<P: Wire, R: Wire, I: Wire, U: Wire>(
        &self,
        method: &str,
        params: &P::Value,
    ) -> TestCall<'_, R, I, U> {
        let params = crate::service::params::<P>(Encoding::Json, params);
        TestCall::new(self, method.to_owned(), params)
    }

    /// Sends an event to the plugin, on a stream or on none, and lets it handle it.
    pub fn emit(&self, name: &str, payload: impl Into<Value>, stream: Option<&str>) {
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
    pub fn service_calls(&self) -> Vec<ServiceCall> {
        self.pump();
        locked(&self.wired).service_calls.clone()
    }

    /// Ends the plugin's input and lets it stop; then nothing of it runs any more. What it has said is there afterwards.
    ///
    /// # Panics
    /// Where the plugin's [`Lifecycle::on_stop`](crate::Lifecycle::on_stop) does not end.
    pub fn stop(&self) {
        self.runtime.input_ended();
        self.pump();
        self.runtime.stop();
        let stopped = self.wait(Instant::now() + PATIENCE, |_| {
            self.runtime.has_stopped().then_some(())
        });
        assert!(
            stopped.is_some(),
            "the plugin did not stop within {PATIENCE:?}"
        );
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

    /// Carries and runs, and sleeps where nothing moves, until there is what is looked for. `None` once the time is over.
    fn wait<T>(&self, end: Instant, mut look: impl FnMut(&mut Wired) -> Option<T>) -> Option<T> {
        loop {
            self.pump();
            let found = look(&mut locked(&self.wired));
            if found.is_some() {
                return found;
            }
            let left = end.checked_duration_since(Instant::now())?;
            let due = self
                .runtime
                .next_timeout()
                .map(|at| at.saturating_sub(self.runtime.now()));
            self.bell.wait(due.unwrap_or(PATIENCE).min(left));
            self.runtime.tick();
        }
    }

    pub(super) fn run(&self, asked: Asked) -> Got {
        let begun = Instant::now();
        let end = begun + asked.timeout.unwrap_or(PATIENCE);
        let deadline = asked.timeout.map(|timeout| self.runtime.now() + timeout);
        let started = asked.params.and_then(|params| {
            locked(&self.wired).call(
                &asked.method,
                &params,
                asked.upload?,
                deadline,
                asked.credit,
                self.runtime.now(),
            )
        });
        let id = match started {
            Ok(id) => id,
            Err(error) => return Got::failed(error),
        };
        // What cancels has to be carried, too, before anything sleeps.
        if asked.cancelled {
            self.pump();
            locked(&self.wired).cancel(id);
        }
        let answered = self.wait(end, |wired| wired.answer(id));
        answered.unwrap_or_else(|| {
            locked(&self.wired).abandon(id);
            self.pump();
            let late = format!("the plugin did not answer within {:?}", begun.elapsed());
            let mut got = locked(&self.wired).forget(id);
            got.result = Err(PluginError::new("deadlineExceeded", late));
            got
        })
    }
}

/// Rings when another thread has made a task ready.
pub(super) struct Bell {
    /// Of the session's clock.
    origin: Instant,
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
            rung: Mutex::default(),
            changed: Condvar::new(),
        }
    }
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
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

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
