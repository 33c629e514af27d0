//! A native plugin as a host's calls see it.

use std::sync::Arc;

use crossplug_protocol::session::CallId;

use super::seat::{Job, Seat};
use crate::door::conversation::{self, Pending};
use crate::door::{Answer, CallKey, Introduction, Passage, Patience, Request};
use crate::{Error, Payload, Result};

/// The host's handle. Dropped, it lets the plugin be stopped.
pub(super) struct Handle {
    pub(super) seat: Arc<Seat>,
    pub(super) introduction: Arc<Introduction>,
}

impl Handle {
    /// A call that goes by a function.
    fn call_by_number(&self, method: u32, request: &Request<'_>, answer: Answer) -> CallKey {
        let seat = &*self.seat;
        let mut state = seat.lock();
        let begun = match state.talk.session.call_apart() {
            Ok(id) => id,
            Err(refusal) => {
                let error = state.talk.refused("call", &refusal);
                drop(state);
                return refuse(answer, error);
            }
        };
        // In flight from here on: its reply may come before the thread is back.
        state.talk.session.wait_apart(begun, None);
        state.talk.expect(begun, pending(begun, answer, request));
        let deadline = request.deadline;
        let stays = request.lent && (deadline.is_none() || seat.on_callers_thread);
        match state.instance.clone() {
            Some(instance) if stays => {
                state.inside.insert(begun, false);
                drop(state);
                let params = request.params.as_bytes();
                seat.enter(&instance, begun, method, params, deadline);
            }
            _ => {
                let job = Job {
                    id: begun,
                    method,
                    params: request.params.clone(),
                    deadline,
                };
                seat.call_elsewhere(&mut state, job);
            }
        }
        key(begun)
    }

    /// A call that goes by a message: a function has no room for streams and traces.
    fn call_by_message(&self, request: &Request<'_>, answer: Answer) -> CallKey {
        let seat = &*self.seat;
        let mut state = seat.lock();
        // Whoever calls keeps the deadline; the plugin is told it all the same.
        let deadline = request.deadline.map(|at| seat.at(at));
        let said = state.talk.call(request, seat.now(), deadline);
        let (key, refused) = match said {
            Ok(call) => {
                state.talk.expect(call, pending(call, answer, request));
                (key(call), None)
            }
            Err(error) => (CallKey(0), Some((answer, error))),
        };
        seat.carry(&mut state);
        drop(state);
        if let Some((answer, error)) = refused {
            answer.finish(Err(error));
        }
        key
    }
}

impl Passage for Handle {
    fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey {
        let plain = request.credit.is_none() && request.traceparent.is_none();
        let state = self.seat.lock();
        let closed = state.talk.closed("call");
        let number = state.methods.get(request.method).copied();
        drop(state);
        match (closed, number) {
            (Some(error), _) => refuse(answer, error),
            (None, Some(number)) if plain => self.call_by_number(number, &request, answer),
            (None, _) => self.call_by_message(&request, answer),
        }
    }

    fn cancel(&self, call: CallKey) {
        let Some(id) = id(call) else { return };
        let mut state = self.seat.lock();
        let waiting = state.queue.iter().position(|job| job.id == id);
        if let Some(place) = waiting {
            // The plugin has not heard of it.
            state.queue.remove(place);
            state.talk.session.answered_apart(id);
            let settled = state.talk.settled(id);
            drop(state);
            drop(settled);
            return;
        }
        self.seat.look_after(&mut state, id);
        drop(state);
        conversation::cancel(&*self.seat, Some(id));
    }

    fn credit(&self, call: CallKey, items: u32, bytes: u32) {
        conversation::credit(&*self.seat, id(call), items, bytes);
    }

    fn upload(&self, call: CallKey, item: &Payload) -> Result<bool> {
        conversation::upload(&*self.seat, id(call), item)
    }

    fn end_upload(&self, call: CallKey) {
        conversation::end_upload(&*self.seat, id(call));
    }

    fn emit(&self, name: &str, stream: Option<&str>, payload: &Payload) -> Result<()> {
        conversation::emit(&*self.seat, name, stream, payload)
    }

    fn is_alive(&self) -> bool {
        self.seat.lock().talk.closed("call").is_none()
    }

    fn stop(&self) {
        self.seat.stop(self.seat.opening.patience);
    }

    fn stop_with(&self, patience: Patience) {
        self.seat.stop(patience);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

fn pending(call: CallId, answer: Answer, request: &Request<'_>) -> Pending {
    Pending {
        key: key(call),
        answer,
        // Nobody has to be called for it: the plugin answers on a thread of its own.
        attended: true,
        deadline: request.deadline,
    }
}

fn refuse(answer: Answer, error: Error) -> CallKey {
    answer.finish(Err(error));
    CallKey(0)
}

/// The seam's name of a call.
fn key(call: CallId) -> CallKey {
    CallKey(call.number().unsigned_abs())
}

/// The session's name of it.
fn id(call: CallKey) -> Option<CallId> {
    i64::try_from(call.0).ok().map(CallId::from_number)
}
