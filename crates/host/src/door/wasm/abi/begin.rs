//! How a call begins: by the short cut, of which it may be over at once, or by a message.

use std::sync::MutexGuard;
use std::time::Instant;

use crossplug_protocol::frame::Framing;
use crossplug_protocol::session::{CallOptions, Session, StreamId};

use super::entry::Lost;
use super::instance::{Called, Instance};
use super::seat::{Guest, State};
use crate::door::conversation::{Pending, give_up, result_of};
use crate::door::{Answer, CallKey, Job as Service};
use crate::{Error, Payload};

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

impl Guest {
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
            give_up(self, id);
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
}
