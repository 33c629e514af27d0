//! Items that have come in and were not taken yet, and the credit that lets more come. Knows bytes only.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use crate::lock::locked;

/// So many items may be under way or wait.
const ITEMS: u32 = 64;
/// So many bytes may be under way or wait; one item may be larger.
const BYTES: u32 = 256 << 10;

/// The receiving end of a stream.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    items: VecDeque<(Vec<u8>, usize)>,
    end: Option<End>,
    waker: Option<Waker>,
    /// Credit that was given and not used up, as the sender sees it.
    open_items: u32,
    open_bytes: i64,
    waiting_bytes: usize,
}

/// Why no more items come.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The sender has said so.
    Said,
    /// The sender is gone.
    Cut,
}

/// What a look into the inbox gives.
pub(crate) enum Looked {
    /// The next item.
    Item(Vec<u8>),
    /// There will be none.
    Ended,
    /// There will be none, though there should be: what came is a part.
    Cut,
}

impl Inbox {
    pub(crate) fn push(&self, item: Vec<u8>, size: usize) {
        let waker = {
            let mut inner = locked(&self.0);
            inner.open_items = inner.open_items.saturating_sub(1);
            inner.open_bytes -= i64::try_from(size).unwrap_or(i64::MAX);
            inner.waiting_bytes += size;
            inner.items.push_back((item, size));
            inner.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// The sender has sent its last.
    pub(crate) fn end(&self) {
        self.over(End::Said);
    }

    /// The sender is gone. What came is still there to be taken.
    pub(crate) fn cut(&self) {
        self.over(End::Cut);
    }

    fn over(&self, end: End) {
        let waker = {
            let mut inner = locked(&self.0);
            inner.end.get_or_insert(end);
            inner.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Takes the next item, or waits for it.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Looked> {
        let mut inner = locked(&self.0);
        match inner.items.pop_front() {
            Some((item, size)) => {
                inner.waiting_bytes = inner.waiting_bytes.saturating_sub(size);
                Poll::Ready(Looked::Item(item))
            }
            None => match inner.end {
                Some(End::Said) => Poll::Ready(Looked::Ended),
                Some(End::Cut) => Poll::Ready(Looked::Cut),
                None => {
                    inner.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            },
        }
    }

    /// Credit to give now, items and bytes: half a window at a time, so that it costs a message in thirty-two.
    pub(crate) fn credit(&self) -> Option<(u32, u32)> {
        let mut inner = locked(&self.0);
        if inner.end.is_some() {
            return None;
        }
        let waiting = u32::try_from(inner.items.len()).unwrap_or(u32::MAX);
        let items = ITEMS
            .saturating_sub(inner.open_items)
            .saturating_sub(waiting);
        let held = inner.open_bytes + i64::try_from(inner.waiting_bytes).unwrap_or(i64::MAX);
        let bytes = u32::try_from((i64::from(BYTES) - held).max(0)).unwrap_or(u32::MAX);
        if items < ITEMS / 2 && bytes < BYTES / 2 {
            return None;
        }
        inner.open_items += items;
        inner.open_bytes += i64::from(bytes);
        Some((items, bytes))
    }

    /// What [`Inbox::credit`] gave could not be said; it is to be given again.
    pub(crate) fn take_back(&self, items: u32, bytes: u32) {
        let mut inner = locked(&self.0);
        inner.open_items = inner.open_items.saturating_sub(items);
        inner.open_bytes -= i64::from(bytes);
    }
}
