//! How a plugin at the end of a line is given up: a start that takes too long, a call that does not come back, a stop. What
//! cannot be ended is let go of.

use std::sync::{Arc, Weak};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use crossplug_protocol::session::CallId;

use super::ends::{Ends, State};
use crate::door::conversation::{Party, Stage, stopped};
use crate::door::{CallKey, Patience};
use crate::home::Ending;
use crate::log::Level;
use crate::{Error, ErrorKind};

/// A stop under way.
pub(super) struct Stopping {
    /// The plugin was asked to shut down and has not answered.
    shutdown: Option<CallId>,
    until: Instant,
    end_of_input: Duration,
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    // A century is as good as never.
    now.checked_add(time)
        .unwrap_or_else(|| now + Duration::from_secs(3_000_000_000))
}

impl Ends {
    /// Looks again when it is time to.
    pub(super) fn keep_time(&self, state: &mut State) {
        let start = matches!(state.talk.stage, Stage::Opening)
            .then(|| self.origin.checked_add(self.start_timeout))
            .flatten();
        let stop = state.stopping.as_ref().map(|stopping| stopping.until);
        let late = state.overdue.iter().map(|(_, at)| *at).min();
        let executor = &self.home().0.executor;
        let due = [start, stop, late].into_iter().flatten().min();
        match (due, state.timer) {
            (Some(due), Some((set, _))) if set <= due => return,
            (_, Some((_, timer))) => executor.forget(timer),
            (_, None) => {}
        }
        state.timer = due.map(|due| {
            let bell = Waker::from(Arc::new(Bell(Weak::clone(&self.me))));
            (due, executor.wake_at(due, bell))
        });
    }

    fn ring(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        state.timer = None;
        if matches!(state.talk.stage, Stage::Opening) && self.origin.elapsed() >= self.start_timeout
        {
            drop(state);
            let what = format!(
                "it was not ready within {:?}; allow more with `start_timeout`",
                self.start_timeout
            );
            return self.end(Error::new(ErrorKind::Start, "load").with_context(what));
        }
        if state
            .stopping
            .as_ref()
            .is_some_and(|stopping| now >= stopping.until)
        {
            if state.closed {
                drop(state);
                self.home().note(
                    Level::Warn,
                    "it does not end, and what runs in the host's own process cannot be ended: it is left alone",
                );
                return self.end(stopped("stop"));
            }
            self.close(&mut state);
        }
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut state.overdue)
            .into_iter()
            .partition(|(_, at)| now >= *at);
        state.overdue = rest;
        if due
            .iter()
            .any(|(call, _)| state.talk.session.is_owed(*call))
        {
            drop(state);
            return self.end(self.unusable());
        }
        self.keep_time(&mut state);
    }

    fn unusable(&self) -> Error {
        let what = format!(
            "`{}` is unusable: a call did not come back within {:?} after its deadline, and what runs in the host's own \
             process cannot be ended; load it through another door",
            self.home().name(),
            self.patience.shutdown
        );
        Error::new(ErrorKind::Died, "run").with_context(what)
    }

    /// A call is given up; where that is because of its deadline, its answer must come all the same.
    pub(super) fn given_up(&self, key: CallKey) -> Option<CallId> {
        let mut state = self.lock();
        let call = state.talk.named(key)?;
        let pending = state.talk.calls.get(&call)?;
        if pending
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
        {
            state.overdue.push((call, after(self.patience.shutdown)));
            self.keep_time(&mut state);
        }
        Some(call)
    }

    /// Begins to stop the plugin: it finishes what is in flight, then its input ends.
    pub(super) fn stop(&self, patience: Patience) {
        let mut state = self.lock();
        match &state.talk.stage {
            Stage::Ended(_) => return,
            Stage::Opening => {
                drop(state);
                return self.end(stopped("load"));
            }
            Stage::Open(_) | Stage::Stopping => {}
        }
        let closed = state.closed;
        if let Some(stopping) = &mut state.stopping {
            let left = if closed {
                patience.end_of_input
            } else {
                patience.shutdown
            };
            stopping.until = stopping.until.min(after(left));
            stopping.end_of_input = patience.end_of_input;
        } else {
            let talk = &mut state.talk;
            let shutdown = talk.session.shutdown(None, self.now(), &mut talk.out).ok();
            talk.stage = Stage::Stopping;
            state.stopping = Some(Stopping {
                shutdown,
                until: after(patience.shutdown),
                end_of_input: patience.end_of_input,
            });
        }
        self.keep_time(&mut state);
        drop(state);
        self.call_plugin();
    }

    /// A reply came that no call waits for; if it is that to `shutdown`, the next step need not wait.
    pub(super) fn replied(&self, state: &mut State, call: CallId) {
        if state
            .stopping
            .as_ref()
            .and_then(|stopping| stopping.shutdown)
            == Some(call)
        {
            self.close(state);
            self.keep_time(state);
        }
    }

    /// The plugin's input ends.
    fn close(&self, state: &mut State) {
        state.closed = true;
        if let Some(stopping) = &mut state.stopping {
            stopping.shutdown = None;
            stopping.until = after(stopping.end_of_input);
        }
        self.call_plugin();
    }

    /// The plugin has ended.
    pub(super) fn hung_up(&self, why: Option<String>) {
        let state = self.lock();
        let error = match (&state.talk.stage, why) {
            (Stage::Ended(_), _) => return,
            (Stage::Opening, why) => {
                let what = why.unwrap_or_else(|| "it ended before it was ready".to_owned());
                Error::new(ErrorKind::Start, "load").with_context(what)
            }
            (_, None) if state.stopping.is_some() => stopped("stop"),
            (_, why) => {
                let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                let what = format!("`{}` ended{why}", self.home().name());
                Error::new(ErrorKind::Died, "run").with_context(what)
            }
        };
        drop(state);
        self.end(error);
    }

    pub(super) fn tell_ending(&self, wanted: bool, error: Error) {
        self.home().ended(if wanted {
            Ending::wanted(None)
        } else {
            Ending::failed(error, None)
        });
    }
}

/// Rings when it is time.
struct Bell(Weak<Ends>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if let Some(ends) = self.0.upgrade() {
            ends.ring();
        }
    }
}
