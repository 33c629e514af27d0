//! What is done in the guest: calls begin, messages go in and come out. Whoever is here has the instance and no lock.

use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::{FrameReader, Framing};
use crossplug_protocol::session::{CallId, CallOptions, Session, StreamId};

use super::instance::{Called, Instance, Outbox};
use super::seat::{Guest, Next, State};
use crate::door::conversation::{Effect, Pending, result_of, too_long};
use crate::door::{Answer, CallKey, Job as Service};
use crate::{Error, Payload};

/// How long a guest may run in one go where no call is in flight whose deadline would say so.
const ALONE: Duration = Duration::from_secs(30);

/// A call that is to begin.
pub(super) struct Begin<'a> {
    pub(super) key: CallKey,
    pub(super) method: &'a str,
    pub(super) params: &'a Payload,
    pub(super) deadline: Option<Instant>,
    pub(super) traceparent: Option<&'a str>,
    pub(super) credit: Option<(u32, u32)>,
    /// The caller has ended its upload before there was one.
    pub(super) ended: bool,
    pub(super) answer: Answer,
}

/// Why the guest cannot go on.
pub(super) enum Lost {
    /// It stopped in the middle, perhaps in this call.
    Broke(wasmtime::Error, Option<(CallId, Pending)>),
    /// It said what it may not.
    Violated(Error),
}

impl From<wasmtime::Error> for Lost {
    fn from(error: wasmtime::Error) -> Self {
        Self::Broke(error, None)
    }
}

