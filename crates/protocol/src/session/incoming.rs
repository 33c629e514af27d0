//! What a frame means to the owner of a session.

use std::borrow::Cow;
use std::time::Duration;

use super::{CallId, Ticket};
use crate::handshake::Incompatible;
use crate::message::{Failure, Level, Raw};
use crate::violation::Violation;

/// A stream belongs to a request, of this side or of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamId {
    /// Of a request that this side sent.
    Call(CallId),
    /// Of a request that this side answers.
    Answer(Ticket),
}

/// Something for the owner of the session to act on. Borrows from the frame only.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Incoming<'f> {
    /// Host: the plugin has answered `initialize`, and the two fit.
    Opened {
        /// The call of `initialize`.
        call: CallId,
        /// The whole `InitializeResult`: manifest, interfaces, token.
        result: Raw<'f>,
    },
    /// The two do not fit. Host: the session is closed. Plugin: the host was told.
    Incompatible(Incompatible),
    /// Plugin: the host wants to begin. [`super::Session::accept`] or [`super::Session::respond`] with an error follows.
    Initialize {
        /// To answer with.
        ticket: Ticket,
        /// The whole `InitializeParams`.
        params: Raw<'f>,
    },
    /// The peer calls a method (plugin) or a service (host).
    Request {
        /// To answer with, once.
        ticket: Ticket,
        /// Wire name.
        method: Cow<'f, str>,
        /// As the interface says.
        params: Option<Raw<'f>>,
        /// How long the caller waits, from when it sent the request.
        timeout: Option<Duration>,
        /// W3C Trace Context.
        traceparent: Option<Cow<'f, str>>,
    },
    /// A call of this side is over. Each call gives exactly one of this, an expiry, or a place in what `close` returns.
    Reply {
        /// Which.
        call: CallId,
        /// The result, or the peer's error.
        outcome: Result<Raw<'f>, Failure<'f>>,
    },
    /// Plugin: the host's reply to a call cannot be read. The call is over; its caller is told `protocolViolation`, and it
    /// is to be logged.
    Unreadable {
        /// Which.
        call: CallId,
        /// What is wrong with the reply.
        violation: Violation,
    },
    /// The caller of a request wants it to stop. It still gets its one reply: `cancelled`, or the result if that was faster.
    Cancel {
        /// Which.
        ticket: Ticket,
        /// The session has answered it already, since the peer broke the rules of its stream.
        answered: bool,
    },
    /// How far a call of this side is.
    Progress {
        /// Which.
        call: CallId,
        /// 0 to 1.
        fraction: Option<f64>,
        /// For a person.
        message: Option<Cow<'f, str>>,
    },
    /// An element of a stream.
    Item {
        /// Which.
        stream: StreamId,
        /// The element.
        item: Raw<'f>,
        /// Bytes of credit that it used.
        size: usize,
    },
    /// The caller's upload has ended.
    End {
        /// Which.
        ticket: Ticket,
    },
    /// The peer gave credit: [`super::Session::send_item`] may work again.
    Credit {
        /// Which.
        stream: StreamId,
    },
    /// Something happened at the peer.
    Event {
        /// Of the event in its interface.
        name: Cow<'f, str>,
        /// Names an ordered sequence.
        stream: Option<Cow<'f, str>>,
        /// Position in it.
        seq: u64,
        /// What happened.
        payload: Raw<'f>,
    },
    /// Host: a line for the log, stray prints included.
    Log {
        /// How urgent.
        level: Level,
        /// For a person.
        message: Cow<'f, str>,
        /// An object for a machine.
        fields: Option<Raw<'f>>,
    },
    /// Plugin: take nothing new, finish what is in flight. The session answers when [`super::Session::is_drained`].
    Shutdown,
    /// The peer could not read a message of this side and cannot say which.
    Complaint(Failure<'f>),
    /// Plugin: the host broke the protocol; it was answered where there was something to answer. To be logged.
    Tolerated(Violation),
}
