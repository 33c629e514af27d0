//! How a guest begins, is replaced, and ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::Framing;

use super::super::fault::{self, Fault};
use super::super::pool::Place;
use super::entry::Lost;
use super::instance::{Instance, Plan};
use super::passage::Handle;
use super::seat::{Guest, Stopping};
use crate::call::flight::late;
use crate::door::conversation::{
    Conversation, Effect, Pending, Stage, greet, session, stopped, too_long,
};
use crate::door::{Home, Opening, Passage, Patience};
use crate::executor::Slot;
use crate::home::Ending;
use crate::log::Level;
use crate::{Error, ErrorKind, Result};

/// What is spoken beside the direct calls.
const DIALECT: &str = "crossplug/1";
const FRAMINGS: [Framing; 1] = [Framing::Ndjson];

/// Makes a guest by a plan and has it initialised, on a thread of the host's.
///
/// # Errors
/// [`ErrorKind::Start`], [`ErrorKind::Incompatible`], [`ErrorKind::Protocol`] or what the plugin answers.
pub(in crate::door::wasm) async fn open(
    plan: Arc<dyn Plan>,
    place: Option<Place>,
    opening: Opening,
    home: Home,
) -> Result<Arc<dyn Passage>> {
    let made = Arc::new(Slot::new());
    let (slot, host) = (Arc::clone(&made), home.clone());
    home.spawn(async move {
        slot.fill(start(plan, place, opening, host));
    });
    let handle: Arc<dyn Passage> = made.taken().await?;
    Ok(handle)
}

fn start(
    plan: Arc<dyn Plan>,
    place: Option<Place>,
    opening: Opening,
    home: Home,
) -> Result<Arc<dyn Passage>> {
    let talk = Conversation::new(session(DIALECT, &FRAMINGS, &opening)?);
    let guest = Guest::new(plan, place, opening, home, talk);
    let (mut instance, talk) = guest.fresh()?;
    let methods = instance
        .methods(Instant::now().checked_add(guest.opening.start_timeout))
        .map_err(|error| unready(fault::error(&error, "load")))?;
    let Stage::Open(introduction) = &talk.stage else {
        return Err(stopped("load"));
    };
    let introduction = Arc::clone(introduction);
    let mut state = guest.lock();
    state.methods = Arc::new(methods);
    state.leash = Some(Arc::clone(instance.leash()));
    state.talk = talk;
    guest.leave(&mut state, instance, false);
    drop(state);
    Ok(Arc::new(Handle {
        guest,
        introduction,
    }))
}

/// What a start is that did not come to its end.
fn unready(error: Error) -> Error {
    let context = match error.kind() {
        ErrorKind::Trap => format!("its start trapped: {}", error.context()),
        ErrorKind::Deadline => {
            "its start took too long; allow more with `Load::start_timeout`".to_owned()
        }
        _ => return error,
    };
    Error::new(ErrorKind::Start, "load").with_context(context)
}

