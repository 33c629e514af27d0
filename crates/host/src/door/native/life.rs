//! How a native plugin begins and ends, and how it is given up.

use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use crossplug_protocol::frame::Framing;
use crossplug_protocol::session::CallId;

use super::crew;
use super::instance::Instance;
use super::library::Library;
use super::passage::Handle;
use super::seat::{Seat, State, Stopping};
use crate::door::conversation::{Conversation, Stage, greet, session, stopped};
use crate::door::{Home, Opening, Passage, Patience};
use crate::home::Ending;
use crate::log::Level;
use crate::{Error, ErrorKind, Result};

/// What is spoken beside the direct calls.
const DIALECT: &str = "crossplug/1";
/// There is none: a message is handed over by itself. What is written is cut at its line feeds.
const FRAMINGS: [Framing; 1] = [Framing::Ndjson];
/// How long a thread may stay in the library past the deadline of the call that it is there for: handlers that look whether
/// they were cancelled do so now and then.
const GRACE: Duration = Duration::from_secs(1);
/// What is said of an instance that cannot be freed.
const LOST: &str = "something of it runs on after its end; what it holds is lost to this process";

/// Loads a library, makes an instance, and has it initialised.
///
/// # Errors
/// As the room `native` says.
pub(super) async fn open(
    path: PathBuf,
    on_callers_thread: bool,
    opening: Opening,
    home: Home,
) -> Result<Arc<dyn Passage>> {
    let talk = Conversation::new(session(DIALECT, &FRAMINGS, &opening)?);
    let timeout = opening.start_timeout;
    let seat = Seat::new(opening, home, talk, on_callers_thread);
    // From here on, dropping this future stops the plugin, whatever it has come to.
    let attempt = Attempt(Some(&seat));
    let starting = Arc::clone(&seat);
    crew::run(move || starting.start(path));
    let timer = Instant::now().checked_add(timeout).map(|end| {
        let bell = Waker::from(Arc::new(StartBell(Arc::downgrade(&seat))));
        seat.home.0.executor.wake_at(end, bell)
    });
    let opened = seat.opened.taken().await;
    if let Some(timer) = timer {
        seat.home.0.executor.forget(timer);
    }
    opened?;
    let introduction = match &seat.lock().talk.stage {
        Stage::Open(introduction) => Arc::clone(introduction),
        Stage::Ended(error) => return Err(error.in_operation("load")),
        Stage::Opening | Stage::Stopping => return Err(stopped("load")),
    };
    attempt.succeeded();
    Ok(Arc::new(Handle { seat, introduction }))
}

/// A load under way: whoever waits for it may give it up at any moment.
struct Attempt<'s>(Option<&'s Arc<Seat>>);

impl Attempt<'_> {
    /// From here on the plugin is somebody else's to stop.
    fn succeeded(mut self) {
        self.0 = None;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(seat) = self.0 {
            seat.stop(seat.opening.patience);
        }
    }
}

/// Rings when the start has taken too long.
struct StartBell(Weak<Seat>);

impl Wake for StartBell {
    fn wake(self: Arc<Self>) {
        if let Some(seat) = self.0.upgrade() {
            let timeout = seat.opening.start_timeout;
            let what =
                format!("it was not ready within {timeout:?}; allow more with `start_timeout`");
            let error = Error::new(ErrorKind::Start, "load").with_context(what);
            seat.opened.fill(Err(error));
        }
    }
}

/// Rings when a thread has been in the library for too long.
struct Overrun {
    seat: Weak<Seat>,
    call: CallId,
    deadline: Instant,
}

impl Wake for Overrun {
    fn wake(self: Arc<Self>) {
        let Some(seat) = self.seat.upgrade() else {
            return;
        };
        let state = seat.lock();
        let called = state.inside.contains_key(&self.call);
        let carried = state.carrying.is_some_and(|since| since <= self.deadline);
        drop(state);
        if called || carried {
            seat.give_up();
        }
    }
}

impl Seat {
    /// On a thread that may be lost: the library, the instance, the first word.
    fn start(&self, path: PathBuf) {
        let made = Library::load(&path).and_then(|library| {
            let instance = Instance::open(&library, Weak::clone(&self.me))?;
            let methods = instance.methods();
            Ok((instance, methods))
        });
        let mut state = self.lock();
        if !matches!(state.talk.stage, Stage::Opening) {
            // Nobody wants it any more.
            drop(state);
            let gone = match made {
                Ok((instance, _)) => instance.close(self.opening.patience.end_of_input),
                Err(_) => true,
            };
            state = self.lock();
            state.starting = false;
            drop(state);
            self.change.notify_all();
            if !gone {
                self.home.note(Level::Warn, LOST);
            }
            return;
        }
        state.starting = false;
        let greeted = made.and_then(|(instance, methods)| {
            state.instance = Some(Arc::new(instance));
            state.methods = methods?;
            let talk = &mut state.talk;
            greet(&mut talk.session, &self.opening, &self.home, &mut talk.out)
        });
        match greeted {
            Ok(()) => self.carry(&mut state),
            Err(error) => {
                drop(state);
                self.broke(error);
            }
        }
    }

    /// Looks at that time and some more whether a thread is still in the library for that call, or with a message that was
    /// on its way then.
    pub(super) fn watch(&self, deadline: Instant, call: CallId) {
        let seat = Weak::clone(&self.me);
        let bell = Overrun {
            seat,
            call,
            deadline,
        };
        if let Some(at) = deadline.max(Instant::now()).checked_add(GRACE) {
            let bell = Waker::from(Arc::new(bell));
            self.home.0.executor.wake_at(at, bell);
        }
    }

