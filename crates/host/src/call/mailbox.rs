//! Where a door puts what comes back of a call, and its caller takes it out. It knows neither of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::unread::{Items, Unread};
use crate::waking::{Wakers, wake};
use crate::{Error, ErrorKind, Payload, Result};

/// Progress that nobody has looked at yet: the newest are what matters.
const PROGRESS_KEPT: usize = 64;

/// What a plugin says of a call under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// 0 to 1.
    pub fraction: Option<f64>,
    /// For a person.
    pub message: Option<String>,
}

/// The caller's end.
#[derive(Debug)]
pub(crate) struct Mailbox(Mutex<Contents>);

#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) outcome: Option<Result<Payload>>,
    /// Stays true when the outcome is taken.
    pub(crate) settled: bool,
    pub(crate) items: Items,
    pub(crate) progress: VecDeque<Progress>,
    /// Woken by items, progress and the outcome.
    pub(crate) receiver: Option<Waker>,
    /// Woken by room for an upload and by the outcome.
    pub(crate) uploading: Wakers,
    /// Counts how often there was room.
    pub(crate) rooms: u64,
    /// Those that have not ended.
    pub(crate) uploaders: usize,
}

impl Mailbox {
    pub(crate) fn new(unread: &Unread) -> Self {
        Self(Mutex::new(Contents {
            outcome: None,
            settled: false,
            items: Items::new(unread.clone()),
            progress: VecDeque::new(),
            receiver: None,
            uploading: Wakers::default(),
            rooms: 0,
            uploaders: 0,
        }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Contents> {
        // No code of anybody else's runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the call; only the first time counts.
    pub(crate) fn settle(&self, outcome: Result<Payload>) {
        self.change(|contents| contents.settle(outcome));
    }

    pub(crate) fn progress(&self, progress: Progress) {
        self.change(|contents| {
            if contents.progress.len() >= PROGRESS_KEPT {
                contents.progress.pop_front();
            }
            contents.progress.push_back(progress);
            contents.received()
        });
    }

    /// False: too much waits unread, so the call was ended instead.
    pub(crate) fn item(&self, item: Payload, bytes: u64) -> bool {
        let mut taken = true;
        self.change(|contents| match contents.items.push(item, bytes) {
            Ok(()) => contents.received(),
            Err(excess) => {
                taken = false;
                let what = format!(
                    "{excess}; read its streams faster, open fewer at once, or raise `buffered_bytes`"
                );
                contents.settle(Err(Error::new(ErrorKind::Limit, "call").with_context(what)))
            }
        });
        taken
    }

    pub(crate) fn room(&self) {
        self.change(|contents| {
            contents.rooms = contents.rooms.wrapping_add(1);
            (None, contents.uploading.take())
        });
    }

    /// Wakes outside of the lock.
    fn change(&self, how: impl FnOnce(&mut Contents) -> (Option<Waker>, Wakers)) {
        let (receiver, uploading) = how(&mut self.lock());
        receiver.into_iter().for_each(wake);
        uploading.wake();
    }
}

impl Contents {
    /// Something came. Gives who is to be woken.
    fn received(&mut self) -> (Option<Waker>, Wakers) {
        (self.receiver.take(), Wakers::default())
    }

    /// The end came; only the first time counts.
    fn settle(&mut self, outcome: Result<Payload>) -> (Option<Waker>, Wakers) {
        if self.settled {
            return (None, Wakers::default());
        }
        self.settled = true;
        self.outcome = Some(outcome);
        (self.receiver.take(), self.uploading.take())
    }
}

/// A door's end of a call: everything that comes back goes through it.
///
/// [`Answer::finish`] ends the call. An answer that is dropped instead ends it with [`ErrorKind::Died`], so a door that
/// loses a call by mistake never leaves its caller waiting.
#[derive(Debug)]
pub struct Answer {
    mailbox: Arc<Mailbox>,
}

impl Answer {
    pub(crate) fn new(mailbox: Arc<Mailbox>) -> Self {
        Self { mailbox }
    }

    /// Another hold on the same call, for doors of this crate that wake outside of their locks.
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// Passes on progress.
    pub fn progress(&self, fraction: Option<f64>, message: Option<String>) {
        self.mailbox.progress(Progress { fraction, message });
    }

    /// Passes on an item of the stream. `bytes` is what it took of the credit: the size of its message. A door must
    /// have held the plugin to its credit. False: more waits to be read from the plugin than
    /// [`Limits::buffered_bytes`](crate::Limits) allows, so the call has failed with [`ErrorKind::Limit`], and the door
    /// tells the plugin to stop working on it.
    pub fn item(&self, item: Payload, bytes: u64) -> bool {
        self.mailbox.item(item, bytes)
    }

    /// The plugin takes more of an upload.
    pub fn room(&self) {
        self.mailbox.room();
    }

    /// Ends the call. An error of the plugin comes as [`Error::from_plugin`]; the caller's operation is put in for it.
    pub fn finish(self, outcome: Result<Payload>) {
        self.mailbox.settle(outcome);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // Looks before it builds: after `finish` this is every call's path.
        if !self.mailbox.lock().settled {
            let lost = Error::new(ErrorKind::Died, "call")
                .with_context("the door gave the call up without an answer");
            self.mailbox.settle(Err(lost));
        }
    }
}
