//! A guest as a host's calls see it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::begin::Begin;
use super::seat::{Guest, Job};
use crate::door::conversation::{self, run};
use crate::door::{Answer, CallKey, Introduction, Passage, Patience, Request};
use crate::{Error, ErrorKind, Payload, Result};

/// The host's handle. Dropped, it lets the guest be stopped.
pub(super) struct Handle {
    pub(super) guest: Arc<Guest>,
    pub(super) introduction: Arc<Introduction>,
}

impl Handle {
    /// Begins a call on the thread that waits for it.
    fn call_here(&self, request: Request<'_>, key: CallKey, answer: Answer) {
        let guest = &*self.guest;
        let (state, mut instance) = match guest.sit(guest.lock(), request.deadline) {
            Ok(seated) => seated,
            Err(error) => return answer.finish(Err(error)),
        };
        let begin = Begin {
            key,
            method: request.method,
            params: request.params,
            deadline: request.deadline,
            traceparent: request.traceparent,
            credit: request.credit,
            ended: false,
            answer,
        };
        let mut jobs = Vec::new();
        let begun = guest.begin(state, &mut *instance, begin, &mut jobs);
        let instance = match begun {
            Ok(()) => instance,
            Err(lost) => match guest.replace(instance, lost) {
                Some(fresh) => fresh,
                None => return,
            },
        };
        let mut state = guest.lock();
        state.current = None;
        guest.leave(&mut state, instance, false);
        drop(state);
        run(jobs, false);
    }
}

impl Passage for Handle {
    fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey {
        let mut state = self.guest.lock();
        state.keys += 1;
        let key = CallKey(state.keys);
        let most = self.guest.opening.limits.pending_calls;
        let refusal = if let Some(error) = state.talk.closed("call") {
            Some(error)
        } else if state.queue.len() + state.talk.calls.len() >= most {
            let what = format!("{most} requests are in flight, and no more are allowed");
            Some(Error::new(ErrorKind::Limit, "call").with_context(what))
        } else {
            None
        };
        if let Some(error) = refusal {
            drop(state);
            answer.finish(Err(error));
        } else if request.lent {
            drop(state);
            self.call_here(request, key, answer);
        } else {
            state.queue.push_back(Job {
                key,
                method: request.method.to_owned(),
                params: request.params.clone(),
                deadline: request.deadline,
                traceparent: request.traceparent.map(str::to_owned),
                credit: request.credit,
                ended: false,
                answer,
            });
            self.guest.look_after(&mut state);
        }
        key
    }

    fn cancel(&self, call: CallKey) {
        let mut state = self.guest.lock();
        let waiting = state.queue.iter().position(|job| job.key == call);
        let job = waiting.and_then(|index| state.queue.remove(index));
        if state.current == Some(call) {
            state.given_up = true;
        }
        let named = state.named(call);
        drop(state);
        drop(job);
        conversation::cancel(&*self.guest, named);
    }

    fn credit(&self, call: CallKey, items: u32, bytes: u32) {
        let named = self.guest.lock().named(call);
        conversation::credit(&*self.guest, named, items, bytes);
    }

    fn upload(&self, call: CallKey, item: &Payload) -> Result<bool> {
        let state = self.guest.lock();
        let named = state.named(call);
        let waits = state.current == Some(call) || state.queue.iter().any(|job| job.key == call);
        drop(state);
        if waits {
            // It has not begun: the plugin takes nothing yet.
            return Ok(false);
        }
        conversation::upload(&*self.guest, named, item)
    }

    fn end_upload(&self, call: CallKey) {
        let mut state = self.guest.lock();
        // Said again once the call has begun.
        if state.current == Some(call) {
            state.ended = true;
        }
        if let Some(job) = state.queue.iter_mut().find(|job| job.key == call) {
            job.ended = true;
        }
        let named = state.named(call);
        drop(state);
        conversation::end_upload(&*self.guest, named);
    }

    fn emit(&self, name: &str, stream: Option<&str>, payload: &Payload) -> Result<()> {
        conversation::emit(&*self.guest, name, stream, payload)
    }

    fn attend(&self, _call: CallKey, over: &dyn Fn() -> bool, until: Option<Instant>) {
        while !over() {
            self.guest.drive(over);
            if over() {
                return;
            }
            match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return,
                Some(left) => std::thread::park_timeout(left),
                None => std::thread::park(),
            }
        }
    }

    fn is_alive(&self) -> bool {
        self.guest.lock().talk.closed("call").is_none()
    }

    fn stop(&self) {
        self.guest.stop(self.guest.opening.patience);
    }

    fn stop_with(&self, patience: Patience) {
        self.guest.stop(patience);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}
