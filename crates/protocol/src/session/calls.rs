//! Requests that this side has sent: until the reply comes, and longer than their callers wait.

use std::time::Duration;

use super::flow::Flow;
use super::hash::IdMap;

/// A request of this side. Never used twice in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub(super) i64);

impl CallId {
    /// The id as it stands in the messages of `crossplug/1`.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The call of a number that was given before. One that names no call is refused wherever it is used.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }
}

/// What is known of a request in flight.
#[derive(Debug)]
pub(super) struct Call {
    deadline: Option<Duration>,
    /// The caller wants it to stop; what still comes of its streams is dropped.
    pub(super) cancelled: bool,
    /// Nobody waits any more; the reply will be dropped.
    pub(super) abandoned: bool,
    pub(super) flow: Flow,
}

impl Call {
    /// Whether its owner wants to hear of its streams.
    pub(super) const fn is_listening(&self) -> bool {
        !self.cancelled && !self.abandoned
    }
}

/// The table of them.
#[derive(Debug)]
pub(super) struct Calls {
    table: IdMap<i64, Call>,
    next: i64,
    /// +1 for a host, −1 for a plugin.
    step: i64,
    /// No deadline of a waiting call is before this one. It is not raised when a call ends, which would cost a search
    /// on every call; a wake-up too early mends it.
    earliest: Option<Duration>,
}

impl Calls {
    pub(super) fn new(first: i64) -> Self {
        Self {
            table: IdMap::default(),
            next: first,
            step: first,
            earliest: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// The id that the next call will have.
    pub(super) const fn next_id(&self) -> CallId {
        CallId(self.next)
    }

    /// The call of [`Calls::next_id`] is on its way.
    pub(super) fn add(&mut self, deadline: Option<Duration>) -> CallId {
        let id = CallId(self.next);
        self.next += self.step;
        self.table.insert(
            id.0,
            Call {
                deadline,
                cancelled: false,
                abandoned: false,
                flow: Flow::default(),
            },
        );
        if let Some(deadline) = deadline {
            self.earliest = Some(
                self.earliest
                    .map_or(deadline, |earliest| earliest.min(deadline)),
            );
        }
        id
    }

    /// Uses up the next id for a call of which nothing is known here yet.
    pub(super) const fn skip(&mut self) -> CallId {
        let id = CallId(self.next);
        self.next += self.step;
        id
    }

    /// A call whose id was [skipped](Calls::skip) is in flight. Who made it keeps its deadline.
    pub(super) fn wait_for(&mut self, id: CallId) {
        self.table.entry(id.0).or_insert_with(|| Call {
            deadline: None,
            cancelled: false,
            abandoned: false,
            flow: Flow::default(),
        });
    }

    /// A call that waits has this deadline.
    pub(super) fn keep_deadline(&mut self, id: CallId, deadline: Option<Duration>) {
        let (Some(call), Some(deadline)) = (self.table.get_mut(&id.0), deadline) else {
            return;
        };
        call.deadline = Some(deadline);
        self.earliest = Some(
            self.earliest
                .map_or(deadline, |earliest| earliest.min(deadline)),
        );
    }

    pub(super) fn get(&mut self, id: CallId) -> Option<&mut Call> {
        self.table.get_mut(&id.0)
    }

    pub(super) fn contains(&self, id: CallId) -> bool {
        self.table.contains_key(&id.0)
    }

    pub(super) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.table.remove(&id.0);
        if self.table.is_empty() {
            self.earliest = None;
        }
        call
    }

    /// Whether a call of this number was ever made.
    pub(super) const fn was_made(&self, number: i64) -> bool {
        if self.step > 0 {
            number > 0 && number < self.next
        } else {
            number < 0 && number > self.next
        }
    }

    pub(super) const fn earliest(&self) -> Option<Duration> {
        self.earliest
    }

    /// A waiting call whose deadline has passed.
    pub(super) fn late(&mut self, now: Duration) -> Option<CallId> {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return None;
        }
        let waiting = || self.table.iter().filter(|(_, call)| !call.abandoned);
        // The oldest first, so that one transcript follows from one history.
        let late =
            waiting().filter(|(_, call)| call.deadline.is_some_and(|deadline| deadline <= now));
        if let Some(id) = late.map(|(id, _)| *id).min_by_key(|id| id.abs()) {
            return Some(CallId(id));
        }
        self.earliest = waiting().filter_map(|(_, call)| call.deadline).min();
        None
    }

    /// Empties the table; gives the calls that somebody waits for, oldest first.
    pub(super) fn take_waiting(&mut self) -> Vec<CallId> {
        self.earliest = None;
        let table = std::mem::take(&mut self.table);
        let mut waiting: Vec<i64> = table
            .into_iter()
            .filter(|(_, call)| !call.abandoned)
            .map(|(id, _)| id)
            .collect();
        waiting.sort_unstable_by_key(|id| id.abs());
        waiting.into_iter().map(CallId).collect()
    }
}
