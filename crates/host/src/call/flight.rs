//! A call that was sent: waits for what comes back, keeps its deadline where the door does not, cancels when dropped.

use std::fmt;
use std::sync::{Arc, Weak};
use std::task::{Poll, Wake, Waker};
use std::time::Instant;

use super::OnProgress;
use super::mailbox::{Contents, Mailbox};
use super::unread::Unread;
use crate::door::{Answer, CallKey, Passage, Request};
use crate::executor::{Executor, Timer, thread_waker};
use crate::{Error, ErrorKind, Payload, Result};

/// What a call needs of its caller while it is under way.
pub(super) struct Caller {
    pub(super) operation: String,
    pub(super) on_progress: Option<OnProgress>,
}

impl Caller {
    pub(super) fn name(&self, error: &Error) -> Error {
        error.in_operation(self.operation.clone())
    }

    fn tell(&mut self, contents: &mut std::sync::MutexGuard<'_, Contents>) -> Vec<super::Progress> {
        if self.on_progress.is_none() {
            contents.progress.clear();
        }
        contents.progress.drain(..).collect()
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)
    }
}

/// A sent call.
pub(crate) struct Flight {
    passage: Arc<dyn Passage>,
    key: CallKey,
    mailbox: Arc<Mailbox>,
    deadline: Option<Instant>,
    bell: Option<(Executor, Timer)>,
    over: bool,
}

impl Flight {
    /// Sends.
    pub(crate) fn start(
        passage: &Arc<dyn Passage>,
        executor: &Executor,
        unread: &Unread,
        request: Request<'_>,
    ) -> Self {
        let mailbox = Arc::new(Mailbox::new(unread));
        let key = passage.call(request, Answer::new(Arc::clone(&mailbox)));
        let bell = request
            .deadline
            // A thread that is lent looks at the time itself.
            .filter(|_| !(request.lent || passage.keeps_deadlines()))
            .map(|deadline| {
                let bell = Bell {
                    passage: Arc::downgrade(passage),
                    key,
                    mailbox: Arc::downgrade(&mailbox),
                };
                (
                    executor.clone(),
                    executor.wake_at(deadline, Waker::from(Arc::new(bell))),
                )
            });
        Self {
            passage: Arc::clone(passage),
            key,
            mailbox,
            deadline: request.deadline,
            bell,
            over: false,
        }
    }

    pub(super) fn passage(&self) -> &Arc<dyn Passage> {
        &self.passage
    }

    pub(super) fn key(&self) -> CallKey {
        self.key
    }

    pub(super) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// Tells progress, then looks whether the call has ended.
    pub(super) fn poll_outcome(
        &mut self,
        waker: &Waker,
        caller: &mut Caller,
    ) -> Poll<Result<Payload>> {
        self.poll(waker, caller, |contents| contents.outcome.take())
    }

    /// Tells progress, then looks for something in the mailbox; where there is nothing, `waker` learns of the next change.
    pub(super) fn poll<T>(
        &mut self,
        waker: &Waker,
        caller: &mut Caller,
        find: impl FnOnce(&mut Contents) -> Option<T>,
    ) -> Poll<T> {
        let mut contents = self.mailbox.lock();
        if !contents.progress.is_empty() {
            let progress = caller.tell(&mut contents);
            drop(contents);
            if let Some(on_progress) = &mut caller.on_progress {
                progress.into_iter().for_each(on_progress);
            }
            contents = self.mailbox.lock();
        }
        let found = find(&mut contents);
        self.over |= contents.settled;
        if let Some(found) = found {
            return Poll::Ready(found);
        }
        if !contents
            .receiver
            .as_ref()
            .is_some_and(|known| known.will_wake(waker))
        {
            contents.receiver = Some(waker.clone());
        }
        Poll::Pending
    }

    /// Waits on this thread for the end of the call.
    pub(super) fn wait(mut self, caller: &mut Caller) -> Result<Payload> {
        loop {
            if let Some(outcome) = self.wait_until(None, caller) {
                return outcome;
            }
        }
    }

    /// The same until a time. None: the call goes on.
    pub(super) fn wait_until(
        &mut self,
        until: Option<Instant>,
        caller: &mut Caller,
    ) -> Option<Result<Payload>> {
        let waker = thread_waker();
        loop {
            if let Poll::Ready(outcome) = self.poll_outcome(&waker, caller) {
                return Some(outcome);
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            let mail = |contents: &Contents| contents.settled || !contents.progress.is_empty();
            self.attend(until, mail);
        }
    }

    /// Lends this thread to the passage until the mailbox is as wished, or the time, or the deadline, which ends the call.
    pub(super) fn attend(&self, until: Option<Instant>, wished: impl Fn(&Contents) -> bool) {
        let until = match (until, self.deadline) {
            (Some(until), Some(deadline)) => Some(until.min(deadline)),
            (one, other) => one.or(other),
        };
        self.passage
            .attend(self.key, &|| wished(&self.mailbox.lock()), until);
        if self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
        {
            expire(&self.passage, self.key, &self.mailbox);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some((executor, timer)) = self.bell.take() {
            executor.forget(timer);
        }
        if !self.over && !self.mailbox.lock().settled {
            self.passage.cancel(self.key);
        }
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("key", &self.key)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Rings at the deadline of a call whose passage keeps none.
struct Bell {
    passage: Weak<dyn Passage>,
    key: CallKey,
    mailbox: Weak<Mailbox>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if let (Some(passage), Some(mailbox)) = (self.passage.upgrade(), self.mailbox.upgrade()) {
            expire(&passage, self.key, &mailbox);
        }
    }
}

fn expire(passage: &Arc<dyn Passage>, key: CallKey, mailbox: &Mailbox) {
    if !mailbox.lock().settled {
        mailbox.settle(Err(late()));
        passage.cancel(key);
    }
}

/// What a call says that got no answer in time.
pub(crate) fn late() -> Error {
    Error::new(ErrorKind::Deadline, "call")
        .with_context("the plugin did not answer in time; allow more with a timeout")
}
