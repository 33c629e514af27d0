//! Requests of the plugin by numbers that JavaScript can keep.

use std::collections::HashMap;

use crossplug_protocol::session::Ticket;

/// Both directions between a session's tickets and their numbers.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    tickets: HashMap<u32, Ticket>,
    numbers: HashMap<Ticket, u32>,
    last: u32,
}

impl Tickets {
    /// The number of a ticket; it gets one where it has none.
    pub(crate) fn number(&mut self, ticket: Ticket) -> u32 {
        if let Some(number) = self.numbers.get(&ticket) {
            return *number;
        }
        self.last = self.last.wrapping_add(1);
        self.numbers.insert(ticket, self.last);
        self.tickets.insert(self.last, ticket);
        self.last
    }

    /// The ticket of a number; none where it is answered.
    pub(crate) fn get(&self, number: u32) -> Option<Ticket> {
        self.tickets.get(&number).copied()
    }

    /// The same for the last time.
    pub(crate) fn remove(&mut self, number: u32) -> Option<Ticket> {
        let ticket = self.tickets.remove(&number)?;
        self.numbers.remove(&ticket);
        Some(ticket)
    }

    /// Nobody can be answered any more.
    pub(crate) fn clear(&mut self) {
        self.tickets.clear();
        self.numbers.clear();
    }
}
