//! A load under way: whoever waits for it may give it up at any moment, also before the keeper has anything to stop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::pump::Pump;
use crate::door::conversation::Party;
use crate::executor::Slot;
use crate::{Error, ErrorKind, Result};

/// The end of whoever loads. Dropped, it stops the plugin, or keeps it from being started.
pub(super) struct Attempt(Arc<Shared>);

/// The keeper's end. Dropped without a word, it says that the keeper broke down.
pub(super) struct Report(Arc<Shared>);

struct Shared {
    outcome: Slot<Result<Arc<Pump>>>,
    state: Mutex<State>,
}

enum State {
    /// The keeper has not reported.
    Begun,
    Started(Weak<Pump>),
    /// Nobody wants the plugin.
    GivenUp,
    /// Whoever loads has it, or its error.
    Over,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    pub(super) fn begin() -> (Self, Report) {
        let shared = Arc::new(Shared {
            outcome: Slot::new(),
            state: Mutex::new(State::Begun),
        });
        (Self(Arc::clone(&shared)), Report(shared))
    }

    /// Waits for the keeper's report.
    pub(super) async fn outcome(&self) -> Result<Arc<Pump>> {
        self.0.outcome.taken().await
    }

    /// From here on the plugin is somebody else's to stop.
    pub(super) fn succeeded(self) {
        *self.0.lock() = State::Over;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(*state, State::Over) {
            return;
        }
        let before = std::mem::replace(&mut *state, State::GivenUp);
        drop(state);
        if let State::Started(pump) = before
            && let Some(pump) = pump.upgrade()
        {
            pump.stop(None);
        }
    }
}

impl Report {
    /// Whether there is no need to start anything.
    pub(super) fn is_given_up(&self) -> bool {
        matches!(*self.0.lock(), State::GivenUp)
    }

    /// The plugin was reached. Where nobody wants it any more, it is stopped.
    pub(super) fn started(self, pump: &Arc<Pump>) {
        let mut state = self.0.lock();
        if matches!(*state, State::GivenUp) {
            drop(state);
            pump.stop(None);
        } else {
            *state = State::Started(pump.itself());
            drop(state);
            self.0.outcome.fill(Ok(Arc::clone(pump)));
        }
    }

    /// It was not.
    pub(super) fn failed(self, error: Error) {
        *self.0.lock() = State::Over;
        self.0.outcome.fill(Err(error));
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        // Every report leaves its word behind; only a panic gets here without one.
        if matches!(*self.0.lock(), State::Begun) {
            let what = "the plugin's own thread broke down before the plugin was reached";
            let error = Error::new(ErrorKind::Start, "load").with_context(what);
            self.0.outcome.fill(Err(error));
        }
    }
}
