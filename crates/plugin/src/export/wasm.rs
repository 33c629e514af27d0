//! A plugin as a WebAssembly module: the exports of `crossplug-abi/1`, which `schema/README.md` section 8 describes. Knows
//! no memory and no pointers; those are for `ffi`, which exists only where there is something to export to.
//!
//! Nothing here waits or has a clock. The host says the time with every entry, and comes again when there is something to do.

#[cfg(all(feature = "component", target_arch = "wasm32"))]
mod breakdown;
pub mod extism;
#[cfg(target_arch = "wasm32")]
pub mod ffi;
pub mod section;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::FrameError;
use crossplug_protocol::handshake::Offer;
use crossplug_protocol::json;

use crate::definition::Plugin;
use crate::runtime::{Direct, Outside, Runtime, Task, error_object};

/// The version of the ABI that these exports are of.
pub const ABI: i32 = 1;
/// Handlers that run in one entry, each as far as it goes. What is ready beyond that waits for the next, so that the host
/// can say something to a plugin whose handlers always have something to do.
const MOST_RUNS: usize = 1000;

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is answered with a result.
    Done,
    /// It is answered with an error.
    Failed,
    /// It is answered later, by a message.
    Pending,
}

/// The plugin and what it has to say.
#[derive(Debug)]
pub struct Guest {
    runtime: Arc<Runtime>,
    clock: Arc<Clock>,
    methods: Vec<&'static str>,
    /// Of the last direct call.
    answer: Vec<u8>,
    outbox: Vec<u8>,
    /// When the host was told to come again.
    told: Option<Duration>,
    closing: bool,
}

/// The host's time, in microseconds.
#[derive(Debug, Default)]
struct Clock(AtomicU64);

impl Clock {
    fn set(&self, now: Duration) {
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        // A host whose clock goes back is not followed.
        self.0.fetch_max(now, Ordering::Relaxed);
    }

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }
}

impl Outside for Arc<Clock> {
    fn now(&self) -> Duration {
        Clock::now(self)
    }

    // Whoever has entered looks after all of these before it leaves.
    fn flush(&self, _: &Arc<Runtime>) {}
    fn ready(&self, _: &Arc<Runtime>) {}
    fn timer(&self, _: &Arc<Runtime>) {}

    // There is nobody else to tell.
    fn aside(&self, _: &str) {}
}

impl Guest {
    /// A plugin that has said nothing yet.
    #[must_use]
    pub fn new(plugin: Plugin) -> Option<Self> {
        let methods = plugin
            .interfaces()
            .flat_map(|interface| interface.descriptor().methods)
            .map(|method| method.name)
            .collect();
        let clock = Arc::new(Clock::default());
        let outside = Box::new(Arc::clone(&clock));
        let runtime = Runtime::new(plugin, "crossplug/1", Offer::new(), outside)?;
        runtime.start().ok()?;
        Some(Self {
            runtime,
            clock,
            methods,
            answer: Vec::new(),
            outbox: Vec::new(),
            told: None,
            closing: false,
        })
    }

    /// The methods in the order of their numbers: a JSON array.
    #[must_use]
    pub fn methods(&self) -> Vec<u8> {
        let mut list = vec![b'['];
        for (number, name) in self.methods.iter().enumerate() {
            if number > 0 {
                list.push(b',');
            }
            json::push_text(&mut list, name);
        }
        list.push(b']');
        list
    }

    /// Calls the method of that number. Its handler runs as far as it goes.
    pub fn call(
        &mut self,
        method: usize,
        params: &[u8],
        id: i64,
        timeout: Option<Duration>,
        now: Duration,
    ) -> Status {
        self.clock.set(now);
        let direct = match self.methods.get(method) {
            Some(name) => {
                let _told = words::about_id(&self.runtime, id);
                self.runtime.call_apart(name, params, id, timeout)
            }
            None => {
                let what = format!("there is no method of the number {method}");
                Direct::Failed(Box::new(PluginError::new("methodNotFound", what)))
            }
        };
        // What the handler has made ready: another one may wait for what this one did.
        if self.runtime.has_ready() {
            self.run();
        }
        let (status, answer) = match direct {
            Direct::Done(result) => (Status::Done, result),
            Direct::Failed(error) => (Status::Failed, error_object(&error)),
            Direct::Pending => (Status::Pending, Vec::new()),
        };
        self.answer = answer;
        status
    }

    /// What the last call was answered with.
    #[must_use]
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }

    /// Whether there is something to take out, or another time to come again than the host was told.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.next() != self.told || self.runtime.with(|state| !state.out.is_empty())
    }

    /// Takes one message in.
    pub fn push(&mut self, frame: &[u8], now: Duration) {
        let limit = self.runtime.frame_limit();
        self.clock.set(now);
        if frame.len() > limit {
            let size = frame.len();
            self.runtime
                .input_broken(FrameError::TooLong { size, limit });
            self.closing = true;
        } else {
            self.runtime.receive(frame);
        }
        self.turn(now);
    }

    /// Runs whatever is due or ready, and lays out what is to be said.
    pub fn turn(&mut self, now: Duration) {
        self.clock.set(now);
        if (self.runtime.next_timeout()).is_some_and(|at| at <= self.clock.now()) {
            self.runtime.tick();
        }
        self.run();
        if self.closing && !self.runtime.has_ready() && self.runtime.is_answered() {
            self.runtime.stop();
            self.run();
        }
        self.outbox = self.runtime.with(|state| state.out.take());
        if !self.outbox.is_empty() {
            self.runtime.drained();
        }
        self.told = self.next();
    }

    /// The host says nothing more: what is in flight is finished, then the plugin stops.
    pub fn close(&mut self, now: Duration) {
        self.closing = true;
        self.runtime.input_ended();
        self.turn(now);
    }

    /// The messages that were laid out.
    #[must_use]
    pub fn outbox(&self) -> &[u8] {
        &self.outbox
    }

    /// When to come again by itself: at once, at a time, or not at all.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        if self.runtime.has_ready() {
            return Some(Duration::ZERO);
        }
        self.runtime.next_timeout()
    }

    /// Whether nothing of the plugin runs any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.closing && self.runtime.has_stopped()
    }

    fn run(&self) {
        for _ in 0..MOST_RUNS {
            let Some(task) = self.runtime.next_ready() else {
                return;
            };
            let _told = words::about(&self.runtime, &task);
            Task::run(&task);
        }
    }
}

#[cfg(test)]
mod tests;
