//! Streams of a request, both ways: credit, items, the end, and how far a request is.

use std::borrow::Cow;

use super::answers::Answers;
use super::calls::Calls;
use super::flow::Flow;
use super::receive::Taken;
use super::{CallId, Incoming, Refused, Session, StreamId, Ticket};
use crate::dialect::Role;
use crate::frame::FrameWriter;
use crate::message::{Failure, Id, Message, Raw};
use crate::violation::{Violation, ViolationKind};

/// Whose request a notification is about.
enum Owner {
    /// A request of this side.
    Ours(CallId),
    /// A request of the peer.
    Theirs,
}

/// What the owner may say.
impl Session {
    /// Gives the sender of a stream credit: so many more items and bytes.
    ///
    /// # Errors
    /// [`Refused::Ended`] where the request is over; [`Refused::TooManyStreams`] for the first credit of one too many.
    pub fn grant(
        &mut self,
        stream: StreamId,
        items: u32,
        bytes: u32,
        out: &mut FrameWriter,
    ) -> Result<(), Refused> {
        let limit = self.limits.open_streams;
        let full = self.streams >= limit;
        let (id, flow) = flow_of(&mut self.calls, &mut self.answers, stream)?;
        if full && !flow.is_opened() {
            return Err(Refused::TooManyStreams { limit });
        }
        self.dialect
            .write(&Message::Credit { id, items, bytes }, out)?;
        self.streams += usize::from(flow.grant(items, bytes));
        Ok(())
    }

    /// Whether [`Session::send_item`] has credit.
    pub fn can_send(&mut self, stream: StreamId) -> bool {
        flow_of(&mut self.calls, &mut self.answers, stream).is_ok_and(|(_, flow)| flow.can_send())
    }

    /// Sends an element of a stream: an upload of a call, or what a request streams back.
    ///
    /// # Errors
    /// [`Refused::NoCredit`]: wait for [`super::Incoming::Credit`]. [`Refused::Ended`]: nobody wants it any more.
    pub fn send_item(
        &mut self,
        stream: StreamId,
        item: &Raw<'_>,
        out: &mut FrameWriter,
    ) -> Result<(), Refused> {
        self.room(out)?;
        let (id, flow) = flow_of(&mut self.calls, &mut self.answers, stream)?;
        if flow.ended_out() {
            return Err(Refused::Ended);
        }
        if !flow.can_send() {
            return Err(Refused::NoCredit);
        }
        let size = self.dialect.write(
            &Message::Item {
                id,
                item: item.by_ref(),
            },
            out,
        )?;
        flow.sent(size);
        Ok(())
    }

    /// Ends the upload of a call. Ending it again changes nothing.
    ///
    /// # Errors
    /// [`Refused::Ended`] where the call is over.
    pub fn end(&mut self, call: CallId, out: &mut FrameWriter) -> Result<(), Refused> {
        let pending = self
            .calls
            .get(call)
            .filter(|call| call.is_listening())
            .ok_or(Refused::Ended)?;
        if !pending.flow.ended_out() {
            self.dialect.write(
                &Message::End {
                    id: Id::Int(call.0),
                },
                out,
            )?;
            pending.flow.end_out();
        }
        Ok(())
    }
}

