//! What a frame means, and what the session does about it by itself.

use std::borrow::Cow;
use std::time::Duration;

use super::{CallId, Incoming, Session, State};
use crate::dialect::Role;
use crate::frame::FrameWriter;
use crate::message::{Failure, Id, Message, Meta, Raw};
use crate::violation::{Violation, ViolationKind};

/// What taking a message gives.
pub(super) type Taken<'f> = Result<Option<Incoming<'f>>, Violation>;

/// Bytes of an event's name or stream. Streams are remembered for their order, so their names must not be a way to fill
/// memory.
const LONGEST_NAME: usize = 1024;

impl Session {
    /// Takes one frame. `None` where there is nothing for the owner to do.
    ///
    /// # Errors
    /// A [`Violation`], for a host only; the session is closed then. A plugin gets [`Incoming::Tolerated`].
    pub fn receive<'f>(&mut self, frame: &'f [u8], out: &mut FrameWriter) -> Taken<'f> {
        if self.state == State::Closed {
            return Ok(None);
        }
        let taken = match self.dialect.read(frame, out) {
            Ok(None) => return Ok(None),
            Ok(Some(message)) => self.take(message, frame.len(), out),
            Err(violation) => Err(violation),
        };
        match taken {
            Err(violation) if self.role == Role::Plugin => Ok(Some(Incoming::Tolerated(violation))),
            Err(violation) => {
                self.state = State::Closed;
                Err(violation)
            }
            taken => taken,
        }
    }

    fn take<'f>(&mut self, message: Message<'f>, size: usize, out: &mut FrameWriter) -> Taken<'f> {
        match message {
            Message::Request {
                id,
                method,
                params,
                meta,
            } => self.take_request(&id, method, params, meta, out),
            Message::Reply { id, outcome } => self.take_reply(id, outcome),
            Message::Malformed { id, what, is_reply } => {
                self.take_malformed(id, what, is_reply, out)
            }
            Message::Log {
                level,
                message,
                fields,
            } => Ok((self.role == Role::Host).then_some(Incoming::Log {
                level,
                message,
                fields,
            })),
            _ if matches!(self.state, State::Fresh)
                || (self.state == State::Opening && self.role == Role::Host) =>
            {
                Err(Violation::new(
                    ViolationKind::BadHandshake,
                    "a notification before the handshake was through",
                ))
            }
            Message::Cancel { id } => Ok(self.take_cancel(&id)),
            Message::Progress {
                id,
                fraction,
                message,
            } => self.take_progress(&id, fraction, message),
            Message::Item { id, item } => self.take_item(&id, item, size, out),
            Message::End { id } => Ok(self.take_end(&id)),
            Message::Credit { id, items, bytes } => self.take_credit(&id, items, bytes),
            Message::Event {
                name,
                stream,
                seq,
                payload,
            } => {
                let longest = name.len().max(stream.as_deref().map_or(0, str::len));
                if longest > LONGEST_NAME {
                    let detail = format!(
                        "the name or the stream of an event has {longest} bytes, where {LONGEST_NAME} are allowed"
                    );
                    return Err(Violation::new(ViolationKind::NameTooLong, detail));
                }
                if !self.seen.may_follow(stream.as_deref(), seq) {
                    let detail = format!(
                        "event {name:?} has the number {seq} in the stream {:?}, where {} comes next",
                        stream.as_deref().unwrap_or(""),
                        self.seen.next(stream.as_deref())
                    );
                    return Err(Violation::new(ViolationKind::EventOutOfOrder, detail));
                }
                self.seen.note(stream.as_deref(), seq);
                Ok(Some(Incoming::Event {
                    name,
                    stream,
                    seq,
                    payload,
                }))
            }
        }
    }

    fn take_request<'f>(
        &mut self,
        id: &Id<'_>,
        method: Cow<'f, str>,
        params: Option<Raw<'f>>,
        meta: Meta<'f>,
        out: &mut FrameWriter,
    ) -> Taken<'f> {
        let plugin = self.role == Role::Plugin;
        if !plugin && matches!(self.state, State::Fresh | State::Opening) {
            let detail = format!("a request {method:?} before the handshake was through");
            return Err(Violation::new(ViolationKind::BadHandshake, detail));
        }
        // Answers go out whatever waits already, so a peer that asks and never reads would make this side grow.
        if !plugin && self.room(out).is_err() {
            let detail = format!(
                "a request {method:?} while {} bytes of answers wait to be read",
                out.len()
            );
            return Err(Violation::new(ViolationKind::AnswersUnread, detail));
        }
        if self.answers.contains(id) {
            if plugin {
                let failure = Failure::new(
                    "invalidRequest",
                    "a request with this id is in flight already",
                );
                self.reject(id, failure, out);
                return Ok(None);
            }
            let detail = format!(
                "the id {} of a request that is in flight already",
                id.keep()
            );
            return Err(Violation::new(ViolationKind::DuplicateId, detail));
        }
        let failure = match (&*method, self.state) {
            ("initialize", State::Fresh) => {
                let Some(ticket) = self.answers.add(id) else {
                    return Ok(None);
                };
                return Ok(Some(self.opening(ticket, params, out)));
            }
            ("initialize", _) if plugin => {
                Failure::new("failedPrecondition", "`initialize` was said before")
            }
            ("ping", State::Open | State::Closing | State::Closed) => {
                self.say(
                    &Message::Reply {
                        id: Some(id.clone()),
                        outcome: Ok(self.choice.encoding.null()),
                    },
                    out,
                );
                return Ok(None);
            }
            ("initialize" | "shutdown", _) if !plugin => Failure::new(
                "methodNotFound",
                format!("a host has no service {method:?}"),
            ),
            ("shutdown", State::Open) => {
                self.state = State::Closing;
                self.shutdown = Some(id.keep());
                self.finish_shutdown(out);
                return Ok(Some(Incoming::Shutdown));
            }
            _ => match self.unadmitted(id) {
                Some(failure) => failure,
                None => {
                    let Some(ticket) = self.answers.add(id) else {
                        return Ok(None);
                    };
                    let timeout = meta.timeout_ms.map(Duration::from_millis);
                    let traceparent = meta.traceparent;
                    return Ok(Some(Incoming::Request {
                        ticket,
                        method,
                        params,
                        timeout,
                        traceparent,
                    }));
                }
            },
        };
        self.reject(id, failure, out);
        Ok(None)
    }

    /// Answers a request that was not taken in.
    fn reject(&mut self, id: &Id<'_>, failure: Failure<'_>, out: &mut FrameWriter) {
        self.say(
            &Message::Reply {
                id: Some(id.clone()),
                outcome: Err(failure),
            },
            out,
        );
    }

    fn take_reply<'f>(
        &mut self,
        id: Option<Id<'_>>,
        outcome: Result<Raw<'f>, Failure<'f>>,
    ) -> Taken<'f> {
        let call = match (id, outcome) {
            // Only an error comes without an id.
            (None, Err(failure)) => return Ok(Some(Incoming::Complaint(failure))),
            (None, Ok(_)) => None,
            (Some(Id::Int(number)), outcome) => {
                let call = CallId(number);
                self.calls.remove(call).map(|state| (call, state, outcome))
            }
            (Some(Id::Text(_)), _) => None,
        };
        let Some((call, state, outcome)) = call else {
            return Err(Violation::new(
                ViolationKind::UnknownReply,
                "a reply to a request that is not in flight",
            ));
        };
        self.closed_flow(&state.flow);
        if state.abandoned {
            return Ok(None);
        }
        if self.opening == Some(call) {
            return Ok(Some(self.opened(call, outcome)));
        }
        Ok(Some(Incoming::Reply { call, outcome }))
    }

    /// Plugin: a reply that cannot be read ends its call all the same; its caller must not wait for ever.
    fn take_malformed<'f>(
        &mut self,
        id: Option<Id<'_>>,
        what: &'static str,
        is_reply: bool,
        out: &mut FrameWriter,
    ) -> Taken<'f> {
        let violation = Violation::new(ViolationKind::InvalidMessage, what);
        let call = match id {
            Some(Id::Int(number)) => Some(CallId(number)),
            _ => None,
        };
        if let Some((call, state)) =
            call.and_then(|call| self.calls.remove(call).map(|state| (call, state)))
        {
            self.closed_flow(&state.flow);
            if !state.abandoned {
                return Ok(Some(Incoming::Unreadable { call, violation }));
            }
        } else if !is_reply {
            let failure = Failure::new("invalidRequest", what);
            self.say(
                &Message::Reply {
                    id,
                    outcome: Err(failure),
                },
                out,
            );
            return Ok(None);
        }
        Err(violation)
    }

    fn take_cancel<'f>(&mut self, id: &Id<'_>) -> Option<Incoming<'f>> {
        let ticket = self.answers.find(id)?;
        let answer = self.answers.get(ticket)?;
        if std::mem::replace(&mut answer.cancelled, true) {
            return None;
        }
        Some(Incoming::Cancel {
            ticket,
            answered: false,
        })
    }
}
