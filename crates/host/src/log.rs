//! What a host hears of its plugins: log lines and events, in order, in bounded memory. It knows no door.
//!
//! Doors put reports in from the threads that read, so nothing of the program's own runs there: the pool takes them
//! out, one thread at a time. A plugin that reports faster than the program listens loses lines, not the host memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use crossplug_protocol::codec::Value;
pub use crossplug_protocol::message::Level;

use crate::Payload;
use crate::executor::Executor;
use crate::waking::Wakers;

/// Enough for any burst that is not a flood.
const MOST_REPORTS: usize = 1024;
/// What may wait beside: a thousand long lines.
const MOST_BYTES: usize = 4 << 20;

/// How long a stop waits for callbacks that are at work.
const FLUSH: Duration = Duration::from_secs(1);

/// One log line about a plugin.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Log {
    /// Name of the plugin.
    pub plugin: Arc<str>,
    /// Where the line comes from.
    pub source: LogSource,
    /// How urgent it is.
    pub level: Level,
    /// One line for a person.
    pub message: String,
    /// An object for a machine; null where there is none.
    pub fields: Value,
}

impl fmt::Display for Log {
    /// One line: `notes warn: the disk is nearly full {"free":12}`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}: {}",
            self.plugin,
            self.level.name(),
            self.message
        )?;
        match &self.fields {
            Value::Null => Ok(()),
            fields => write!(formatter, " {fields}"),
        }
    }
}

/// Where a log line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogSource {
    /// The plugin logged it.
    Plugin,
    /// The plugin's process wrote it to stderr.
    Stderr,
    /// The plugin's process printed it between its messages.
    Stdout,
    /// The host says it about the plugin.
    Host,
}

/// An event from a plugin.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Name of the plugin that sent it.
    pub plugin: Arc<str>,
    /// Of the event in its interface.
    pub name: String,
    /// Names an ordered sequence, such as `location:room1`.
    pub stream: Option<String>,
    /// Counts up by one within a stream and sender, from 1.
    pub seq: u64,
    /// What happened.
    pub payload: Payload,
}

/// What the program does with log lines.
pub(crate) type OnLog = Arc<dyn Fn(&Log) + Send + Sync>;
/// What the program does with events.
pub(crate) type OnEvent = Arc<dyn Fn(&Event) + Send + Sync>;

/// What waits for the program.
pub(crate) enum Report {
    Log(Log),
    Event(Event),
}

impl Report {
    /// About how many bytes it takes.
    fn weight(&self) -> usize {
        match self {
            // Fields are a tree: several times their text.
            Self::Log(log) => log.message.len() + weight(&log.fields),
            Self::Event(event) => {
                let stream = event.stream.as_ref().map_or(0, String::len);
                event.payload.as_bytes().len() + event.name.len() + stream
            }
        }
    }
}

/// The queue of one plugin's reports.
pub(crate) struct Reports {
    plugin: Arc<str>,
    on_log: Option<OnLog>,
    on_event: Option<OnEvent>,
    executor: Executor,
    state: Mutex<State>,
}

/// Set before the pool's thread has begun.
#[derive(Clone, Copy, PartialEq)]
enum Drainer {
    Called,
    Thread(std::thread::ThreadId),
}

#[derive(Default)]
struct State {
    queue: VecDeque<Report>,
    bytes: usize,
    /// Since the last report got through.
    dropped: u64,
    /// The thread that takes them out, while one does.
    drainer: Option<Drainer>,
    waiting: Wakers,
}

impl Reports {
    pub(crate) fn new(
        plugin: Arc<str>,
        on_log: Option<OnLog>,
        on_event: Option<OnEvent>,
        executor: Executor,
    ) -> Arc<Self> {
        Arc::new(Self {
            plugin,
            on_log,
            on_event,
            executor,
            state: Mutex::new(State::default()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody hears log lines.
    pub(crate) fn wants_logs(&self) -> bool {
        self.on_log.is_some()
    }

    /// Says something about the plugin in the host's own name.
    pub(crate) fn say(self: &Arc<Self>, level: Level, message: impl Into<String>) {
        let (plugin, message) = (Arc::clone(&self.plugin), message.into());
        self.push(Report::Log(Log {
            plugin,
            source: LogSource::Host,
            level,
            message,
            fields: Value::Null,
        }));
    }

    /// Takes a report in, or drops it where too many wait.
    pub(crate) fn push(self: &Arc<Self>, report: Report) {
        let wanted = match &report {
            Report::Log(_) => self.on_log.is_some(),
            Report::Event(_) => self.on_event.is_some(),
        };
        if !wanted {
            return;
        }
        let bytes = report.weight();
        let mut state = self.lock();
        if state.queue.len() >= MOST_REPORTS
            || (state.bytes + bytes > MOST_BYTES && !state.queue.is_empty())
        {
            state.dropped += 1;
            return;
        }
        state.bytes += bytes;
        state.queue.push_back(report);
        if state.drainer.is_none() {
            state.drainer = Some(Drainer::Called);
            drop(state);
            let reports = Arc::clone(self);
            self.executor.spawn(async move { reports.drain() });
        }
    }

    /// Hands out everything that waits.
    fn drain(&self) {
        let mut state = self.lock();
        state.drainer = Some(Drainer::Thread(std::thread::current().id()));
        loop {
            let dropped = std::mem::take(&mut state.dropped);
            let Some(report) = state.queue.pop_front() else {
                break;
            };
            state.bytes = state.bytes.saturating_sub(report.weight());
            drop(state);
            // A callback that panics loses its own report only.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                self.hand_out(&report, dropped)
            }));
            state = self.lock();
        }
        state.drainer = None;
        let waiting = state.waiting.take();
        drop(state);
        waiting.wake();
    }

    fn hand_out(&self, report: &Report, dropped: u64) {
        if dropped > 0
            && let Some(on_log) = &self.on_log
        {
            on_log(&Log {
                plugin: Arc::clone(&self.plugin),
                source: LogSource::Host,
                level: Level::Warn,
                message: format!(
                    "{dropped} log lines or events were dropped: the plugin reported faster than the host listened"
                ),
                fields: Value::Null,
            });
        }
        match (report, &self.on_log, &self.on_event) {
            (Report::Log(log), Some(on_log), _) => on_log(log),
            (Report::Event(event), _, Some(on_event)) => on_event(event),
            _ => {}
        }
    }

    /// Waits until everything that came before has been handed out, but no longer than [`FLUSH`]: a callback that waits
    /// for the very thread that waits here must not hold it for ever. A callback that asks for it does not wait for
    /// itself.
    pub(crate) async fn flushed(&self) {
        let end = Instant::now() + FLUSH;
        let mut timer = None;
        std::future::poll_fn(|context| {
            let mut state = self.lock();
            let here = Drainer::Thread(std::thread::current().id());
            let done = state.drainer.is_none_or(|drainer| drainer == here);
            if done || Instant::now() >= end {
                return Poll::Ready(());
            }
            state.waiting.add(context.waker());
            drop(state);
            let waker = context.waker().clone();
            timer.get_or_insert_with(|| self.executor.wake_at(end, waker));
            Poll::Pending
        })
        .await;
        if let Some(timer) = timer {
            self.executor.forget(timer);
        }
    }
}

/// About how many bytes a tree takes. Bounded by the size of the message that it came in.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 32,
        Value::Array(list) => list.iter().map(weight).sum::<usize>() + 32,
        Value::Object(map) => {
            map.iter()
                .map(|(name, value)| name.len() + weight(value))
                .sum::<usize>()
                + 64
        }
        _ => 32,
    }
}