/// What the peer says.
impl Session {
    pub(super) fn take_end<'f>(&mut self, id: &Id<'_>) -> Option<Incoming<'f>> {
        let ticket = self.answers.find(id)?;
        let answer = self
            .answers
            .get(ticket)
            .filter(|answer| !answer.cancelled)?;
        answer.flow.end_in().then_some(Incoming::End { ticket })
    }

    pub(super) fn take_progress<'f>(
        &mut self,
        id: &Id<'_>,
        fraction: Option<f64>,
        message: Option<Cow<'f, str>>,
    ) -> Taken<'f> {
        let Id::Int(number) = *id else {
            return Err(never_was("$/progress", id));
        };
        let made = self.calls.was_made(number);
        match self.calls.get(CallId(number)) {
            Some(call) if call.is_listening() => Ok(Some(Incoming::Progress {
                call: CallId(number),
                fraction,
                message,
            })),
            Some(_) => Ok(None),
            None if made => Ok(None),
            None => Err(never_was("$/progress", id)),
        }
    }

    /// A positive integer always means the host's request.
    fn owner(&self, id: &Id<'_>) -> Owner {
        match (id, self.role) {
            (Id::Int(number), Role::Host) if *number > 0 => Owner::Ours(CallId(*number)),
            (Id::Int(number), Role::Plugin) if *number <= 0 => Owner::Ours(CallId(*number)),
            _ => Owner::Theirs,
        }
    }

    pub(super) fn take_item<'f>(
        &mut self,
        id: &Id<'_>,
        item: Raw<'f>,
        size: usize,
        out: &mut FrameWriter,
    ) -> Taken<'f> {
        match self.owner(id) {
            Owner::Ours(call) => {
                let made = self.calls.was_made(call.0);
                match self.calls.get(call) {
                    Some(state) if !state.is_listening() => Ok(None),
                    Some(state) => {
                        let stream = StreamId::Call(call);
                        let allowed = state.flow.take_in(size);
                        if allowed {
                            Ok(Some(Incoming::Item { stream, item, size }))
                        } else {
                            Err(no_credit(id))
                        }
                    }
                    None if made => Ok(None),
                    None => Err(never_was("$/item", id)),
                }
            }
            Owner::Theirs => {
                let Some(ticket) = self.answers.find(id) else {
                    return Ok(None);
                };
                let Some(answer) = self.answers.get(ticket).filter(|answer| !answer.cancelled)
                else {
                    return Ok(None);
                };
                if answer.flow.take_in(size) {
                    return Ok(Some(Incoming::Item {
                        stream: StreamId::Answer(ticket),
                        item,
                        size,
                    }));
                }
                if self.role == Role::Host {
                    return Err(no_credit(id));
                }
                Ok(Some(self.answer_violation(ticket, &no_credit(id), out)))
            }
        }
    }

    /// Plugin: there is a request to answer, so it is answered.
    fn answer_violation<'f>(
        &mut self,
        ticket: Ticket,
        violation: &Violation,
        out: &mut FrameWriter,
    ) -> Incoming<'f> {
        let failure = Failure::new("protocolViolation", violation.detail.clone());
        let _ = self.respond(ticket, Err(&failure), out);
        Incoming::Cancel {
            ticket,
            answered: true,
        }
    }

    pub(super) fn take_credit<'f>(&mut self, id: &Id<'_>, items: u32, bytes: u32) -> Taken<'f> {
        let (stream, flow) = match self.owner(id) {
            Owner::Ours(call) => {
                let made = self.calls.was_made(call.0);
                match self.calls.get(call) {
                    Some(state) if state.is_listening() => (StreamId::Call(call), &mut state.flow),
                    Some(_) => return Ok(None),
                    None if made => return Ok(None),
                    None => return Err(never_was("$/credit", id)),
                }
            }
            Owner::Theirs => {
                let Some(ticket) = self.answers.find(id) else {
                    return Ok(None);
                };
                let Some(answer) = self.answers.get(ticket).filter(|answer| !answer.cancelled)
                else {
                    return Ok(None);
                };
                (StreamId::Answer(ticket), &mut answer.flow)
            }
        };
        self.peer_streams += usize::from(flow.receive_credit(items, bytes));
        if self.peer_streams > self.limits.open_streams && self.role == Role::Host {
            let detail = format!("more than {} open streams", self.limits.open_streams);
            return Err(Violation::new(ViolationKind::TooManyStreams, detail));
        }
        Ok(Some(Incoming::Credit { stream }))
    }
}

/// The credit of a request that is in flight and not cancelled, and its id. Borrows no more of the session than it needs.
fn flow_of<'s>(
    calls: &'s mut Calls,
    answers: &'s mut Answers,
    stream: StreamId,
) -> Result<(Id<'s>, &'s mut Flow), Refused> {
    match stream {
        StreamId::Call(id) => {
            let call = calls
                .get(id)
                .filter(|call| call.is_listening())
                .ok_or(Refused::Ended)?;
            Ok((Id::Int(id.0), &mut call.flow))
        }
        StreamId::Answer(ticket) => {
            let answer = answers
                .get(ticket)
                .filter(|answer| !answer.cancelled)
                .ok_or(Refused::Ended)?;
            Ok((answer.id.as_id(), &mut answer.flow))
        }
    }
}

#[cold]
fn never_was(what: &str, id: &Id<'_>) -> Violation {
    Violation::new(
        ViolationKind::UnknownStream,
        format!("`{what}` for the request {}, which never was", id.keep()),
    )
}

#[cold]
fn no_credit(id: &Id<'_>) -> Violation {
    let detail = format!(
        "an item without credit, or behind the end, for the request {}",
        id.keep()
    );
    Violation::new(ViolationKind::ItemWithoutCredit, detail)
}
