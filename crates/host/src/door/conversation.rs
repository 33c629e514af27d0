//! The conversation with one plugin, whatever carries its messages: the session, the calls and service calls that are under
//! way, and how far it has come. Doors that speak a dialect put one under a lock of theirs and do the carrying. It carries
//! nothing itself, knows no file, no thread and no clock, and runs no code of anybody else's under a lock.

mod direct;
mod effect;
mod greeting;
mod passing;
mod reply;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Instant;

use crossplug_protocol::dialect::Inexpressible;
use crossplug_protocol::frame::{FrameError, FrameWriter};
use crossplug_protocol::session::{CallId, Refused, Session, Ticket};
use crossplug_protocol::violation::{Blame, Violation};

use super::{Answer, Asked, CallKey, Home, Introduction, Job};
use crate::call::mailbox::Mailbox;
use crate::{Error, ErrorKind};

pub(super) use direct::result_of;
pub(super) use effect::Effect;
pub(super) use greeting::{greet, session};
pub(super) use passing::{cancel, credit, emit, end_upload, give_up, upload};

/// Whoever has a conversation under a lock.
pub(super) trait Party: Send + Sync + 'static {
    /// Does something under the lock, and then sees to it that what is to be said is said.
    fn say<T>(&self, act: impl FnOnce(&mut Conversation) -> T) -> T;

    /// Whom to report to.
    fn home(&self) -> &Home;

    /// For what outlives the party.
    fn itself(&self) -> Weak<Self>;
}

/// Everything that is under the lock.
pub(super) struct Conversation {
    pub(super) session: Session,
    pub(super) out: FrameWriter,
    pub(super) calls: HashMap<CallId, Pending>,
    /// Calls that no thread attends to.
    pub(super) unattended: usize,
    asked: HashMap<Ticket, Asking>,
    /// Bytes of params of unanswered service calls.
    asked_bytes: usize,
    pub(super) stage: Stage,
    /// What the plugin could not read before it was open.
    pub(super) complaint: Option<String>,
    /// What the plugin has to show in its answer to `initialize`.
    pub(super) expected_token: Option<Arc<str>>,
    /// Which conversation with the plugin this is: another one may take its place, in which tickets mean something else.
    pub(super) turn: u64,
}

/// A call in flight.
pub(super) struct Pending {
    /// The seam's name of it.
    pub(super) key: CallKey,
    pub(super) answer: Answer,
    pub(super) attended: bool,
    /// When its caller stops waiting.
    pub(super) deadline: Option<Instant>,
}

/// A service call that is not answered yet.
struct Asking {
    asked: Asked,
    bytes: usize,
}

/// Where the plugin stands.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// Until it has answered the handshake.
    Opening,
    /// Calls go in and out.
    Open(Arc<Introduction>),
    /// It is being stopped.
    Stopping,
    /// Nothing is left of it. What later calls say.
    Ended(Error),
}

