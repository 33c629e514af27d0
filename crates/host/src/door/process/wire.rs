//! What all threads of a process plugin share under one lock: the session, what waits to be written, who waits for what.
//! It writes to the plugin and never waits; it reads nothing and runs no code of anybody else's.

use std::collections::{HashMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::{Thread, ThreadId};
use std::time::Duration;

use crossplug_protocol::frame::FrameWriter;
use crossplug_protocol::session::{CallId, Refused, Session, Ticket};
use rustix::io::Errno;

use super::care::Stopping;
use super::inlet::Inlet;
use crate::call::mailbox::Mailbox;
use crate::door::{Answer, Asked, CallKey, Introduction, Patience};
use crate::platform::Alarm;
use crate::{Error, ErrorKind, Result};

/// Everything under the lock.
pub(super) struct Wire {
    pub(super) session: Session,
    pub(super) out: FrameWriter,
    /// None once the plugin's input was closed, by either side.
    pub(super) stdin: Option<Arc<OwnedFd>>,
    pub(super) calls: HashMap<CallKey, Pending>,
    /// Calls that no thread attends to: somebody else must read for them.
    pub(super) unattended: usize,
    /// Calls that came between the plugin's last word and its end: they learn why it ended.
    pub(super) orphans: Vec<Answer>,
    pub(super) asked: HashMap<Ticket, Asking>,
    /// Bytes of params of unanswered service calls.
    pub(super) asked_bytes: usize,
    pub(super) stage: Stage,
    pub(super) lead: Lead,
    pub(super) stopping: Option<Stopping>,
    /// How patient a stop is.
    pub(super) patience: Patience,
}

/// A call in flight.
pub(super) struct Pending {
    pub(super) call: CallId,
    pub(super) answer: Answer,
    pub(super) attended: bool,
}

/// A service call that is not answered yet.
pub(super) struct Asking {
    pub(super) asked: Asked,
    pub(super) bytes: usize,
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

/// Who reads. Whoever takes the inlet out leads: it alone polls, until it puts the inlet back.
pub(super) struct Lead {
    /// Wakes the leader. None after the end.
    pub(super) alarm: Option<Arc<Alarm>>,
    /// Here while nobody leads.
    pub(super) inlet: Option<Box<Inlet>>,
    /// Set while the leader sleeps in `poll`.
    pub(super) asleep: Option<Sleep>,
    /// Blocking callers that wait for somebody else's reading; the first takes over when the leader leaves.
    pub(super) followers: VecDeque<Thread>,
    /// The keeper waits, without a time limit, until the leader leaves.
    pub(super) keeper_sleeps: bool,
    /// The leader is the keeper.
    pub(super) keeper_leads: bool,
    /// The host wants the plugin to end.
    pub(super) stop_wanted: bool,
}

/// What the leader will wake up for by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sleep {
    pub(super) until: Option<Duration>,
    pub(super) writes: bool,
}

impl Wire {
    pub(super) fn new(
        session: Session,
        stdin: OwnedFd,
        alarm: Arc<Alarm>,
        patience: Patience,
    ) -> Self {
        Self {
            session,
            out: FrameWriter::new(),
            stdin: Some(Arc::new(stdin)),
            calls: HashMap::new(),
            unattended: 0,
            orphans: Vec::new(),
            asked: HashMap::new(),
            asked_bytes: 0,
            stage: Stage::Opening,
            lead: Lead {
                alarm: Some(alarm),
                inlet: None,
                asleep: None,
                followers: VecDeque::new(),
                keeper_sleeps: false,
                // It starts the plugin.
                keeper_leads: true,
                stop_wanted: false,
            },
            stopping: None,
            patience,
        }
    }

    /// Writes as much as the pipe takes.
    pub(super) fn flush(&mut self) {
        while !self.out.is_empty() {
            let written = match &self.stdin {
                Some(stdin) => rustix::io::write(stdin, self.out.as_bytes()),
                None => Ok(self.out.len()),
            };
            match written {
                Ok(written) => self.out.consume(written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // The plugin closed its input: what becomes of it shows on its output.
                Err(_) => self.stdin = None,
            }
        }
    }

    /// Wakes the leader.
    pub(super) fn ring(&self) {
        if let Some(alarm) = &self.lead.alarm {
            alarm.ring();
        }
    }

    /// Whether bytes wait for the pipe.
    pub(super) fn has_backlog(&self) -> bool {
        !self.out.is_empty() && self.stdin.is_some()
    }

    /// Whether the sleeping leader does not know what it should: something to write, or an earlier deadline.
    pub(super) fn leader_must_wake(&self) -> bool {
        self.lead.asleep.is_some_and(|sleep| {
            let earlier = match (self.session.next_timeout(), sleep.until) {
                (Some(next), Some(until)) => next < until,
                (Some(_), None) => true,
                (None, _) => false,
            };
            earlier || (self.has_backlog() && !sleep.writes)
        })
    }

    /// The session's name of a call that is in flight.
    pub(super) fn call(&self, key: CallKey) -> Option<CallId> {
        self.calls.get(&key).map(|pending| pending.call)
    }

    /// Takes a call out of the table.
    pub(super) fn settled(&mut self, call: CallId) -> Option<Answer> {
        let pending = self.calls.remove(&key(call))?;
        if !pending.attended {
            self.unattended -= 1;
        }
        Some(pending.answer)
    }

    pub(super) fn mailbox(&self, call: CallId) -> Option<Arc<Mailbox>> {
        self.calls
            .get(&key(call))
            .map(|pending| Arc::clone(pending.answer.mailbox()))
    }

    /// Takes a service call out of the table. What comes out is to be dropped without the lock.
    pub(super) fn answered(&mut self, ticket: Ticket) -> Option<Asked> {
        let asking = self.asked.remove(&ticket)?;
        self.asked_bytes -= asking.bytes;
        Some(asking.asked)
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

    /// Puts a follower's name on the list, once.
    pub(super) fn follow(&mut self, thread: Thread) {
        if !self
            .lead
            .followers
            .iter()
            .any(|known| known.id() == thread.id())
        {
            self.lead.followers.push_back(thread);
        }
    }

    /// Takes it off again; false where it was called upon to lead.
    pub(super) fn unfollow(&mut self, thread: ThreadId) -> bool {
        let before = self.lead.followers.len();
        self.lead.followers.retain(|known| known.id() != thread);
        self.lead.followers.len() != before
    }
}

/// The seam's name of a call.
pub(super) fn key(call: CallId) -> CallKey {
    CallKey(call.number().unsigned_abs())
}

/// What is said of a plugin that the host itself ends.
pub(super) fn stopped(operation: &str) -> Error {
    Error::new(ErrorKind::Cancelled, operation)
        .with_context("the plugin is closed: its host stops it")
}

/// What a refusal of the session means to the caller.
pub(super) fn refused(wire: &Wire, operation: &str, refused: &Refused) -> Error {
    if let (Refused::NotOpen, Some(error)) = (refused, wire.closed(operation)) {
        return error;
    }
    let kind = match refused {
        Refused::NotOpen => ErrorKind::Died,
        Refused::Ended => ErrorKind::Cancelled,
        Refused::Late => ErrorKind::Deadline,
        Refused::Inexpressible(crossplug_protocol::dialect::Inexpressible::NotInDialect {
            ..
        }) => ErrorKind::Incompatible,
        // NoCredit is dealt with where it can come.
        _ => ErrorKind::Limit,
    };
    Error::new(kind, operation)
        .with_context(refused.to_string())
        .with_source(refused.clone())
}

/// A refusal as a result.
pub(super) fn check(
    wire: &Wire,
    operation: &str,
    said: std::result::Result<(), Refused>,
) -> Result<()> {
    said.map_err(|refusal| refused(wire, operation, &refusal))
}
