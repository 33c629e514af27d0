//! Both ends of a line: what waits for the plugin, and what becomes of what it says. Knows no thread but those that come by,
//! and runs no code of anybody else's under its lock.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crossplug_protocol::frame::FrameReader;
use crossplug_protocol::session::CallId;

use super::life::Stopping;
use crate::door::conversation::{Conversation, Effect, Party, Stage, run, too_long};
use crate::door::{Home, Job, Opening, Patience};
use crate::executor::{Slot, Timer};
use crate::{Error, Result};

/// What the host's threads and the plugin's share.
pub(super) struct Ends {
    pub(super) me: Weak<Self>,
    home: Home,
    pub(super) patience: Patience,
    pub(super) start_timeout: Duration,
    frame_bytes: usize,
    /// Of the session's clock.
    pub(super) origin: Instant,
    state: Mutex<State>,
    /// Something waits for the plugin, or nothing will any more.
    news: Condvar,
    /// What the plugin says, cut into messages. Whoever holds it acts on them, so that they keep their order.
    heard: Mutex<FrameReader>,
    /// How opening went.
    pub(super) opened: Slot<Result<()>>,
}

/// Everything under the lock.
pub(super) struct State {
    pub(super) talk: Conversation,
    /// Nothing more comes for the plugin than what waits.
    pub(super) closed: bool,
    pub(super) stopping: Option<Stopping>,
    /// Calls that were past their deadline, and when they must be answered.
    pub(super) overdue: Vec<(CallId, Instant)>,
    pub(super) timer: Option<(Instant, Timer)>,
}

impl Ends {
    pub(super) fn new(opening: &Opening, home: Home, talk: Conversation) -> Arc<Self> {
        let frame_bytes = opening.limits.frame_bytes;
        let ends = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            home,
            patience: opening.patience,
            start_timeout: opening.start_timeout,
            frame_bytes,
            origin: Instant::now(),
            state: Mutex::new(State {
                talk,
                closed: false,
                stopping: None,
                overdue: Vec::new(),
                timer: None,
            }),
            news: Condvar::new(),
            heard: Mutex::new(FrameReader::new(frame_bytes)),
            opened: Slot::new(),
        });
        ends.keep_time(&mut ends.lock());
        ends
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No code of anybody else's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session's clock.
    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The plugin looks again what there is for it.
    pub(super) fn call_plugin(&self) {
        self.news.notify_all();
    }

    pub(super) fn read(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        loop {
            if !state.talk.out.is_empty() {
                return Some(state.talk.out.take());
            }
            if state.closed {
                return None;
            }
            state = self
                .news
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn told(&self, bytes: &[u8]) {
        let mut jobs = Vec::new();
        let mut reader = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        reader.push(bytes);
        let heard = self.hear(&mut reader, &mut jobs);
        drop(reader);
        if let Err(error) = heard {
            let context = format!("`{}`: {}", self.home.name(), error.context());
            self.end(error.with_context(context));
        }
        // A service may block, or call the plugin, whose thread this is.
        run(jobs, true);
    }

    fn hear(&self, reader: &mut FrameReader, jobs: &mut Vec<Job>) -> Result<()> {
        loop {
            let mut state = self.lock();
            if matches!(state.talk.stage, Stage::Ended(_)) {
                return Ok(());
            }
            reader.set_limit(self.frame_bytes);
            let framing = state.talk.session.framing();
            let Some(frame) = reader
                .next_frame(framing)
                .map_err(|error| too_long(&error))?
            else {
                return Ok(());
            };
            let effect = state.talk.take(frame, self, None, jobs)?;
            let opened = matches!(effect, Effect::Opened);
            if opened {
                self.keep_time(&mut state);
            }
            if let Effect::Replied(call) = &effect {
                self.replied(&mut state, *call);
            }
            drop(state);
            // What a message leads to may be to say something, and there may be nobody else to pass it on.
            self.call_plugin();
            effect.run(self);
            if opened {
                self.opened.fill(Ok(()));
            }
        }
    }

    /// It is over: everybody who waits is told, and the plugin finds the end of its input.
    pub(super) fn end(&self, error: Error) {
        let mut state = self.lock();
        if matches!(state.talk.stage, Stage::Ended(_)) {
            return;
        }
        let wanted = state.stopping.is_some();
        let left = state.talk.end(Stage::Ended(error.clone()));
        state.closed = true;
        state.overdue.clear();
        if let Some((_, timer)) = state.timer.take() {
            self.home.0.executor.forget(timer);
        }
        drop(state);
        self.call_plugin();
        left.tell(&error);
        self.opened.fill(Err(error.in_operation("load")));
        self.tell_ending(wanted, error);
    }
}

impl Party for Ends {
    fn say<T>(&self, act: impl FnOnce(&mut Conversation) -> T) -> T {
        let mut state = self.lock();
        let said = act(&mut state.talk);
        drop(state);
        self.call_plugin();
        said
    }

    fn home(&self) -> &Home {
        &self.home
    }

    fn itself(&self) -> Weak<Self> {
        Weak::clone(&self.me)
    }
}
