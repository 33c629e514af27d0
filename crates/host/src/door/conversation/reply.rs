//! The way back of a service call: through the session, under the lock.

use std::sync::{Arc, Weak};

use crossplug_protocol::error::PluginError;
use crossplug_protocol::session::{Refused, StreamId, Ticket};

use super::{Conversation, Party};
use crate::door::ServiceReply;
use crate::{Error, ErrorKind, Payload, Result};

/// Answers one service call.
pub(super) struct Back<P> {
    party: Weak<P>,
    /// The conversation in which the ticket means something.
    turn: u64,
    ticket: Ticket,
}

impl<P: Party> Back<P> {
    pub(super) fn new(party: Weak<P>, turn: u64, ticket: Ticket) -> Self {
        Self {
            party,
            turn,
            ticket,
        }
    }

    fn say<T>(&self, act: impl FnOnce(&mut Conversation) -> T) -> Option<T> {
        let party: Arc<P> = self.party.upgrade()?;
        party.say(|talk| (talk.turn == self.turn).then(|| act(talk)))
    }
}

impl<P: Party> ServiceReply for Back<P> {
    fn reply(&self, outcome: std::result::Result<Payload, PluginError>) {
        let asked = self.say(|talk| {
            let asked = talk.answered(self.ticket);
            // One that was answered already, or that cannot be sent, is dealt with by the session.
            let _ = match &outcome {
                Ok(result) => {
                    talk.session
                        .respond(self.ticket, Ok(&result.as_raw()), &mut talk.out)
                }
                Err(error) => {
                    let failure = error.to_failure(talk.session.choice().encoding);
                    talk.session
                        .respond(self.ticket, Err(&failure), &mut talk.out)
                }
            };
            asked
        });
        // It may hold the last of a handler.
        drop(asked);
    }

    fn progress(&self, fraction: Option<f64>, message: Option<&str>) {
        // Progress of something that is over, or more than the plugin takes, is not worth an error.
        self.say(|talk| {
            let _ = talk
                .session
                .progress(self.ticket, fraction, message, &mut talk.out);
        });
    }

    fn item(&self, item: &Payload) -> Result<bool> {
        const OPERATION: &str = "stream to the plugin";
        let sent = self.say(|talk| {
            let sent = talk.session.send_item(
                StreamId::Answer(self.ticket),
                &item.as_raw(),
                &mut talk.out,
            );
            match sent {
                Ok(()) => Ok(true),
                Err(Refused::NoCredit) => Ok(false),
                Err(refusal) => Err(talk.refused(OPERATION, &refusal)),
            }
        });
        sent.unwrap_or_else(|| {
            Err(Error::new(ErrorKind::Died, OPERATION).with_context("the plugin is gone"))
        })
    }

    fn credit(&self, items: u32, bytes: u32) {
        self.say(|talk| {
            let _ = talk
                .session
                .grant(StreamId::Answer(self.ticket), items, bytes, &mut talk.out);
        });
    }
}