    /// The plugin keeps threads of the host's: nothing is expected of it any more, and nothing of it is freed.
    fn give_up(&self) {
        let what = format!(
            "`{}` was given up: it kept a thread of the host's past the deadline of a call; what it holds is lost to this \
             process, and loading it again makes another instance",
            self.home.name()
        );
        let error = Error::new(ErrorKind::Died, "call").with_context(what.clone());
        let mut state = self.lock();
        if std::mem::replace(&mut state.leaving, true) {
            return;
        }
        state.instance = None;
        drop(state);
        self.home.note(Level::Warn, what);
        self.end(self.lock(), error, false);
    }

    /// The plugin broke off: everybody is told, and it is closed without more words.
    pub(super) fn broke(&self, error: Error) {
        let mut state = self.lock();
        if matches!(state.talk.stage, Stage::Ended(_)) {
            return;
        }
        let opening = matches!(state.talk.stage, Stage::Opening);
        let error = if opening {
            error
        } else {
            let context = format!("`{}`: {}; it was closed", self.home.name(), error.context());
            error.with_context(context)
        };
        state.queue.clear();
        let left = state.talk.end(Stage::Ended(error.clone()));
        drop(state);
        left.tell(&error);
        self.opened.fill(Err(error.in_operation("load")));
        if let Some(me) = self.me.upgrade() {
            crew::run(move || me.leave(error, me.opening.patience.end_of_input, false));
        }
    }

    /// Begins to stop the plugin.
    pub(super) fn stop(&self, patience: Patience) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if matches!(state.talk.stage, Stage::Ended(_)) {
            return;
        }
        let until = Instant::now() + patience.shutdown;
        if let Some(stopping) = &mut state.stopping {
            stopping.until = stopping.until.min(until);
            stopping.end_of_input = stopping.end_of_input.min(patience.end_of_input);
            drop(guard);
            self.change.notify_all();
            return;
        }
        state.was_open = matches!(state.talk.stage, Stage::Open(_));
        state.talk.stage = Stage::Stopping;
        state.stopping = Some(Stopping {
            until,
            end_of_input: patience.end_of_input,
            shutdown: None,
        });
        drop(guard);
        if let Some(me) = self.me.upgrade() {
            crew::run(move || me.say_goodbye());
        }
    }

    /// Asks the plugin to finish what is in flight, waits for that, then closes.
    fn say_goodbye(&self) {
        // A call that was made before the stop must not find a plugin that shuts down already.
        let mut state = self.until_patience_ends(self.lock(), |state| {
            !state.queue.is_empty() || !state.inside.is_empty()
        });
        if state.was_open && matches!(state.talk.stage, Stage::Stopping) {
            let now = self.now();
            let State { talk, stopping, .. } = &mut *state;
            let shutdown = talk.session.shutdown(None, now, &mut talk.out).ok();
            if let Some(stopping) = stopping {
                stopping.shutdown = shutdown;
            }
            self.carry(&mut state);
        }
        let state = self.until_patience_ends(state, |state| {
            (state.stopping.as_ref()).is_some_and(|stopping| stopping.shutdown.is_some())
        });
        let patience = match &state.stopping {
            Some(stopping) => stopping.end_of_input,
            None => self.opening.patience.end_of_input,
        };
        drop(state);
        self.leave(stopped("call"), patience, true);
    }

    /// Waits while something is so, for as long as a stop is patient and the plugin has not ended.
    fn until_patience_ends<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        so: impl Fn(&State) -> bool,
    ) -> MutexGuard<'s, State> {
        while so(&state)
            && !matches!(state.talk.stage, Stage::Ended(_))
            && let Some(stopping) = &state.stopping
        {
            let left = stopping.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, left);
        }
        state
    }

    fn wait<'s>(&'s self, state: MutexGuard<'s, State>, most: Duration) -> MutexGuard<'s, State> {
        self.change
            .wait_timeout(state, most)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// The plugin's last steps: once nobody is inside, it is closed.
    fn leave(&self, error: Error, patience: Duration, wanted: bool) {
        let end = Instant::now() + patience;
        let mut state = self.lock();
        if std::mem::replace(&mut state.leaving, true) {
            return;
        }
        while state.is_inside() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, left);
        }
        let empty = !state.is_inside();
        let instance = state.instance.take();
        drop(state);
        let gone = match instance {
            Some(instance) => empty && instance.close(patience),
            None => empty,
        };
        if !gone {
            self.home.note(Level::Warn, LOST);
        }
        self.end(self.lock(), error, wanted);
    }

    /// Tells everybody that nothing is to be expected of the plugin.
    fn end(&self, mut state: MutexGuard<'_, State>, error: Error, wanted: bool) {
        state.queue.clear();
        let stage = match &state.talk.stage {
            Stage::Ended(before) => Stage::Ended(before.clone()),
            _ => Stage::Ended(error.clone()),
        };
        let left = state.talk.end(stage);
        drop(state);
        self.change.notify_all();
        left.tell(&error);
        self.opened.fill(Err(error.in_operation("load")));
        self.home.ended(if wanted {
            Ending::wanted(None)
        } else {
            Ending::failed(error, None)
        });
    }
}

/// A library that takes no message any more though nobody has ended its input.
pub(super) fn deaf() -> Error {
    Error::new(ErrorKind::Protocol, "call").with_context("it takes no message any more")
}
