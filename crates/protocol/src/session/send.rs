//! What the owner of a session may say, streams aside.

use std::time::Duration;

use super::{CallId, CallOptions, Refused, Session, State, Ticket};
use crate::dialect::Role;
use crate::frame::FrameWriter;
use crate::message::{Failure, Id, Level, Message, Meta, Raw};

impl Session {
    /// Calls a method of the plugin, or a service of the host.
    ///
    /// # Errors
    /// [`Refused`]; nothing was sent, and no id was used up.
    pub fn call(
        &mut self,
        method: &str,
        params: Option<&Raw<'_>>,
        options: &CallOptions<'_>,
        now: Duration,
        out: &mut FrameWriter,
    ) -> Result<CallId, Refused> {
        // A plugin that is closing finishes what is in flight, and may need its host for that.
        let open = self.state == State::Open
            || (self.role == Role::Plugin && self.state == State::Closing);
        if !open {
            return Err(Refused::NotOpen);
        }
        if self.calls.len() >= self.limits.pending_calls {
            return Err(Refused::TooManyCalls {
                limit: self.limits.pending_calls,
            });
        }
        self.room(out)?;
        self.request(method, params, options, now, out)
    }

    /// Host: asks the plugin to finish what is in flight and to take nothing new. No further call is possible.
    ///
    /// # Errors
    /// [`Refused::NotOpen`]; [`Refused::Inexpressible`] where the dialect has no such word: then the session closes all
    /// the same, and the end of the plugin's input says it.
    pub fn shutdown(
        &mut self,
        deadline: Option<Duration>,
        now: Duration,
        out: &mut FrameWriter,
    ) -> Result<CallId, Refused> {
        if self.state != State::Open || self.role != Role::Host {
            return Err(Refused::NotOpen);
        }
        self.state = State::Closing;
        let options = CallOptions {
            deadline,
            traceparent: None,
        };
        self.request("shutdown", None, &options, now, out)
    }

    pub(super) fn request(
        &mut self,
        method: &str,
        params: Option<&Raw<'_>>,
        options: &CallOptions<'_>,
        now: Duration,
        out: &mut FrameWriter,
    ) -> Result<CallId, Refused> {
        let timeout_ms = match options.deadline {
            None => None,
            Some(deadline) if deadline <= now => return Err(Refused::Late),
            Some(deadline) => Some(whole_ms(deadline.saturating_sub(now))),
        };
        let message = Message::Request {
            id: Id::Int(self.calls.next_id().0),
            method: method.into(),
            params: params.map(Raw::by_ref),
            meta: Meta {
                timeout_ms,
                traceparent: options.traceparent.map(Into::into),
            },
        };
        self.dialect.write(&message, out)?;
        Ok(self.calls.add(options.deadline))
    }

    /// Asks the responder to stop. The call still gets its reply, or its deadline passes. Asking again changes nothing.
    ///
    /// # Errors
    /// [`Refused::Ended`] where the call is over; [`Refused::Inexpressible`] where the dialect has no such word.
    pub fn cancel(&mut self, call: CallId, out: &mut FrameWriter) -> Result<(), Refused> {
        let pending = self
            .calls
            .get(call)
            .filter(|pending| !pending.abandoned)
            .ok_or(Refused::Ended)?;
        if !pending.cancelled {
            self.dialect.write(
                &Message::Cancel {
                    id: Id::Int(call.0),
                },
                out,
            )?;
            pending.cancelled = true;
        }
        Ok(())
    }

    /// Whether the peer still owes the reply to a call, to one that was given up, too.
    #[must_use]
    pub fn is_owed(&self, call: CallId) -> bool {
        self.calls.contains(call)
    }

    /// Gives a call up: nobody waits for it any more. The responder is asked to stop; the reply will be dropped. Until
    /// it comes the call counts as in flight.
    pub fn abandon(&mut self, call: CallId, out: &mut FrameWriter) {
        let Some(pending) = self.calls.get(call).filter(|pending| !pending.abandoned) else {
            return;
        };
        pending.abandoned = true;
        if !std::mem::replace(&mut pending.cancelled, true) && self.capabilities.cancel {
            self.say(
                &Message::Cancel {
                    id: Id::Int(call.0),
                },
                out,
            );
        }
    }

