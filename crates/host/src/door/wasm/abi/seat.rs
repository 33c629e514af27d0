//! Who is in the guest, and what waits to be done there. One thread at a time has the instance; whoever leaves sees to it
//! that what is left to do is done by another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use crossplug_protocol::session::CallId;

use super::super::leash::Leash;
use super::super::pool::Place;
use super::instance::{Instance, Plan};
use crate::call::flight::late;
use crate::door::conversation::{Conversation, Party, run};
use crate::door::{Answer, CallKey, Home, Opening};
use crate::executor::Timer;
use crate::{Error, Payload};

/// A guest that is open.
pub(super) struct Guest {
    pub(super) me: Weak<Self>,
    pub(super) plan: Arc<dyn Plan>,
    pub(super) opening: Opening,
    pub(super) home: Home,
    /// Of the session's clock and the guest's.
    origin: Instant,
    state: Mutex<State>,
    /// The seat may be free, or will never be again.
    free: Condvar,
}

/// Everything under the lock, which nobody holds while the guest runs.
pub(super) struct State {
    pub(super) talk: Conversation,
    /// In the door's pool, until the plugin ends.
    pub(super) place: Option<Place>,
    /// Here while nobody is in the guest.
    pub(super) instance: Option<Box<dyn Instance>>,
    /// Stops whoever is in the guest.
    pub(super) leash: Option<Arc<Leash>>,
    pub(super) methods: Arc<HashMap<String, i32>>,
    pub(super) queue: VecDeque<Job>,
    /// The call whose first step runs, and whether its caller has given it up meanwhile.
    pub(super) current: Option<CallKey>,
    pub(super) given_up: bool,
    /// Whether its caller has ended its upload meanwhile.
    pub(super) ended: bool,
    pub(super) keys: u64,
    /// When the guest wants to be entered by itself.
    pub(super) due: Option<Duration>,
    pub(super) stopping: Option<Stopping>,
    waiting: usize,
    /// A thread of the host's is on its way.
    called: bool,
    timer: Option<(Duration, Timer)>,
}

/// A call that was not begun.
pub(super) struct Job {
    pub(super) key: CallKey,
    pub(super) method: String,
    pub(super) params: Payload,
    pub(super) deadline: Option<Instant>,
    pub(super) traceparent: Option<String>,
    pub(super) credit: Option<(u32, u32)>,
    /// Its caller streams nothing to it.
    pub(super) ended: bool,
    pub(super) answer: Answer,
}

/// A stop under way.
pub(super) struct Stopping {
    pub(super) until: Duration,
    pub(super) end_of_input: Duration,
    pub(super) shutdown: Option<CallId>,
}

impl Stopping {
    /// Nothing more is waited for.
    fn is_due(&self, now: Duration) -> bool {
        self.shutdown.is_none() || now >= self.until
    }
}

/// What is to be done next in the guest.
pub(super) enum Next {
    Say(Vec<u8>),
    Turn,
    Begin(Job),
    Finish,
}

impl State {
    pub(super) fn has_work(&self, now: Duration) -> bool {
        !self.talk.out.is_empty()
            || !self.queue.is_empty()
            || self.due.is_some_and(|due| due <= now)
            || self
                .stopping
                .as_ref()
                .is_some_and(|stopping| stopping.is_due(now))
    }

    pub(super) fn next(&mut self, now: Duration) -> Option<Next> {
        if self
            .stopping
            .as_ref()
            .is_some_and(|stopping| stopping.is_due(now))
        {
            return Some(Next::Finish);
        }
        if !self.talk.out.is_empty() {
            return Some(Next::Say(self.talk.out.take()));
        }
        if self.due.is_some_and(|due| due <= now) {
            return Some(Next::Turn);
        }
        self.queue.pop_front().map(Next::Begin)
    }

    /// The session's name of a call in flight.
    pub(super) fn named(&self, key: CallKey) -> Option<CallId> {
        self.talk.named(key)
    }
}

