//! What all threads of one native plugin share: the conversation, who is in the library, and who carries messages in. Nobody
//! holds the lock while in the library.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crossplug_protocol::session::CallId;

use super::crew;
use super::instance::Instance;
use crate::door::conversation::{Conversation, Effect, Party, Stage, too_long};
use crate::door::{Home, Opening};
use crate::executor::Slot;
use crate::{Payload, Result};

/// A plugin that is open, or about to be.
pub(super) struct Seat {
    pub(super) me: Weak<Self>,
    pub(super) opening: Opening,
    pub(super) home: Home,
    pub(super) on_callers_thread: bool,
    /// Of the session's clock.
    origin: Instant,
    state: Mutex<State>,
    /// Something has changed that a stop may wait for.
    pub(super) change: Condvar,
    /// How opening went.
    pub(super) opened: Slot<Result<()>>,
}

/// Everything under the lock.
pub(super) struct State {
    pub(super) talk: Conversation,
    /// From the library's `open` until it is closed or lost.
    pub(super) instance: Option<Arc<Instance>>,
    pub(super) methods: HashMap<String, u32>,
    /// Calls that wait for a thread; the plugin has not heard of them.
    pub(super) queue: VecDeque<Job>,
    /// Threads of the crew that make calls.
    pub(super) busy: usize,
    /// Calls whose entry has not returned, and whether their callers have given them up meanwhile.
    pub(super) inside: HashMap<CallId, bool>,
    /// The library is being loaded and the instance made.
    pub(super) starting: bool,
    /// Since when a message is being carried in.
    pub(super) carrying: Option<Instant>,
    pub(super) stopping: Option<Stopping>,
    /// The plugin had answered `initialize` when it was to stop.
    pub(super) was_open: bool,
    /// The plugin's last steps are under way, or done.
    pub(super) leaving: bool,
}

/// A call that was not begun.
pub(super) struct Job {
    pub(super) id: CallId,
    pub(super) method: u32,
    pub(super) params: Payload,
    pub(super) deadline: Option<Instant>,
}

/// A stop under way.
#[derive(Debug)]
pub(super) struct Stopping {
    pub(super) until: Instant,
    pub(super) end_of_input: Duration,
    pub(super) shutdown: Option<CallId>,
}

impl State {
    /// Whether a thread of the host's is in the library.
    pub(super) fn is_inside(&self) -> bool {
        self.starting || !self.inside.is_empty() || self.carrying.is_some()
    }
}

impl Seat {
    pub(super) fn new(
        opening: Opening,
        home: Home,
        talk: Conversation,
        on_callers_thread: bool,
    ) -> Arc<Self> {
        let state = State {
            talk,
            instance: None,
            methods: HashMap::new(),
            queue: VecDeque::new(),
            busy: 0,
            inside: HashMap::new(),
            starting: true,
            carrying: None,
            stopping: None,
            was_open: false,
            leaving: false,
        };
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            opening,
            home,
            on_callers_thread,
            origin: Instant::now(),
            state: Mutex::new(state),
            change: Condvar::new(),
            opened: Slot::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No code of anybody else's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session's clock.
    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// A time of the caller's on the session's clock.
    pub(super) fn at(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.origin)
    }

    /// Sees to it that what waits to be said is carried in: a library may take its time over a message, and nobody who
    /// says one waits for that.
    pub(super) fn carry(&self, state: &mut State) {
        if state.talk.out.is_empty() || state.carrying.is_some() || state.leaving {
            return;
        }
        if state.instance.is_none() {
            return;
        }
        if let Some(me) = self.me.upgrade() {
            state.carrying = Some(Instant::now());
            crew::run(move || me.carry_all());
        }
    }

    fn carry_all(&self) {
        loop {
            let mut state = self.lock();
            let instance = match &state.instance {
                Some(instance) if !state.talk.out.is_empty() && !state.leaving => {
                    Arc::clone(instance)
                }
                _ => {
                    state.carrying = None;
                    drop(state);
                    self.change.notify_all();
                    return;
                }
            };
            let bytes = state.talk.out.take();
            state.carrying = Some(Instant::now());
            drop(state);
            // A message of our own writing holds no line feed.
            let messages = bytes.split(|byte| *byte == b'\n');
            for message in messages.filter(|message| !message.is_empty()) {
                if !instance.push(message) {
                    self.broke(super::life::deaf());
                    break;
                }
            }
        }
    }

    /// Takes a message of the plugin in. The thread is the plugin's, and does not enter the library here.
    pub(super) fn hear(&self, message: &[u8]) {
        let limit = self.opening.limits.frame_bytes;
        let size = message.len();
        let mut jobs = Vec::new();
        let mut state = self.lock();
        if matches!(state.talk.stage, Stage::Ended(_)) {
            return;
        }
        let taken = if size > limit {
            let error = crossplug_protocol::frame::FrameError::TooLong { size, limit };
            Err(too_long(&error))
        } else {
            state.talk.take(message, self, None, &mut jobs)
        };
        let effect = match taken {
            Ok(effect) => effect,
            Err(error) => {
                drop(state);
                return self.broke(error);
            }
        };
        if let (Effect::Replied(call), Some(stopping)) = (&effect, &mut state.stopping)
            && stopping.shutdown == Some(*call)
        {
            stopping.shutdown = None;
            self.change.notify_all();
        }
        self.carry(&mut state);
        drop(state);
        let opened = matches!(effect, Effect::Opened);
        effect.run(self);
        if opened {
            self.opened.fill(Ok(()));
        }
        // A handler that blocks must not hold a thread of the plugin's, which may be in the middle of something.
        jobs.into_iter().for_each(crate::door::Job::run_elsewhere);
    }
}

impl Party for Seat {
    fn say<T>(&self, act: impl FnOnce(&mut Conversation) -> T) -> T {
        let mut state = self.lock();
        let said = act(&mut state.talk);
        self.carry(&mut state);
        said
    }

    fn home(&self) -> &Home {
        &self.home
    }

    fn itself(&self) -> Weak<Self> {
        Weak::clone(&self.me)
    }
}