impl Conversation {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session,
            out: FrameWriter::new(),
            calls: HashMap::new(),
            unattended: 0,
            asked: HashMap::new(),
            asked_bytes: 0,
            stage: Stage::Opening,
            complaint: None,
            expected_token: None,
            turn: 0,
        }
    }

    /// A call is in flight.
    pub(super) fn expect(&mut self, call: CallId, pending: Pending) {
        if !pending.attended {
            self.unattended += 1;
        }
        self.calls.insert(call, pending);
    }

    /// The session's name of a call in flight. There are few of them.
    pub(super) fn named(&self, key: CallKey) -> Option<CallId> {
        let mut calls = self.calls.iter();
        calls
            .find(|(_, pending)| pending.key == key)
            .map(|(call, _)| *call)
    }

    /// Takes a call out of the table.
    pub(super) fn settled(&mut self, call: CallId) -> Option<Pending> {
        let pending = self.calls.remove(&call)?;
        if !pending.attended {
            self.unattended -= 1;
        }
        Some(pending)
    }

    fn mailbox(&self, call: CallId) -> Option<Arc<Mailbox>> {
        self.calls
            .get(&call)
            .map(|pending| Arc::clone(pending.answer.mailbox()))
    }

    fn asked(&self, ticket: Ticket) -> Option<Asked> {
        self.asked.get(&ticket).map(|asking| asking.asked.clone())
    }

    /// Takes a service call out of the table. What comes out is to be dropped without the lock.
    fn answered(&mut self, ticket: Ticket) -> Option<Asked> {
        let asking = self.asked.remove(&ticket)?;
        self.asked_bytes -= asking.bytes;
        Some(asking.asked)
    }

    /// Ends it: gives what is to be told, without the lock, to everybody who waits.
    pub(super) fn end(&mut self, stage: Stage) -> Left {
        self.session.close();
        self.stage = stage;
        self.out.consume(self.out.len());
        (self.unattended, self.asked_bytes) = (0, 0);
        Left {
            calls: std::mem::take(&mut self.calls),
            asked: self.asked.drain().map(|(_, asking)| asking.asked).collect(),
        }
    }

    /// What a call, an event or an item says that finds the plugin not open.
    pub(super) fn closed(&self, operation: &str) -> Option<Error> {
        match &self.stage {
            Stage::Open(_) => None,
            Stage::Opening => Some(
                Error::new(ErrorKind::Died, operation).with_context("the plugin is not open yet"),
            ),
            Stage::Stopping => Some(stopped(operation)),
            Stage::Ended(error) => Some(error.in_operation(operation)),
        }
    }

    /// What a refusal of the session means to the caller.
    pub(super) fn refused(&self, operation: &str, refused: &Refused) -> Error {
        if let (Refused::NotOpen, Some(error)) = (refused, self.closed(operation)) {
            return error;
        }
        let kind = match refused {
            Refused::NotOpen => ErrorKind::Died,
            Refused::Ended => ErrorKind::Cancelled,
            Refused::Late => ErrorKind::Deadline,
            Refused::Inexpressible(Inexpressible::NotInDialect { .. }) => ErrorKind::Incompatible,
            // NoCredit is dealt with where it can come.
            _ => ErrorKind::Limit,
        };
        Error::new(kind, operation)
            .with_context(refused.to_string())
            .with_source(refused.clone())
    }
}

/// Who waits for a conversation that has ended.
pub(super) struct Left {
    pub(super) calls: HashMap<CallId, Pending>,
    asked: Vec<Asked>,
}

impl Left {
    /// Tells everybody: callers that it ended, and why, and handlers that nobody wants their answer. Not under a lock.
    pub(super) fn tell(self, error: &Error) {
        self.tell_each(|_, _| error.clone());
    }

    /// The same with an error for each call.
    pub(super) fn tell_each(self, error: impl Fn(CallId, &Pending) -> Error) {
        for (call, pending) in self.calls {
            let error = error(call, &pending);
            pending.answer.finish(Err(error));
        }
        self.asked.into_iter().for_each(|asked| asked.cancel());
    }
}

/// What is said of a plugin that the host itself ends.
pub(super) fn stopped(operation: &str) -> Error {
    Error::new(ErrorKind::Cancelled, operation)
        .with_context("the plugin is closed: its host stops it")
}

/// What a violation is to the host's callers.
pub(super) fn broke(violation: Violation) -> Error {
    Error::new(kind_of(violation.kind.blame()), "read from the plugin")
        .with_context(violation.to_string())
        .with_source(violation)
}

/// The kind of error for what a peer has spoiled.
pub(super) const fn kind_of(blame: Blame) -> ErrorKind {
    match blame {
        Blame::Limit => ErrorKind::Limit,
        Blame::Incompatible => ErrorKind::Incompatible,
        Blame::Denied => ErrorKind::Denied,
        Blame::Start => ErrorKind::Start,
        // There is no other; the enum may grow.
        _ => ErrorKind::Protocol,
    }
}

/// What a message above the cap is to them.
pub(super) fn too_long(error: &FrameError) -> Error {
    Error::new(ErrorKind::Limit, "read from the plugin")
        .with_context(error.to_string())
        .with_source(*error)
}

/// Runs service calls, here as far as they do not wait; where the caller has what it came for, elsewhere.
pub(super) fn run(jobs: Vec<Job>, elsewhere: bool) {
    /// A handler that blocks on the plugin carries messages itself, and may meet another service call: not for ever on one
    /// stack.
    const DEEPEST: u32 = 4;
    thread_local!(static DEPTH: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
    let depth = DEPTH.get();
    for job in jobs {
        if elsewhere || depth >= DEEPEST {
            job.run_elsewhere();
        } else {
            DEPTH.set(depth + 1);
            job.run();
            DEPTH.set(depth);
        }
    }
}