    /// Answers a request, once. A result that is too large is answered with `resourceExhausted` instead.
    ///
    /// # Errors
    /// [`Refused::Ended`] where it was answered before; [`Refused::Inexpressible`] where the answer had to be another.
    pub fn respond(
        &mut self,
        ticket: Ticket,
        outcome: Result<&Raw<'_>, &Failure<'_>>,
        out: &mut FrameWriter,
    ) -> Result<(), Refused> {
        let answer = self.answers.remove(ticket).ok_or(Refused::Ended)?;
        self.closed_flow(&answer.flow);
        let message = Message::Reply {
            id: Some(answer.id.as_id()),
            outcome: outcome.map(Raw::by_ref).map_err(Clone::clone),
        };
        let written = self.dialect.write(&message, out);
        if let Err(error) = &written {
            let failure = Failure::new(
                "resourceExhausted",
                format!("the answer cannot be sent: {error}"),
            );
            self.say(
                &Message::Reply {
                    id: Some(answer.id.as_id()),
                    outcome: Err(failure),
                },
                out,
            );
        }
        if self.state == State::Opening {
            // A plugin that could not begin may be asked again. `accept` goes on from here where it could.
            self.state = State::Fresh;
        }
        self.finish_shutdown(out);
        written.map(drop).map_err(Refused::from)
    }

    /// An event of the host has a handler, or waits for one: `shutdown` is not answered before [`Session::handled`].
    pub const fn handles(&mut self) {
        self.handling += 1;
    }

    /// An event that this side [handles](Session::handles) is done with.
    pub fn handled(&mut self, out: &mut FrameWriter) {
        self.handling = self.handling.saturating_sub(1);
        self.finish_shutdown(out);
    }

    /// Answers `shutdown` once everything before it is answered and handled.
    pub(super) fn finish_shutdown(&mut self, out: &mut FrameWriter) {
        if !self.is_busy()
            && let Some(id) = self.shutdown.take()
        {
            self.say(
                &Message::Reply {
                    id: Some(id.as_id()),
                    outcome: Ok(self.choice.encoding.null()),
                },
                out,
            );
        }
    }

    /// Says how far a request is.
    ///
    /// # Errors
    /// [`Refused::Ended`] where it is answered or cancelled.
    pub fn progress(
        &mut self,
        ticket: Ticket,
        fraction: Option<f64>,
        message: Option<&str>,
        out: &mut FrameWriter,
    ) -> Result<(), Refused> {
        self.room(out)?;
        let answer = self
            .answers
            .get(ticket)
            .filter(|answer| !answer.cancelled)
            .ok_or(Refused::Ended)?;
        let message = Message::Progress {
            id: answer.id.as_id(),
            fraction,
            message: message.map(Into::into),
        };
        self.dialect.write(&message, out)?;
        Ok(())
    }

    /// Emits an event. Its number in the stream follows by itself.
    ///
    /// # Errors
    /// [`Refused`]; nothing was sent, and no number was used up.
    pub fn emit(
        &mut self,
        name: &str,
        stream: Option<&str>,
        payload: &Raw<'_>,
        out: &mut FrameWriter,
    ) -> Result<(), Refused> {
        self.talking()?;
        self.room(out)?;
        let seq = self.sent.next(stream);
        let message = Message::Event {
            name: name.into(),
            stream: stream.map(Into::into),
            seq,
            payload: payload.by_ref(),
        };
        self.dialect.write(&message, out)?;
        self.sent.note(stream, seq);
        Ok(())
    }

    /// Plugin: logs a line at the host.
    ///
    /// # Errors
    /// [`Refused`]; the line had better go to standard error then.
    pub fn log(
        &mut self,
        level: Level,
        message: &str,
        fields: Option<&Raw<'_>>,
        out: &mut FrameWriter,
    ) -> Result<(), Refused> {
        self.talking()?;
        self.room(out)?;
        let message = Message::Log {
            level,
            message: message.into(),
            fields: fields.map(Raw::by_ref),
        };
        self.dialect.write(&message, out)?;
        Ok(())
    }

    /// Events and logs need an open conversation; one that is closing still talks.
    const fn talking(&self) -> Result<(), Refused> {
        match self.state {
            State::Open | State::Closing => Ok(()),
            State::Fresh | State::Opening | State::Closed => Err(Refused::NotOpen),
        }
    }

    /// What the peer has not taken yet must not grow without bound. Replies, cancels and credit go out all the same:
    /// there is at most one of each for every request.
    pub(super) fn room(&self, out: &FrameWriter) -> Result<(), Refused> {
        let limit = self.limits.buffered_bytes;
        if out.len() < limit {
            Ok(())
        } else {
            Err(Refused::BufferFull { limit })
        }
    }
}

/// Milliseconds, rounded up, so that a caller never waits longer than the responder was told.
fn whole_ms(left: Duration) -> u64 {
    u64::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
