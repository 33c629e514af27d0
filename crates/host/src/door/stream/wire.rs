//! What all threads of a plugin share under one lock: the conversation, its way out, who reads.
//! It writes to the plugin and never waits; it reads nothing and runs no code of anybody else's.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::{Thread, ThreadId};
use std::time::Duration;

use rustix::io::Errno;

use super::ending::Stopping;
use super::inlet::Inlet;
use crate::door::conversation::Conversation;
use crate::door::{Answer, Patience};
use crate::platform::Alarm;

/// Everything under the lock.
pub(super) struct Wire {
    pub(super) talk: Conversation,
    /// None once the plugin's input was closed, by either side.
    pub(super) outlet: Option<Arc<OwnedFd>>,
    /// Calls that came between the plugin's last word and its end: they learn why it ended.
    pub(super) orphans: Vec<Answer>,
    pub(super) lead: Lead,
    pub(super) stopping: Option<Stopping>,
    /// How patient a stop is.
    pub(super) patience: Patience,
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
        talk: Conversation,
        outlet: Arc<OwnedFd>,
        alarm: Arc<Alarm>,
        patience: Patience,
    ) -> Self {
        Self {
            talk,
            outlet: Some(outlet),
            orphans: Vec::new(),
            lead: Lead {
                alarm: Some(alarm),
                inlet: None,
                asleep: None,
                followers: VecDeque::new(),
                keeper_sleeps: false,
                // It opens the plugin.
                keeper_leads: true,
                stop_wanted: false,
            },
            stopping: None,
            patience,
        }
    }

    /// Writes as much as is taken at once.
    pub(super) fn flush(&mut self) {
        while !self.talk.out.is_empty() {
            let written = match &self.outlet {
                Some(outlet) => rustix::io::write(outlet, self.talk.out.as_bytes()),
                None => Ok(self.talk.out.len()),
            };
            match written {
                Ok(written) => self.talk.out.consume(written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // The plugin closed its input: what becomes of it shows on its output.
                Err(_) => self.outlet = None,
            }
        }
    }

    /// Ends the plugin's input. What it has not read by now it will not get.
    pub(super) fn end_outlet(&mut self) {
        self.flush();
        if let Some(outlet) = self.outlet.take() {
            // A socket has another half, which lives on; a pipe is closed by being let go, and says that it is no socket.
            let _ = rustix::net::shutdown(&outlet, rustix::net::Shutdown::Write);
        }
        self.talk.out.consume(self.talk.out.len());
    }

    /// Wakes the leader.
    pub(super) fn ring(&self) {
        if let Some(alarm) = &self.lead.alarm {
            alarm.ring();
        }
    }

    /// Whether bytes wait for the plugin to read.
    pub(super) fn has_backlog(&self) -> bool {
        !self.talk.out.is_empty() && self.outlet.is_some()
    }

    /// Whether the sleeping leader does not know what it should: something to write, or an earlier deadline.
    pub(super) fn leader_must_wake(&self) -> bool {
        self.lead.asleep.is_some_and(|sleep| {
            let earlier = match (self.talk.session.next_timeout(), sleep.until) {
                (Some(next), Some(until)) => next < until,
                (Some(_), None) => true,
                (None, _) => false,
            };
            earlier || (self.has_backlog() && !sleep.writes)
        })
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
