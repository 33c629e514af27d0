//! How much of a plugin's streams waits to be read: all of them together, calls and service calls alike. Knows no stream.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Payload;

/// Counts the bytes of items that came and that nobody has taken. Credit bounds each stream alone; this bounds the sum.
/// Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Unread(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    bytes: AtomicU64,
    most: u64,
}

impl Unread {
    /// At most so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Counted {
            bytes: AtomicU64::new(0),
            most: u64::try_from(most).unwrap_or(u64::MAX),
        }))
    }

    /// An item came; false where it is one too many, and then it is not counted.
    pub(crate) fn add(&self, bytes: u64) -> bool {
        let fits = |now: u64| now.checked_add(bytes).filter(|sum| *sum <= self.0.most);
        let relaxed = Ordering::Relaxed;
        self.0.bytes.fetch_update(relaxed, relaxed, fits).is_ok()
    }

    /// Items that were counted are gone.
    pub(crate) fn sub(&self, bytes: u64) {
        self.0.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One item too many: more bytes than this would wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Excess(u64);

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(most) = self;
        write!(
            f,
            "more than {most} bytes of the plugin's stream items wait at the host to be read"
        )
    }
}

/// Items of one stream in order, each with the bytes that it took of the credit. Dropped, they are counted no more.
#[derive(Debug)]
pub(crate) struct Items {
    unread: Unread,
    queue: VecDeque<(Payload, u64)>,
}

impl Items {
    pub(crate) fn new(unread: Unread) -> Self {
        let queue = VecDeque::new();
        Self { unread, queue }
    }

    /// Takes one in. Where too much waits, what the stream has is let go, and the error says so.
    pub(crate) fn push(&mut self, item: Payload, bytes: u64) -> Result<(), Excess> {
        if self.unread.add(bytes) {
            self.queue.push_back((item, bytes));
            return Ok(());
        }
        self.clear();
        Err(Excess(self.unread.0.most))
    }

    pub(crate) fn pop(&mut self) -> Option<(Payload, u64)> {
        let (item, bytes) = self.queue.pop_front()?;
        self.unread.sub(bytes);
        Some((item, bytes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn clear(&mut self) {
        self.unread
            .sub(self.queue.drain(..).map(|(_, bytes)| bytes).sum());
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_count_together_and_the_one_too_many_gives_its_room_back() {
        let unread = Unread::new(100);
        let (mut one, mut other) = (Items::new(unread.clone()), Items::new(unread.clone()));
        assert!(one.push(Payload::null(), 60).is_ok());
        assert!(other.push(Payload::null(), 30).is_ok());
        assert!(other.push(Payload::null(), 11).is_err());
        assert!(other.is_empty());
        assert!(one.push(Payload::null(), 40).is_ok());
        assert!(!unread.add(1));
        assert_eq!(one.pop(), Some((Payload::null(), 60)));
        assert!(unread.add(60));
        drop(one);
        assert!(unread.add(40) && !unread.add(1));
    }
}
