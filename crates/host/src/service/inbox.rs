//! Both ends of one service call: what the plugin sends after its request, and the one answer. Knows no handler.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crossplug_protocol::handshake::Encoding;

use super::ServiceResult;
use crate::call::unread::{Items, Unread};
use crate::door::ServiceReply;
use crate::waking::{Wakers, wake};
use crate::{Error, ErrorKind, IntoPayload, Payload, PluginError, Result};

/// What a handler lets the plugin stream before it has taken the first: as for calls the other way.
const WINDOW: crate::call::Window = crate::call::Window::DEFAULT;

pub(crate) struct Inbox {
    reply: Box<dyn ServiceReply>,
    /// What the plugin's payloads are in.
    encoding: Encoding,
    state: Mutex<State>,
}

struct State {
    cancelled: bool,
    answered: bool,
    /// Where the whole of the work waits, for cancellation.
    work: Option<Waker>,
    items: Items,
    ended: bool,
    /// Given to the plugin and not used up; nothing until the handler asks for the first item.
    window: Option<crate::call::WindowState>,
    /// Where the handler waits for an item.
    readers: Wakers,
    /// Where it waits for room.
    writers: Wakers,
}

impl Inbox {
    pub(super) fn new(reply: Box<dyn ServiceReply>, unread: Unread, encoding: Encoding) -> Self {
        let state = State {
            cancelled: false,
            answered: false,
            work: None,
            items: Items::new(unread),
            ended: false,
            window: None,
            readers: Wakers::default(),
            writers: Wakers::default(),
        };
        Self {
            reply,
            encoding,
            state: Mutex::new(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reply(&self) -> &dyn ServiceReply {
        &*self.reply
    }

    /// Answers, the first time.
    pub(super) fn answer(&self, outcome: ServiceResult) {
        if !std::mem::replace(&mut self.lock().answered, true) {
            // A handler of one's own may give what it had from elsewhere.
            let fitting = |result: Payload| result.into_payload(self.encoding);
            self.reply.reply(outcome.and_then(|result| {
                fitting(result).map_err(|error| PluginError::internal(error.context().to_owned()))
            }));
        }
    }

    pub(super) fn is_over(&self) -> bool {
        let state = self.lock();
        state.cancelled || state.answered
    }

    /// Whether the plugin has given up; if not, `waker` learns of it.
    pub(super) fn cancelled(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        if !state
            .work
            .as_ref()
            .is_some_and(|known| known.will_wake(waker))
        {
            state.work = Some(waker.clone());
        }
        state.cancelled
    }

    pub(super) async fn send(&self, item: &Payload) -> Result<()> {
        std::future::poll_fn(|context| {
            let mut state = self.lock();
            if state.cancelled || state.answered {
                let gone = Error::new(ErrorKind::Cancelled, "stream to the plugin");
                return Poll::Ready(Err(gone.with_context("the plugin gave the call up")));
            }
            // Before the attempt, so that room which comes meanwhile is not missed.
            state.writers.add(context.waker());
            drop(state);
            match self.reply.item(item) {
                Ok(true) => Poll::Ready(Ok(())),
                Ok(false) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            }
        })
        .await
    }

    pub(super) async fn next(&self) -> Result<Option<Payload>> {
        std::future::poll_fn(|context| {
            let mut state = self.lock();
            if state.window.is_none() {
                state.window = Some(crate::call::WindowState::full(WINDOW));
                drop(state);
                self.reply.credit(WINDOW.items, WINDOW.bytes);
                state = self.lock();
            }
            if let Some((item, bytes)) = state.items.pop() {
                let more = state.window.as_mut().and_then(|window| window.taken(bytes));
                drop(state);
                if let Some((items, bytes)) = more {
                    self.reply.credit(items, bytes);
                }
                return Poll::Ready(Ok(Some(item)));
            }
            if state.ended {
                return Poll::Ready(Ok(None));
            }
            if state.cancelled || state.answered {
                let gone = Error::new(ErrorKind::Cancelled, "read the plugin's stream");
                return Poll::Ready(Err(gone.with_context("the plugin gave the call up")));
            }
            state.readers.add(context.waker());
            Poll::Pending
        })
        .await
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inbox")
    }
}

/// A door's end of a service call: what the plugin says about it after having asked.
#[derive(Debug, Clone)]
pub struct Asked(Arc<Inbox>);

impl Asked {
    pub(super) fn new(inbox: Arc<Inbox>) -> Self {
        Self(inbox)
    }

    /// The plugin gave the call up, or is gone.
    pub fn cancel(&self) {
        let mut state = self.0.lock();
        state.cancelled = true;
        let work = state.work.take();
        let waiting = state.readers.take().and(state.writers.take());
        drop(state);
        work.into_iter().for_each(wake);
        waiting.wake();
    }

    /// The plugin streams an item, for `bytes` of its credit. Where more waits to be read from the plugin than
    /// [`Limits::buffered_bytes`](crate::Limits) allows, the call is answered with `resourceExhausted` instead.
    pub fn item(&self, item: Payload, bytes: u64) {
        let mut taken = Ok(());
        self.change(|state| {
            taken = state.items.push(item, bytes);
            state.readers.take()
        });
        if let Err(excess) = taken {
            let mut exhausted = PluginError::resource_exhausted(excess.to_string());
            exhausted.retryable = true;
            self.0.answer(Err(exhausted));
            self.cancel();
        }
    }

    /// The plugin streams no more.
    pub fn end(&self) {
        self.change(|state| {
            state.ended = true;
            state.readers.take()
        });
    }

    /// The plugin takes more of the handler's stream.
    pub fn room(&self) {
        self.change(|state| state.writers.take());
    }

    fn change(&self, how: impl FnOnce(&mut State) -> Wakers) {
        let waiting = how(&mut self.0.lock());
        waiting.wake();
    }
}