impl Guest {
    pub(super) fn new(
        plan: Arc<dyn Plan>,
        place: Option<Place>,
        opening: Opening,
        home: Home,
        talk: Conversation,
    ) -> Arc<Self> {
        let state = State {
            talk,
            place,
            instance: None,
            leash: None,
            methods: Arc::default(),
            queue: VecDeque::new(),
            current: None,
            given_up: false,
            ended: false,
            keys: 0,
            due: None,
            stopping: None,
            waiting: 0,
            called: false,
            timer: None,
        };
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            plan,
            opening,
            home,
            origin: Instant::now(),
            state: Mutex::new(state),
            free: Condvar::new(),
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

    /// Waits for the seat.
    ///
    /// # Errors
    /// The plugin has ended, or the time is over.
    pub(super) fn sit<'g>(
        &'g self,
        mut state: MutexGuard<'g, State>,
        until: Option<Instant>,
    ) -> Result<(MutexGuard<'g, State>, Box<dyn Instance>), Error> {
        loop {
            if let Some(error) = state.talk.closed("call") {
                return Err(error);
            }
            if let Some(instance) = state.instance.take() {
                return Ok((state, instance));
            }
            state.waiting += 1;
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => {
                    state.waiting -= 1;
                    return Err(late());
                }
                Some(left) => {
                    self.free
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .free
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
            state.waiting -= 1;
        }
    }

    /// Gives the seat back. `stays`: this thread comes back at once if there is something to do.
    pub(super) fn leave(&self, state: &mut State, instance: Box<dyn Instance>, stays: bool) {
        state.instance = Some(instance);
        if state.waiting > 0 {
            self.free.notify_one();
        } else if !stays {
            self.look_after(state);
        }
    }

    /// Everybody who waits for the seat looks again.
    pub(super) fn wake_all(&self) {
        self.free.notify_all();
    }

    /// Sees to it that somebody does what there is to do, now or when it is time.
    pub(super) fn look_after(&self, state: &mut State) {
        if state.instance.is_none() || state.called {
            return;
        }
        let now = self.now();
        if state.has_work(now) {
            state.called = true;
            if let Some(me) = self.me.upgrade() {
                self.home.spawn(async move {
                    me.lock().called = false;
                    me.drive(&|| false);
                });
            }
        } else if let Some(due) = state.due {
            self.wake_at(state, due);
        }
    }

    /// Somebody looks after the guest at that time.
    pub(super) fn wake_at(&self, state: &mut State, at: Duration) {
        if state.timer.as_ref().is_some_and(|(set, _)| *set <= at) {
            return;
        }
        let executor = &self.home.0.executor;
        if let Some((_, timer)) = state.timer.take() {
            executor.forget(timer);
        }
        if let Some(time) = self.origin.checked_add(at) {
            let bell = Waker::from(Arc::new(Bell(Weak::clone(&self.me))));
            state.timer = Some((at, executor.wake_at(time, bell)));
        }
    }

    /// Does what there is to do, on this thread, until it is all done or `over`.
    pub(super) fn drive(&self, over: &dyn Fn() -> bool) {
        loop {
            let mut state = self.lock();
            if over() || !state.has_work(self.now()) {
                self.look_after(&mut state);
                return;
            }
            let Some(instance) = state.instance.take() else {
                return;
            };
            let jobs = self.work(state, instance, over);
            if jobs.is_empty() {
                return;
            }
            run(jobs, over());
        }
    }

    fn ring(&self) {
        let mut state = self.lock();
        state.timer = None;
        let now = self.now();
        match (&state.stopping, &state.leash) {
            // Whoever is in the guest has had its time.
            (Some(stopping), Some(leash)) if state.instance.is_none() && stopping.is_due(now) => {
                leash.cancel();
            }
            _ => self.look_after(&mut state),
        }
    }
}

impl Party for Guest {
    fn say<T>(&self, act: impl FnOnce(&mut Conversation) -> T) -> T {
        let mut state = self.lock();
        let said = act(&mut state.talk);
        self.look_after(&mut state);
        said
    }

    fn home(&self) -> &Home {
        &self.home
    }

    fn itself(&self) -> Weak<Self> {
        Weak::clone(&self.me)
    }
}

/// Rings when it is time.
struct Bell(Weak<Guest>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if let Some(guest) = self.0.upgrade() {
            guest.ring();
        }
    }
}
