//! The way back of a service call: through the session, under the lock.

use std::sync::{Arc, Weak};

use crossplug_protocol::error::PluginError;
use crossplug_protocol::session::{Refused, StreamId, Ticket};

use super::pump::Pump;
use super::wire::refused;
use crate::door::ServiceReply;
use crate::{Error, ErrorKind, Payload, Result};

/// Answers one service call.
pub(super) struct Back {
    pump: Weak<Pump>,
    ticket: Ticket,
}

impl Back {
    pub(super) fn new(pump: Weak<Pump>, ticket: Ticket) -> Self {
        Self { pump, ticket }
    }

    fn pump(&self) -> Option<Arc<Pump>> {
        self.pump.upgrade()
    }
}

impl ServiceReply for Back {
    fn reply(&self, outcome: std::result::Result<Payload, PluginError>) {
        let Some(pump) = self.pump() else { return };
        let mut guard = pump.lock();
        let wire = &mut *guard;
        let asked = wire.answered(self.ticket);
        // One that was answered already, or that cannot be sent, is dealt with by the session.
        let _ = match &outcome {
            Ok(result) => wire
                .session
                .respond(self.ticket, Ok(&result.as_raw()), &mut wire.out),
            Err(error) => {
                wire.session
                    .respond(self.ticket, Err(&error.as_failure()), &mut wire.out)
            }
        };
        pump.flush(wire);
        drop(guard);
        // It may hold the last of a handler.
        drop(asked);
    }

    fn progress(&self, fraction: Option<f64>, message: Option<&str>) {
        let Some(pump) = self.pump() else { return };
        let mut wire = pump.lock();
        let wire = &mut *wire;
        // Progress of something that is over, or more than the pipe takes, is not worth an error.
        let _ = wire
            .session
            .progress(self.ticket, fraction, message, &mut wire.out);
        pump.flush(wire);
    }

    fn item(&self, item: &Payload) -> Result<bool> {
        const OPERATION: &str = "stream to the plugin";
        let Some(pump) = self.pump() else {
            return Err(Error::new(ErrorKind::Died, OPERATION).with_context("the plugin is gone"));
        };
        let mut wire = pump.lock();
        let wire = &mut *wire;
        let sent =
            wire.session
                .send_item(StreamId::Answer(self.ticket), &item.as_raw(), &mut wire.out);
        pump.flush(wire);
        match sent {
            Ok(()) => Ok(true),
            Err(Refused::NoCredit) => Ok(false),
            Err(refusal) => Err(refused(wire, OPERATION, &refusal)),
        }
    }

    fn credit(&self, items: u32, bytes: u32) {
        let Some(pump) = self.pump() else { return };
        let mut wire = pump.lock();
        let wire = &mut *wire;
        let _ = wire
            .session
            .grant(StreamId::Answer(self.ticket), items, bytes, &mut wire.out);
        pump.flush(wire);
    }
}
