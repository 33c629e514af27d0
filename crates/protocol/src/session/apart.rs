//! Calls that begin apart from the messages: an ABI hands over params and takes a result by a function, and only what is
//! not answered at once becomes a request of the conversation. The session keeps the ids of both apart from one another.

use std::time::Duration;

use super::{CallId, Refused, Session, State, Ticket};
use crate::dialect::Role;
use crate::frame::FrameWriter;
use crate::json;
use crate::message::{Failure, Id, RequestId};
use crate::violation::{Violation, ViolationKind};

/// Nesting of a result that comes apart: a reply would hold it one level deep.
const RESULT_DEPTH: u32 = json::DEFAULT_DEPTH - 1;

impl Session {
    /// Host: an id for a call that is made apart. Nothing is written, and nothing is in flight until
    /// [`Session::wait_apart`].
    ///
    /// # Errors
    /// As for [`Session::call`]; no id was used up.
    pub fn call_apart(&mut self) -> Result<CallId, Refused> {
        if self.state != State::Open || self.role != Role::Host {
            return Err(Refused::NotOpen);
        }
        if self.calls.len() >= self.limits.pending_calls {
            return Err(Refused::TooManyCalls {
                limit: self.limits.pending_calls,
            });
        }
        Ok(self.calls.skip())
    }

    /// Host: the call goes on, or the plugin has said something about it: from here on it is a request in flight. Its deadline
    /// is given where the session is to keep it.
    pub fn wait_apart(&mut self, call: CallId, deadline: Option<Duration>) {
        self.calls.wait_for(call);
        self.calls.keep_deadline(call, deadline);
    }

    /// Host: whether a result that came apart is one that a message could have held.
    ///
    /// # Errors
    /// The violation that the message would have been.
    pub fn check_apart(result: &[u8]) -> Result<(), Violation> {
        json::check(result, RESULT_DEPTH)
            .map(drop)
            .map_err(|error| {
                let kind = match error.reason {
                    json::Reason::TooDeep => ViolationKind::TooDeep,
                    _ => ViolationKind::InvalidMessage,
                };
                Violation::new(kind, format!("a result: {error}"))
            })
    }

    /// Host: the reply, as a line, that an error which came apart would have come in.
    #[must_use]
    pub fn reply_apart(call: CallId, error: &[u8]) -> Vec<u8> {
        let mut frame =
            format!(r#"{{"jsonrpc":"2.0","id":{},"error":"#, call.number()).into_bytes();
        frame.extend_from_slice(error);
        frame.extend_from_slice(b"}\n");
        frame
    }

    /// Host: whether a call has no reply yet, be it given up or not.
    #[must_use]
    pub fn is_in_flight(&self, call: CallId) -> bool {
        self.calls.contains(call)
    }

    /// Host: the call was answered apart after all, so no reply will come.
    pub fn answered_apart(&mut self, call: CallId) {
        if let Some(state) = self.calls.remove(call) {
            self.closed_flow(&state.flow);
        }
    }

    /// Plugin: whether a request that comes apart may be begun.
    ///
    /// # Errors
    /// What the host is answered instead: what it would be answered had it sent a message.
    pub fn admit_apart(&self, id: &Id<'_>) -> Result<(), Failure<'static>> {
        self.unadmitted(id).map_or(Ok(()), Err)
    }

    /// Plugin: takes in a request that came apart, which was [admitted](Session::admit_apart) and is not answered yet.
    /// `None` where one with its id is in flight.
    pub fn adopt(&mut self, id: &Id<'_>) -> Option<Ticket> {
        self.answers.add(id)
    }

    /// Plugin: a request that was adopted is answered apart after all.
    pub fn release(&mut self, ticket: Ticket, out: &mut FrameWriter) {
        if let Some(answer) = self.answers.remove(ticket) {
            self.closed_flow(&answer.flow);
            self.finish_shutdown(out);
        }
    }

    /// The id of a request of the peer that is not answered yet.
    pub fn request_id(&mut self, ticket: Ticket) -> Option<RequestId> {
        self.answers.get(ticket).map(|answer| answer.id.clone())
    }

    /// Why a request that is neither of the protocol's own is not taken in.
    pub(super) fn unadmitted(&self, id: &Id<'_>) -> Option<Failure<'static>> {
        if self.answers.contains(id) {
            let text = "a request with this id is in flight already";
            return Some(Failure::new("invalidRequest", text));
        }
        match self.state {
            State::Fresh | State::Opening => {
                let text = "`initialize` comes first";
                Some(Failure::new("failedPrecondition", text))
            }
            State::Closing | State::Closed if self.role == Role::Plugin => {
                let text = "the plugin is shutting down";
                Some(Failure::new("unavailable", text))
            }
            _ if self.answers.len() >= self.limits.pending_calls => {
                let text = format!(
                    "{} requests are in flight, and no more are allowed",
                    self.limits.pending_calls
                );
                Some(Failure {
                    retryable: true,
                    ..Failure::new("resourceExhausted", text)
                })
            }
            _ => None,
        }
    }
}
