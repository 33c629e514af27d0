//! The plugin's side of a conversation: the session, the calls being answered and the services being asked. It reads
//! frames that it is given and appends to a writer; it knows no file, no thread, and no clock but whoever runs it has one.

mod asked;
mod call;
mod direct;
mod event_line;
mod inbox;
mod life;
mod log;
mod opened;
mod receive;
mod task;
mod trace;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Duration;

use crossplug_protocol::error::PluginError;
#[cfg(unix)]
use crossplug_protocol::frame::Framing;
use crossplug_protocol::frame::{FrameError, FrameWriter};
use crossplug_protocol::handshake::Offer;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallId, Refused, Session, Ticket};

use crate::definition::Plugin;
use crate::lock::locked;

pub(crate) use asked::Asked;
pub(crate) use call::Call;
#[cfg(target_arch = "wasm32")]
pub(crate) use direct::error_reply;
pub(crate) use direct::{Direct, error_object};
use event_line::EventLine;
pub(crate) use inbox::{Inbox, Looked};
pub(crate) use opened::Opened;
pub(crate) use task::Task;
pub(crate) use trace::error_of as error_of_panic;

/// What a plugin is told that asks too late.
const GONE: &str = "the host has closed the connection";
/// What a handler is told whose streams go nowhere any more.
const CUT: &str = "the host has closed the connection in the middle of the stream";

/// What the runtime needs of whoever runs it.
pub(crate) trait Outside: Send + Sync {
    /// The time on the session's clock.
    fn now(&self) -> Duration;
    /// Something waits in the writer.
    fn flush(&self, runtime: &Arc<Runtime>);
    /// A task may be polled.
    fn ready(&self, runtime: &Arc<Runtime>);
    /// There is an earlier time than before at which to call [`Runtime::tick`].
    fn timer(&self, runtime: &Arc<Runtime>);
    /// A log line that the host cannot be told.
    fn aside(&self, line: &str);
    /// Whether somebody wants traces in errors whom the dialect cannot say it for.
    fn wants_traces(&self) -> bool {
        false
    }
    /// Whether a host may begin that shows this token.
    fn admits(&self, token: Option<&str>) -> bool {
        let _ = token;
        true
    }
    /// What the plugin shows in its answer to `initialize`.
    fn token(&self) -> Option<&str> {
        None
    }
    /// The host is about to be told that the conversation is open.
    fn opening(&self) {}
    /// Others may speak with the plugin while a direct call runs.
    fn is_shared(&self) -> bool {
        false
    }
}

/// A plugin in conversation with a host.
pub(crate) struct Runtime {
    state: Mutex<State>,
    ready: Mutex<VecDeque<Arc<Task>>>,
    plugin: Plugin,
    outside: Box<dyn Outside>,
    events: Arc<EventLine>,
}

/// What changes under one lock.
pub(crate) struct State {
    pub(crate) session: Session,
    pub(crate) out: FrameWriter,
    calls: HashMap<Ticket, Arc<Call>>,
    asked: HashMap<CallId, Arc<Asked>>,
    /// The host says nothing more: a question gets no answer.
    deaf: bool,
    opened: Option<Arc<Opened>>,
    early: log::Early,
    life: life::Life,
    /// Who waits until the writer has room again.
    waiting: Vec<Waker>,
    sleepers: Vec<(Duration, Waker)>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// A plugin that has said nothing yet. `None` for a dialect that does not exist.
    pub(crate) fn new(
        plugin: Plugin,
        dialect: &str,
        offer: Offer,
        outside: Box<dyn Outside>,
    ) -> Option<Arc<Self>> {
        let session = Session::plugin(dialect, offer)?.with_traces(outside.wants_traces());
        let state = State {
            session,
            out: FrameWriter::new(),
            calls: HashMap::new(),
            asked: HashMap::new(),
            deaf: false,
            opened: None,
            early: log::Early::default(),
            life: life::Life::default(),
            waiting: Vec::new(),
            sleepers: Vec::new(),
        };
        Some(Arc::new(Self {
            state: Mutex::new(state),
            ready: Mutex::new(VecDeque::new()),
            plugin,
            outside,
            events: Arc::new(EventLine::default()),
        }))
    }

    /// Says what the dialect says first.
    pub(crate) fn start(self: &Arc<Self>) -> Result<(), PluginError> {
        let manifest = serde_json::to_vec(self.plugin.manifest())
            .map_err(|error| PluginError::internal(error.to_string()))?;
        let started = self.with(|state| {
            state
                .session
                .start(Some(&Raw::trust(&manifest)), &mut state.out)
        });
        self.outside.flush(self);
        started.map_err(|error| PluginError::internal(error.to_string()))
    }

