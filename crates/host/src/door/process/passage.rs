//! A process plugin as a host's calls see it: every method says something to the session under the lock, and writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use crossplug_protocol::session::{CallOptions, Refused, StreamId};

use super::pump::Pump;
use super::wire::{Pending, Stage, check, key, refused};
use crate::door::{Answer, CallKey, Introduction, Passage, Patience, Request};
use crate::{Payload, Result};

/// The host's handle. Dropped, it lets the keeper stop the plugin.
pub(super) struct ProcessPassage {
    pub(super) pump: Arc<Pump>,
    pub(super) introduction: Arc<Introduction>,
    /// Not joined: it may be the thread that drops this.
    pub(super) _keeper: JoinHandle<()>,
}

impl Passage for ProcessPassage {
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
        let sent = wire
            .session
            .call(request.method, Some(&params), &options, now, &mut wire.out);
        let call = sent.and_then(|call| match request.credit {
            None => Ok(call),
            Some((items, bytes)) => {
                match wire
                    .session
                    .grant(StreamId::Call(call), items, bytes, &mut wire.out)
                {
                    // A dialect without streams: the stream is empty.
                    Ok(()) | Err(Refused::Inexpressible(_)) => Ok(call),
                    Err(refusal) => {
                        wire.session.abandon(call, &mut wire.out);
                        Err(refusal)
                    }
                }
            }
        });
        let call = match call {
            Ok(call) => call,
            Err(Refused::NotOpen) if matches!(wire.stage, Stage::Open(_)) => {
                wire.orphans.push(answer);
                return CallKey(0);
            }
            Err(refusal) => {
                let error = refused(wire, "call", &refusal);
                pump.flush(wire);
                drop(guard);
                answer.finish(Err(error));
                return CallKey(0);
            }
        };
        wire.calls.insert(
            key(call),
            Pending {
                call,
                answer,
                attended: request.attended,
            },
        );
        if request.attended {
            pump.turns.fetch_add(1, Ordering::Relaxed);
        } else {
            wire.unattended += 1;
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
        let call = self.pump.lock().call(call);
        if let Some(call) = call {
            self.pump.give_up(call);
        }
    }

    fn credit(&self, call: CallKey, items: u32, bytes: u32) {
        let mut guard = self.pump.lock();
        let wire = &mut *guard;
        if let Some(call) = wire.call(call) {
            // The call may have ended meanwhile.
            let _ = wire
                .session
                .grant(StreamId::Call(call), items, bytes, &mut wire.out);
            self.pump.flush(wire);
        }
    }

    fn upload(&self, call: CallKey, item: &Payload) -> Result<bool> {
        const OPERATION: &str = "upload";
        let mut guard = self.pump.lock();
        let wire = &mut *guard;
        let Some(call) = wire.call(call) else {
            return Err(refused(wire, OPERATION, &Refused::Ended));
        };
        match wire
            .session
            .send_item(StreamId::Call(call), &item.as_raw(), &mut wire.out)
        {
            Ok(()) => {
                self.pump.flush(wire);
                Ok(true)
            }
            Err(Refused::NoCredit) => Ok(false),
            Err(refusal) => Err(refused(wire, OPERATION, &refusal)),
        }
    }

    fn end_upload(&self, call: CallKey) {
        let mut guard = self.pump.lock();
        let wire = &mut *guard;
        if let Some(call) = wire.call(call) {
            // The call may have ended meanwhile.
            let _ = wire.session.end(call, &mut wire.out);
            self.pump.flush(wire);
        }
    }

    fn emit(&self, name: &str, stream: Option<&str>, payload: &Payload) -> Result<()> {
        let mut guard = self.pump.lock();
        let wire = &mut *guard;
        let said = wire
            .session
            .emit(name, stream, &payload.as_raw(), &mut wire.out);
        check(wire, "emit", said)?;
        self.pump.flush(wire);
        Ok(())
    }

    fn attend(&self, call: CallKey, over: &dyn Fn() -> bool, until: Option<Instant>) {
        {
            let mut guard = self.pump.lock();
            let wire = &mut *guard;
            if let Some(pending) = wire
                .calls
                .get_mut(&call)
                .filter(|pending| !pending.attended)
            {
                pending.attended = true;
                wire.unattended -= 1;
            }
        }
        self.pump.attend(over, until);
    }

    fn keeps_deadlines(&self) -> bool {
        true
    }

    fn is_alive(&self) -> bool {
        matches!(self.pump.lock().stage, Stage::Open(_))
    }

    fn stop(&self) {
        self.pump.stop(None);
    }

    fn stop_with(&self, patience: Patience) {
        self.pump.stop(Some(patience));
    }
}

impl Drop for ProcessPassage {
    fn drop(&mut self) {
        self.pump.stop(None);
    }
}
