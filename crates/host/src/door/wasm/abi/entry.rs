//! What is done in the guest: calls begin (`begin`), messages go in and come out. Whoever is here has the instance and no lock.

use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::{FrameReader, Framing};
use crossplug_protocol::session::CallId;

use super::begin::Begin;
use super::instance::{Instance, Outbox};
use super::seat::{Guest, Next, State};
use crate::Error;
use crate::door::Job as Service;
use crate::door::conversation::{Effect, Pending, too_long};

/// How long a guest may run in one go where no call is in flight whose deadline would say so.
const ALONE: Duration = Duration::from_secs(30);

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

    pub(super) fn turn(
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