    /// Does something with the state under its lock.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut locked(&self.state))
    }

    #[cfg(unix)]
    pub(crate) fn framing(&self) -> Framing {
        self.with(|state| state.session.framing())
    }

    pub(crate) fn frame_limit(&self) -> usize {
        self.with(|state| state.session.limits().frame_bytes)
    }

    pub(crate) fn now(&self) -> Duration {
        self.outside.now()
    }

    pub(crate) fn flush(self: &Arc<Self>) {
        self.outside.flush(self);
    }

    /// The writer has room again.
    pub(crate) fn drained(&self) {
        let waiting = self.with(|state| std::mem::take(&mut state.waiting));
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Answers a call, once, and forgets it.
    pub(crate) fn finish(self: &Arc<Self>, call: &Call, outcome: Result<Vec<u8>, PluginError>) {
        let Some(outcome) = call.apart.answer(outcome) else {
            return;
        };
        let Some(ticket) = call.known_ticket() else {
            return;
        };
        let failed = outcome.as_ref().err();
        let failure = failed.map(|error| error.to_failure(call.opened.encoding));
        let said = self.with(|state| {
            state.calls.remove(&ticket);
            match (&outcome, &failure) {
                (Ok(result), _) => {
                    state
                        .session
                        .respond(ticket, Ok(&Raw::trust(result)), &mut state.out)
                }
                (Err(_), Some(failure)) => {
                    state.session.respond(ticket, Err(failure), &mut state.out)
                }
                (Err(_), None) => Ok(()),
            }
        });
        if let Err(refused @ Refused::Inexpressible(_)) = said {
            self.outside
                .aside(&format!("an answer could not be sent: {refused}"));
        }
    }

    /// A task may be polled.
    pub(crate) fn schedule(self: &Arc<Self>, task: Arc<Task>) {
        locked(&self.ready).push_back(task);
        self.outside.ready(self);
    }

    /// The next task to poll.
    pub(crate) fn next_ready(&self) -> Option<Arc<Task>> {
        locked(&self.ready).pop_front()
    }

    pub(crate) fn has_ready(&self) -> bool {
        !locked(&self.ready).is_empty()
    }

    /// When [`Runtime::tick`] is due.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.with(|state| {
            let sleeper = state.sleepers.iter().map(|(at, _)| *at).min();
            [state.session.next_timeout(), sleeper]
                .into_iter()
                .flatten()
                .min()
        })
    }

    /// Ends what is late, wakes who has slept enough.
    pub(crate) fn tick(self: &Arc<Self>) {
        let now = self.now();
        let (late, woken) = self.with(|state| {
            let mut late = Vec::new();
            while let Some(call) = state.session.expire(now, &mut state.out) {
                late.extend(state.asked.remove(&call));
            }
            let (woken, asleep) = std::mem::take(&mut state.sleepers)
                .into_iter()
                .partition(|(at, _)| *at <= now);
            state.sleepers = asleep;
            let woken: Vec<(Duration, Waker)> = woken;
            (late, woken)
        });
        for asked in late {
            asked.settle(Err(PluginError::new(
                "deadlineExceeded",
                "the host did not answer in time",
            )));
        }
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Wakes at a time of the session's clock.
    pub(crate) fn wake_at(self: &Arc<Self>, at: Duration, waker: &Waker) {
        self.with(|state| {
            state.sleepers.retain(|(_, known)| !known.will_wake(waker));
            state.sleepers.push((at, waker.clone()));
        });
        self.outside.timer(self);
    }

    /// There is a deadline that the watch should know.
    pub(crate) fn timer(self: &Arc<Self>) {
        self.outside.timer(self);
    }

    /// The host says nothing more: whoever waits for a service of it gets no answer any more, and whoever waits in the
    /// middle of a stream neither items nor credit.
    pub(crate) fn input_ended(&self) {
        let (unanswered, calls) = self.with(|state| {
            state.session.input_ended();
            state.deaf = true;
            let calls: Vec<Arc<Call>> = state.calls.values().cloned().collect();
            (std::mem::take(&mut state.asked), calls)
        });
        for asked in unanswered.into_values() {
            asked.settle(Err(PluginError::unavailable(GONE)));
        }
        for call in calls {
            call.inbox().cut();
            call.take_credit_waker().into_iter().for_each(Waker::wake);
        }
    }

    /// The host says nothing more that could be read.
    pub(crate) fn input_broken(&self, error: FrameError) {
        self.with(|state| state.session.input_broken(error, &mut state.out));
    }

    /// Everything is answered, after the end.
    pub(crate) fn is_answered(&self) -> bool {
        self.with(|state| state.session.is_drained())
    }

    /// Everything is answered and written, after the end.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn is_over(&self) -> bool {
        self.with(|state| state.session.is_drained() && state.out.is_empty())
    }

    /// Cancels whatever is still being answered.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn cancel_all(&self) {
        let calls: Vec<Arc<Call>> = self.with(|state| state.calls.values().cloned().collect());
        calls.iter().for_each(|call| call.cancel(false));
    }
}

impl State {
    /// Whether the host wants to see stack traces.
    pub(crate) fn is_debugged(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.debug)
    }

    /// Whether a service can be asked for anything.
    ///
    /// # Errors
    /// `unavailable` where no answer would come.
    pub(crate) fn may_ask(&self) -> Result<(), PluginError> {
        if self.deaf {
            Err(PluginError::unavailable(GONE))
        } else {
            Ok(())
        }
    }

    /// What a stream is told that waits for something that will not come.
    pub(crate) fn is_cut(&self) -> Option<PluginError> {
        self.deaf.then(cut)
    }

    pub(crate) fn expect_reply(&mut self, call: CallId, asked: Arc<Asked>) {
        self.asked.insert(call, asked);
    }

    pub(crate) fn forget_reply(&mut self, call: CallId) {
        if self.asked.remove(&call).is_some() {
            self.session.abandon(call, &mut self.out);
        }
    }

    /// Wakes when the writer has room.
    pub(crate) fn wait_for_room(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|known| known.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }
}

/// The error of a stream that the end of the input has cut.
pub(crate) fn cut() -> PluginError {
    PluginError::unavailable(CUT)
}