impl Guest {
    /// A new instance and the conversation with it, as far as the end of the handshake.
    fn fresh(&self) -> Result<(Box<dyn Instance>, Conversation)> {
        let end = Instant::now().checked_add(self.opening.start_timeout);
        let mut instance = self.plan.instance(self.now(), end).map_err(unready)?;
        let mut talk = Conversation::new(session(DIALECT, &FRAMINGS, &self.opening)?);
        greet(&mut talk.session, &self.opening, &self.home, &mut talk.out)?;
        let hello = talk.out.take();
        let mut outbox = instance
            .push(hello.trim_ascii_end(), self.now(), end)
            .map_err(|error| self.unready(&mut *instance, &error))?;
        loop {
            self.hear_answer(&mut talk, &outbox.bytes)?;
            if matches!(talk.stage, Stage::Open(_)) {
                return Ok((instance, talk));
            }
            let Some(next) = outbox.due else {
                let what = "it did not answer `initialize`, and waits for nothing";
                return Err(Error::new(ErrorKind::Start, "load").with_context(what));
            };
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(unready(late()));
            }
            let nap = next.saturating_sub(self.now());
            std::thread::sleep(left.map_or(nap, |left| left.min(nap)));
            outbox = instance
                .turn(self.now(), end)
                .map_err(|error| self.unready(&mut *instance, &error))?;
        }
    }

    fn unready(&self, instance: &mut dyn Instance, error: &wasmtime::Error) -> Error {
        match fault::read(error, "load") {
            Fault::Trap(what) => {
                let said = instance.last_words().and_then(|words| message_of(&words));
                let what = said.unwrap_or(what);
                Error::new(ErrorKind::Start, "load")
                    .with_context(format!("its start trapped: {what}"))
            }
            _ => unready(fault::error(error, "load")),
        }
    }

    /// The answer to `initialize`, and what is said right behind it.
    fn hear_answer(&self, talk: &mut Conversation, bytes: &[u8]) -> Result<()> {
        let mut reader =
            crossplug_protocol::frame::FrameReader::new(self.opening.limits.frame_bytes);
        reader.push(bytes);
        let mut jobs = Vec::new();
        while let Some(frame) = reader
            .next_frame(Framing::Ndjson)
            .map_err(|error| too_long(&error))?
        {
            talk.take(frame, self, None, &mut jobs)?.run(self);
        }
        Ok(())
    }

    /// Puts a fresh instance in the place of one that is lost, having told everybody who waited for that one.
    pub(super) fn replace(
        &self,
        mut old: Box<dyn Instance>,
        lost: Lost,
    ) -> Option<Box<dyn Instance>> {
        let (error, current) = match lost {
            Lost::Broke(error, current) => (error, current),
            Lost::Violated(error) => {
                drop(old);
                self.end(Stage::Ended(broken(&self.home, error)));
                return None;
            }
        };
        let fault = fault::read(&error, "call");
        let words = match &fault {
            Fault::Trap(_) => old.last_words(),
            Fault::Exit(_) | Fault::Halt(_) => None,
        };
        let said = words.as_deref().and_then(message_of);
        let error = match fault {
            Fault::Halt(error) => error,
            Fault::Trap(what) => Error::new(ErrorKind::Trap, "call").with_context(what),
            Fault::Exit(code) => Error::new(ErrorKind::Trap, "call")
                .with_context(format!("it ended itself with code {code}")),
        };
        drop(old);
        let mut state = self.lock();
        state.current = None;
        state.given_up = false;
        state.due = None;
        let culprit = current.as_ref().map(|(id, _)| *id);
        if let Some((id, pending)) = current {
            state.talk.session.wait_apart(id, None);
            state.talk.expect(id, pending);
        }
        let mut jobs = Vec::new();
        // A reply to the call that panicked: the one that it would have had from a program.
        let answered = words.and_then(|words| {
            let words = words.trim_ascii_end();
            state.talk.take(words, self, None, &mut jobs).ok()
        });
        let is_stopping = state.stopping.is_some();
        let stage = state.talk.stage.clone();
        let left = state.talk.end(stage);
        drop(state);
        // Words about nobody's call are logged below.
        let was_answered = matches!(answered, Some(Effect::Settle(..)));
        if let Some(effect) = answered.filter(|_| was_answered) {
            effect.run(self);
        }
        let why = said.unwrap_or_else(|| error.context().to_owned());
        // With nobody else there, nobody else did it.
        let alone = left.calls.len() == 1 && culprit.is_none() && !was_answered;
        left.tell_each(|id, pending: &Pending| {
            if Some(id) == culprit || alone {
                return error.clone();
            }
            if pending.deadline.is_some_and(|at| Instant::now() >= at) {
                return late();
            }
            let what = format!("the plugin broke down in another call: {why}");
            Error::from_plugin("call", PluginError::unavailable(what).with_retryable(true))
        });
        if is_stopping {
            self.end(Stage::Ended(stopped("call")));
            return None;
        }
        self.home.note(
            Level::Warn,
            format!("its instance is lost, a fresh one takes its place: {why}"),
        );
        let (instance, mut talk) = match self.fresh() {
            Ok(fresh) => fresh,
            Err(error) => {
                self.end(Stage::Ended(error));
                return None;
            }
        };
        let mut state = self.lock();
        talk.turn = state.talk.turn + 1;
        let was_stopped = state.stopping.is_some();
        state.talk = talk;
        state.leash = Some(Arc::clone(instance.leash()));
        drop(state);
        if was_stopped {
            self.finish(instance);
            return None;
        }
        Some(instance)
    }

    /// Begins to stop the plugin.
    pub(super) fn stop(&self, patience: Patience) {
        let mut state = self.lock();
        if matches!(state.talk.stage, Stage::Ended(_)) {
            return;
        }
        let now = self.now();
        let until = now + patience.shutdown;
        if let Some(stopping) = &mut state.stopping {
            stopping.until = stopping.until.min(until);
        } else {
            let talk = &mut state.talk;
            let shutdown = talk.session.shutdown(None, now, &mut talk.out).ok();
            talk.stage = Stage::Stopping;
            state.stopping = Some(Stopping {
                until,
                end_of_input: patience.end_of_input,
                shutdown,
            });
        }
        let waiting = std::mem::take(&mut state.queue);
        self.wake_at(&mut state, until);
        self.look_after(&mut state);
        drop(state);
        for job in waiting {
            job.answer.finish(Err(stopped("call")));
        }
        self.wake_all();
    }

    /// The guest's last steps.
    pub(super) fn finish(&self, mut instance: Box<dyn Instance>) {
        let patience = (self.lock().stopping.as_ref())
            .map_or(self.opening.patience.end_of_input, |stopping| {
                stopping.end_of_input
            });
        let end = Instant::now().checked_add(patience);
        let mut jobs = Vec::new();
        let mut outbox = instance.close(self.now(), end);
        while let Ok(said) = &outbox {
            if self.take_out(said, &mut jobs).is_err() || said.over {
                break;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let Some(due) = said.due.filter(|_| left != Some(Duration::ZERO)) else {
                break;
            };
            let nap = due.saturating_sub(self.now());
            std::thread::sleep(left.map_or(nap, |left| left.min(nap)));
            outbox = instance.turn(self.now(), end);
        }
        drop(instance);
        self.end(Stage::Ended(stopped("call")));
    }

    /// Nothing is left of the guest.
    fn end(&self, stage: Stage) {
        let Stage::Ended(error) = &stage else { return };
        let error = error.clone();
        let mut state = self.lock();
        let wanted = state.stopping.is_some();
        let left = state.talk.end(stage);
        let waiting = std::mem::take(&mut state.queue);
        (state.due, state.leash) = (None, None);
        let place = state.place.take();
        drop(state);
        // Before anybody is told, who might load another one.
        drop(place);
        self.wake_all();
        left.tell(&error);
        for job in waiting {
            job.answer.finish(Err(error.clone()));
        }
        self.home.ended(if wanted {
            Ending::wanted(None)
        } else {
            Ending::failed(error, None)
        });
    }
}

fn broken(home: &Home, error: Error) -> Error {
    let context = format!("`{}`: {}; it was stopped", home.name(), error.context());
    error.with_context(context)
}

/// What a reply's error says.
fn message_of(words: &[u8]) -> Option<String> {
    let error = crossplug_protocol::json::member(words, "error")?;
    let message = crossplug_protocol::json::member(error, "message")?;
    crossplug_protocol::json::text(message).map(|text| text.into_owned())
}
