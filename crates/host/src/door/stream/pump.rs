//! Who reads, and when: leader and followers. One thread at a time leads; it alone sleeps in `poll`. It knows threads
//! and turns; what a leader does is for [`super::lead`], what a frame means for the room `conversation`.
//!
//! A blocking caller leads for itself, so its answer wakes nobody else. The plugin's own thread, the keeper, leads when
//! nobody else does. It does not step in between two blocking calls of a steady loop: it looks now and then whether
//! they go on, and is called at once only when somebody depends on it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::wire::Wire;
use crate::door::conversation::{Conversation, Party, Stage, run};
use crate::door::{Home, Patience};
use crate::executor::Slot;

/// For how long after a blocking call the keeper expects another one.
const LINGER: Duration = Duration::from_millis(5);
/// What all threads of one plugin share.
pub(super) struct Pump {
    itself: Weak<Self>,
    process: Option<u32>,
    wire: Mutex<Wire>,
    /// The plugin's own thread. It parks while it does not lead.
    keeper: Thread,
    /// It shall look at once whether it has to lead.
    keeper_called: AtomicBool,
    /// Counts blocking calls, so that the keeper sees whether they go on.
    pub(super) turns: AtomicU64,
    /// Of the session's clock.
    origin: Instant,
    pub(super) home: Home,
    /// How opening went.
    pub(super) opened: Slot<crate::Result<()>>,
}

impl Pump {
    /// The calling thread is the keeper.
    pub(super) fn new(wire: Wire, home: Home, process: Option<u32>) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            itself: Weak::clone(itself),
            process,
            wire: Mutex::new(wire),
            keeper: std::thread::current(),
            keeper_called: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            origin: Instant::now(),
            home,
            opened: Slot::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Wire> {
        // No code of anybody else's runs under the lock.
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session's clock.
    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// A time of the caller's on the session's clock.
    pub(super) fn at(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.origin)
    }

    /// The id of the plugin's process, where it is known.
    pub(super) const fn process(&self) -> Option<u32> {
        self.process
    }

    /// Asks the keeper to stop the plugin, or, with another patience, to go on stopping it with that.
    pub(super) fn stop(&self, patience: Option<Patience>) {
        let mut guard = self.lock();
        let wire = &mut *guard;
        if matches!(wire.talk.stage, Stage::Ended(_)) {
            return;
        }
        if let Some(patience) = patience {
            wire.patience = patience;
            if let Some(stopping) = &mut wire.stopping {
                stopping.bear(patience, self.now());
            }
        }
        let again = std::mem::replace(&mut wire.lead.stop_wanted, true);
        if again && patience.is_none() {
            return;
        }
        if wire.lead.asleep.is_some() {
            wire.ring();
        }
        self.call_keeper();
    }

    /// Writes what waits, and sees to it that somebody writes the rest.
    pub(super) fn flush(&self, wire: &mut Wire) {
        wire.flush();
        if wire.leader_must_wake() {
            wire.ring();
        } else if wire.has_backlog() && wire.lead.inlet.is_some() {
            self.call_keeper();
        }
    }

    /// The keeper shall lead, now.
    pub(super) fn call_keeper(&self) {
        self.keeper_called.store(true, Ordering::Release);
        self.keeper.unpark();
    }

    /// Lends the calling thread until `over`, or the time: to lead, or to wait for whoever does.
    pub(super) fn attend(&self, over: &dyn Fn() -> bool, until: Option<Instant>) {
        let me = std::thread::current();
        let mut following = false;
        while !over() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            let mut wire = self.lock();
            let ended = matches!(wire.talk.stage, Stage::Ended(_));
            if !ended && !wire.lead.stop_wanted && wire.lead.inlet.is_some() {
                let inlet = wire.lead.inlet.take();
                wire.lead.keeper_leads = false;
                if std::mem::take(&mut following) {
                    wire.unfollow(me.id());
                }
                drop(wire);
                if let Some(inlet) = inlet {
                    let jobs = self.lead(inlet, false, over, until);
                    run(jobs, over());
                }
                continue;
            }
            // After the end everybody is told anyway.
            if !ended {
                wire.follow(me.clone());
                following = true;
                if wire.lead.keeper_leads && wire.lead.asleep.is_some() {
                    wire.ring();
                }
            }
            drop(wire);
            if over() {
                break;
            }
            match left {
                Some(left) => std::thread::park_timeout(left),
                None => std::thread::park(),
            }
        }
        if following {
            let mut wire = self.lock();
            if !wire.unfollow(me.id()) {
                // It was called upon to lead and has nothing to lead for any more.
                self.pass_on(&mut wire);
            }
        }
    }

    /// Wakes whoever has to lead next, where somebody has to.
    pub(super) fn pass_on(&self, wire: &mut Wire) {
        if wire.lead.inlet.is_none() {
            return;
        }
        if wire.lead.stop_wanted || !matches!(wire.talk.stage, Stage::Open(_)) {
            self.call_keeper();
        } else if let Some(next) = wire.lead.followers.pop_front() {
            next.unpark();
        } else if wire.talk.unattended > 0 || wire.has_backlog() {
            self.call_keeper();
        } else if std::mem::take(&mut wire.lead.keeper_sleeps) {
            self.keeper.unpark();
        }
    }

    /// The keeper's life after opening: leads when it has to, until the plugin has ended.
    pub(super) fn keep(&self) {
        let mut seen = self.turns.load(Ordering::Relaxed);
        loop {
            // Without the lock at first: blocking calls that go on and on are to notice nothing of the keeper.
            let called = self.keeper_called.swap(false, Ordering::AcqRel);
            let turns = self.turns.load(Ordering::Relaxed);
            let quiet = turns == seen;
            seen = turns;
            if !called && !quiet {
                std::thread::park_timeout(LINGER);
                continue;
            }
            let mut wire = self.lock();
            if matches!(wire.talk.stage, Stage::Ended(_)) {
                return;
            }
            if let Some(inlet) = wire.lead.inlet.take() {
                wire.lead.keeper_leads = true;
                drop(wire);
                run(self.lead(inlet, true, &|| false, None), false);
            } else {
                // Who leads makes way for a stop; otherwise who leaves wakes the keeper.
                if wire.lead.stop_wanted && wire.lead.asleep.is_some() {
                    wire.ring();
                }
                wire.lead.keeper_sleeps = true;
                drop(wire);
                std::thread::park();
            }
            // Whoever led is likely to go on: one more look before the keeper takes over.
            seen = self.turns.load(Ordering::Relaxed).wrapping_sub(1);
        }
    }
}

impl Party for Pump {
    fn say<T>(&self, act: impl FnOnce(&mut Conversation) -> T) -> T {
        let mut wire = self.lock();
        let said = act(&mut wire.talk);
        self.flush(&mut wire);
        said
    }

    fn home(&self) -> &Home {
        &self.home
    }

    fn itself(&self) -> Weak<Self> {
        Weak::clone(&self.itself)
    }
}
