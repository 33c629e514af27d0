//! One host at a time: whose turn it is. Knows conversations, and nothing of sockets.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::export::stream::pool::Pool;
use crate::lock::locked;
use crate::runtime::Runtime;

/// How often to look whether a conversation that is ending has ended.
const LOOK: Duration = Duration::from_millis(50);

/// The place of the host that is served.
#[derive(Default)]
pub(super) struct Seat {
    taken: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Free,
    Taken(Arc<Pool>, Arc<Runtime>),
    /// The plugin is to end: nobody gets it any more.
    Shut,
}

impl Seat {
    /// Takes the seat for a conversation; waits for one that is ending. False where somebody has it.
    pub(super) fn take(&self, pool: &Arc<Pool>, runtime: &Arc<Runtime>) -> bool {
        let mut taken = locked(&self.taken);
        loop {
            match &*taken {
                State::Free => break,
                State::Shut => return false,
                State::Taken(pool, _) if !pool.is_closing() => return false,
                State::Taken(pool, _) => pool.hurry(),
            }
            taken = self
                .left
                .wait_timeout(taken, LOOK)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *taken = State::Taken(Arc::clone(pool), Arc::clone(runtime));
        true
    }

    /// The conversation is over.
    pub(super) fn leave(&self) {
        let mut taken = locked(&self.taken);
        match &*taken {
            // The process was to end with it.
            State::Shut => std::process::exit(0),
            State::Free => {}
            State::Taken(..) => {
                let before = std::mem::take(&mut *taken);
                drop(taken);
                // It may hold the last of a plugin.
                drop(before);
            }
        }
        self.left.notify_all();
    }

    /// Ends the conversation that is under way, and the process behind it; at once where there is none, or where this is not the
    /// first time.
    pub(super) fn clear(&self) {
        let before = std::mem::replace(&mut *locked(&self.taken), State::Shut);
        match before {
            State::Taken(pool, runtime) => pool.terminate(&runtime),
            State::Free | State::Shut => std::process::exit(0),
        }
    }
}
