//! Requests that this side has to answer, each exactly once.

use super::flow::Flow;
use super::hash::IdMap;
use crate::message::{Id, RequestId};

/// The right to answer one request, once. It outlives the request harmlessly: using it again is refused, even where the
/// peer has used the same id for another request since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    slot: u32,
    generation: u32,
}

/// What is known of a request that is not answered yet.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) id: RequestId,
    pub(super) cancelled: bool,
    pub(super) flow: Flow,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    answer: Option<Answer>,
}

/// The table of them.
#[derive(Debug, Default)]
pub(super) struct Answers {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_id: IdMap<RequestId, Ticket>,
}

impl Answers {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Takes in a request; `None` where one with its id is in flight.
    pub(super) fn add(&mut self, id: &Id<'_>) -> Option<Ticket> {
        let id = id.keep();
        if self.by_id.contains_key(&id) {
            return None;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            // As many slots as pending calls are allowed: a number that fits by far.
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let slot = self.slots.get_mut(index as usize)?;
        let ticket = Ticket {
            slot: index,
            generation: slot.generation,
        };
        slot.answer = Some(Answer {
            id: id.clone(),
            cancelled: false,
            flow: Flow::default(),
        });
        self.by_id.insert(id, ticket);
        Some(ticket)
    }

    pub(super) fn contains(&self, id: &Id<'_>) -> bool {
        self.find(id).is_some()
    }

    pub(super) fn find(&self, id: &Id<'_>) -> Option<Ticket> {
        if self.by_id.is_empty() {
            None
        } else {
            self.by_id.get(&id.keep()).copied()
        }
    }

    pub(super) fn get(&mut self, ticket: Ticket) -> Option<&mut Answer> {
        let slot = self.slots.get_mut(ticket.slot as usize)?;
        slot.answer
            .as_mut()
            .filter(|_| slot.generation == ticket.generation)
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Answer> {
        let slot = self
            .slots
            .get_mut(ticket.slot as usize)
            .filter(|slot| slot.generation == ticket.generation)?;
        let answer = slot.answer.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(ticket.slot);
        self.by_id.remove(&answer.id);
        Some(answer)
    }
}
