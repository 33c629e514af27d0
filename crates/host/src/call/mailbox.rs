//! Where a door puts what comes back of a call, and its caller takes it out. It knows neither of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

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
#[derive(Debug, Default)]
pub(crate) struct Mailbox(Mutex<Contents>);

#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) outcome: Option<Result<Payload>>,
    /// Stays true when the outcome is taken.
    pub(crate) settled: bool,
    /// Each with the bytes that it took of the credit.
    pub(crate) items: VecDeque<(Payload, u64)>,
    pub(crate) progress: VecDeque<Progress>,
    /// Woken by items, progress and the outcome.
    pub(crate) receiver: Option<Waker>,
    /// Woken by room for an upload and by the outcome.
    pub(crate) uploader: Option<Waker>,
}

impl Mailbox {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Contents> {
        // No code of anybody else's runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the call; only the first time counts.
    pub(crate) fn settle(&self, outcome: Result<Payload>) {
        self.change(|contents| {
            if contents.settled {
                return [None, None];
            }
            contents.settled = true;
            contents.outcome = Some(outcome);
            [contents.receiver.take(), contents.uploader.take()]
        });
    }

    pub(crate) fn progress(&self, progress: Progress) {
        self.change(|contents| {
            if contents.progress.len() >= PROGRESS_KEPT {
                contents.progress.pop_front();
            }
            contents.progress.push_back(progress);
            [contents.receiver.take(), None]
        });
    }

    pub(crate) fn item(&self, item: Payload, bytes: u64) {
        self.change(|contents| {
            contents.items.push_back((item, bytes));
            [contents.receiver.take(), None]
        });
    }

    pub(crate) fn room(&self) {
        self.change(|contents| [contents.uploader.take(), None]);
    }

    /// Wakes outside of the lock: what a waker does is somebody else's business.
    fn change(&self, how: impl FnOnce(&mut Contents) -> [Option<Waker>; 2]) {
        let wakers = how(&mut self.lock());
        wakers.into_iter().flatten().for_each(Waker::wake);
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
    /// have held the plugin to its credit.
    pub fn item(&self, item: Payload, bytes: u64) {
        self.mailbox.item(item, bytes);
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