impl Guest {
    /// Does what there is to do until it is all done, `over`, or a service was called, which is to be run when nobody is in
    /// the guest.
    pub(super) fn work<'g>(
        &'g self,
        mut state: MutexGuard<'g, State>,
        mut instance: Box<dyn Instance>,
        over: &dyn Fn() -> bool,
    ) -> Vec<Service> {
        let mut jobs = Vec::new();
        loop {
            let done = !jobs.is_empty() || over();
            let next = if done { None } else { state.next(self.now()) };
            let Some(next) = next else {
                self.leave(&mut state, instance, !jobs.is_empty());
                return jobs;
            };
            let most = longest(&state);
            let did = match next {
                Next::Finish => {
                    drop(state);
                    self.finish(instance);
                    return jobs;
                }
                Next::Say(bytes) => {
                    let framing = state.talk.session.framing();
                    drop(state);
                    self.push(&mut *instance, &bytes, framing, most, &mut jobs)
                }
                Next::Turn => {
                    drop(state);
                    self.turn(&mut *instance, most, &mut jobs)
                }
                Next::Begin(job) => {
                    let begin = Begin {
                        key: job.key,
                        method: &job.method,
                        params: &job.params,
                        deadline: job.deadline,
                        traceparent: job.traceparent.as_deref(),
                        credit: job.credit,
                        ended: job.ended,
                        answer: job.answer,
                    };
                    self.begin(state, &mut *instance, begin, &mut jobs)
                }
            };
            if let Err(lost) = did {
                match self.replace(instance, lost) {
                    Some(fresh) => instance = fresh,
                    None => return jobs,
                }
            }
            state = self.lock();
            state.current = None;
        }
    }

    /// Begins a call. Most are over when this is.
    pub(super) fn begin<'g>(
        &'g self,
        mut guard: MutexGuard<'g, State>,
        instance: &mut dyn Instance,
        begin: Begin<'_>,
        jobs: &mut Vec<Service>,
    ) -> Result<(), Lost> {
        let state = &mut *guard;
        let number = match begin.traceparent {
            None => state.methods.get(begin.method).copied(),
            // A message has room for that.
            Some(_) => None,
        };
        let Some(number) = number else {
            let refused = self.send(state, begin);
            drop(guard);
            if let Some((answer, error)) = refused {
                answer.finish(Err(error));
            }
            return Ok(());
        };
        let id = match state.talk.session.call_apart() {
            Ok(id) => id,
            Err(refusal) => {
                let error = state.talk.refused("call", &refusal);
                drop(guard);
                begin.answer.finish(Err(error));
                return Ok(());
            }
        };
        state.current = Some(begin.key);
        state.given_up = false;
        state.ended = begin.ended;
        drop(guard);
        let pending = Pending {
            key: begin.key,
            answer: begin.answer,
            attended: true,
            deadline: begin.deadline,
        };
        let params = begin.params.as_bytes();
        let called = instance.call(number, params, id.number(), self.now(), begin.deadline);
        let (called, news) = match called {
            Ok(called) => called,
            Err(error) => return Err(Lost::Broke(error, Some((id, pending)))),
        };
        if let (Called::Done(_), false) = (&called, news) {
            let Called::Done(result) = called else {
                return Ok(());
            };
            return match result_of(result) {
                Ok(result) => {
                    pending.answer.finish(Ok(result));
                    Ok(())
                }
                Err(error) => {
                    pending.answer.finish(Err(error.clone()));
                    Err(Lost::Violated(error))
                }
            };
        }
        // From here on it is a request like any other, if only until what the guest said before its answer was heard.
        let mut state = self.lock();
        state.current = None;
        let given_up = std::mem::take(&mut state.given_up);
        let ended = std::mem::take(&mut state.ended);
        let talk = &mut state.talk;
        talk.session.wait_apart(id, None);
        talk.expect(id, pending);
        let frame = match called {
            Called::Failed(error) => Some(Session::reply_apart(id, &error)),
            Called::Pending => {
                if let Some((items, bytes)) = begin.credit {
                    // There is room for as many streams as for calls that the host begins by itself.
                    let _ = talk
                        .session
                        .grant(StreamId::Call(id), items, bytes, &mut talk.out);
                }
                if ended {
                    // It cannot have ended: nobody else has heard of it.
                    let _ = talk.session.end(id, &mut talk.out);
                }
                None
            }
            Called::Done(result) => {
                drop(state);
                self.turn(instance, begin.deadline, jobs)?;
                let result = result_of(result).map_err(Lost::Violated)?;
                let mut state = self.lock();
                state.talk.session.answered_apart(id);
                let settled = state.talk.settled(id);
                drop(state);
                if let Some(pending) = settled {
                    pending.answer.finish(Ok(result));
                }
                return Ok(());
            }
        };
        drop(state);
        if news {
            self.turn(instance, begin.deadline, jobs)?;
        }
        if let Some(frame) = frame {
            self.hear(Framing::Ndjson, &frame, jobs)?;
        } else if given_up {
            crate::door::conversation::give_up(self, id);
        }
        Ok(())
    }

    /// Begins a call by a message.
    fn send(&self, state: &mut State, begin: Begin<'_>) -> Option<(Answer, Error)> {
        let talk = &mut state.talk;
        let now = self.now();
        let mut options = CallOptions::new();
        options.deadline = begin
            .deadline
            .map(|at| now + at.saturating_duration_since(Instant::now()));
        options.traceparent = begin.traceparent;
        let params = begin.params.as_raw();
        let sent = talk
            .session
            .call(begin.method, Some(&params), &options, now, &mut talk.out);
        let call = sent.and_then(|call| match begin.credit {
            None => Ok(call),
            Some((items, bytes)) => {
                let granted = talk
                    .session
                    .grant(StreamId::Call(call), items, bytes, &mut talk.out);
                if granted.is_err() {
                    talk.session.abandon(call, &mut talk.out);
                }
                granted.map(|()| call)
            }
        });
        match call {
            Ok(call) => {
                if begin.ended {
                    // As above.
                    let _ = talk.session.end(call, &mut talk.out);
                }
                talk.expect(
                    call,
                    Pending {
                        key: begin.key,
                        answer: begin.answer,
                        attended: true,
                        deadline: begin.deadline,
                    },
                );
                None
            }
            Err(refusal) => {
                let error = talk.refused("call", &refusal);
                Some((begin.answer, error))
            }
        }
    }

    fn push(
        &self,
        instance: &mut dyn Instance,
        bytes: &[u8],
        framing: Framing,
        most: Option<Instant>,
        jobs: &mut Vec<Service>,
    ) -> Result<(), Lost> {
        let mut reader = FrameReader::new(usize::MAX);
        reader.push(bytes);
        while let Ok(Some(frame)) = reader.next_frame(framing) {
            let outbox = instance.push(frame, self.now(), most)?;
            self.take_out(&outbox, jobs)?;
        }
        Ok(())
    }

    fn turn(
        &self,
        instance: &mut dyn Instance,
        most: Option<Instant>,
        jobs: &mut Vec<Service>,
    ) -> Result<(), Lost> {
        let outbox = instance.turn(self.now(), most)?;
        self.take_out(&outbox, jobs)
    }

    /// Hears what the guest has to say, and when it wants to be entered again.
    pub(super) fn take_out(&self, outbox: &Outbox, jobs: &mut Vec<Service>) -> Result<(), Lost> {
        let mut state = self.lock();
        state.due = outbox.due;
        let framing = state.talk.session.framing();
        drop(state);
        self.hear(framing, &outbox.bytes, jobs)
    }

    /// Takes messages of the guest in.
    pub(super) fn hear(
        &self,
        framing: Framing,
        bytes: &[u8],
        jobs: &mut Vec<Service>,
    ) -> Result<(), Lost> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut reader = FrameReader::new(self.opening.limits.frame_bytes);
        reader.push(bytes);
        let violated = |error| Lost::Violated(too_long(&error));
        while let Some(frame) = reader.next_frame(framing).map_err(violated)? {
            let mut state = self.lock();
            let effect = state
                .talk
                .take(frame, self, None, jobs)
                .map_err(Lost::Violated)?;
            if let (Effect::Replied(call), Some(stopping)) = (&effect, &mut state.stopping)
                && stopping.shutdown == Some(*call)
            {
                stopping.shutdown = None;
            }
            drop(state);
            effect.run(self);
        }
        reader.finish().map_err(violated)
    }
}

/// Until when the guest may run in one go: until the last of the calls in flight has had its time. Each of them is told
/// at its own.
fn longest(state: &State) -> Option<Instant> {
    let mut latest = None;
    for pending in state.talk.calls.values() {
        latest = latest.max(Some(pending.deadline?));
    }
    latest.or_else(|| Instant::now().checked_add(ALONE))
}
