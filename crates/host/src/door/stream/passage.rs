//! A plugin behind a stream as a host's calls see it: every method says something to the session under the lock, and writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use crossplug_protocol::session::{CallId, CallOptions, Refused, StreamId};

use super::pump::Pump;
use crate::door::conversation::{self, Pending, Stage};
use crate::door::{Answer, CallKey, Introduction, Passage, Patience, Request};
use crate::{Payload, Result};

/// The host's handle. Dropped, it lets the keeper stop the plugin.
pub(super) struct StreamPassage {
    pub(super) pump: Arc<Pump>,
    pub(super) introduction: Arc<Introduction>,
    /// Not joined: it may be the thread that drops this.
    pub(super) _keeper: JoinHandle<()>,
}

impl Passage for StreamPassage {
    fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey {
        let pump = &*self.pump;
        let now = pump.now();
        let mut guard = pump.lock();
        let wire = &mut *guard;
        let mut options = CallOptions::new();
        options.deadline = request.deadline.map(|deadline| pump.at(deadline));
        options.traceparent = request.traceparent;
        let params = request.params.as_raw();
        let sent = wire.talk.session.call(
            request.method,
            Some(&params),
            &options,
            now,
            &mut wire.talk.out,
        );
        let call = sent.and_then(|call| match request.credit {
            None => Ok(call),
            Some((items, bytes)) => {
                match wire.talk.session.grant(
                    StreamId::Call(call),
                    items,
                    bytes,
                    &mut wire.talk.out,
                ) {
                    // A dialect without streams: the stream is empty.
                    Ok(()) | Err(Refused::Inexpressible(_)) => Ok(call),
                    Err(refusal) => {
                        wire.talk.session.abandon(call, &mut wire.talk.out);
                        Err(refusal)
                    }
                }
            }
        });
        let call = match call {
            Ok(call) => call,
            Err(Refused::NotOpen) if matches!(wire.talk.stage, Stage::Open(_)) => {
                wire.orphans.push(answer);
                return CallKey(0);
            }
            Err(refusal) => {
                let error = wire.talk.refused("call", &refusal);
                pump.flush(wire);
                drop(guard);
                answer.finish(Err(error));
                return CallKey(0);
            }
        };
        wire.talk.expect(
            call,
            Pending {
                key: key(call),
                answer,
                attended: request.attended,
                deadline: request.deadline,
            },
        );
        if request.attended {
            pump.turns.fetch_add(1, Ordering::Relaxed);
        }
        wire.flush();
        if wire.leader_must_wake() {
            wire.ring();
        } else if !request.attended && wire.lead.inlet.is_some() {
            pump.call_keeper();
        }
        key(call)
    }

    fn cancel(&self, call: CallKey) {
        conversation::cancel(&*self.pump, id(call));
    }

    fn credit(&self, call: CallKey, items: u32, bytes: u32) {
        conversation::credit(&*self.pump, id(call), items, bytes);
    }

    fn upload(&self, call: CallKey, item: &Payload) -> Result<bool> {
        conversation::upload(&*self.pump, id(call), item)
    }

    fn end_upload(&self, call: CallKey) {
        conversation::end_upload(&*self.pump, id(call));
    }

    fn emit(&self, name: &str, stream: Option<&str>, payload: &Payload) -> Result<()> {
        conversation::emit(&*self.pump, name, stream, payload)
    }

    fn attend(&self, call: CallKey, over: &dyn Fn() -> bool, until: Option<Instant>) {
        {
            let mut guard = self.pump.lock();
            let wire = &mut *guard;
            if let Some(pending) = id(call)
                .and_then(|call| wire.talk.calls.get_mut(&call))
                .filter(|pending| !pending.attended)
            {
                pending.attended = true;
                wire.talk.unattended -= 1;
            }
        }
        self.pump.attend(over, until);
    }

    fn keeps_deadlines(&self) -> bool {
        true
    }

    fn is_alive(&self) -> bool {
        matches!(self.pump.lock().talk.stage, Stage::Open(_))
    }

    fn stop(&self) {
        self.pump.stop(None);
    }

    fn stop_with(&self, patience: Patience) {
        self.pump.stop(Some(patience));
    }
}

impl Drop for StreamPassage {
    fn drop(&mut self) {
        self.pump.stop(None);
    }
}

/// The seam's name of a call.
fn key(call: CallId) -> CallKey {
    CallKey(call.number().unsigned_abs())
}

/// The session's name of it.
fn id(call: CallKey) -> Option<CallId> {
    i64::try_from(call.0).ok().map(CallId::from_number)
}
