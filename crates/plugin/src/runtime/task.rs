//! A handler that runs: polled by whoever has time, by one at a time, again when it was woken. A panic in it is an answer.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use crossplug_protocol::error::PluginError;
use crossplug_protocol::session::Ticket;

use super::{Call, trace};
use crate::dispatch::Answering;
use crate::lock::locked;

/// Nobody polls it, nobody has woken it.
const IDLE: u8 = 0;
/// It waits among the ready ones.
const READY: u8 = 1;
/// Somebody polls it.
const RUNNING: u8 = 2;
/// Somebody polls it, and it was woken since.
const AGAIN: u8 = 3;
/// It has answered.
const DONE: u8 = 4;

/// One handler.
pub(crate) struct Task {
    status: AtomicU8,
    handler: Mutex<Option<Handler>>,
    call: Arc<Call>,
    ends: Ends,
}

enum Handler {
    Answering(Answering),
    Background(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// What follows from its end.
enum Ends {
    /// The answer to its call, if it has one.
    Answers,
    /// The answer to `initialize`.
    Starts(Ticket),
    /// The plugin has stopped.
    Stops,
}

impl Task {
    /// Answers a call; made ready by whoever makes it.
    pub(super) fn answering(call: Arc<Call>, answering: Answering) -> Arc<Self> {
        Self::new(call, Handler::Answering(answering), Ends::Answers)
    }

    /// Starts the plugin, on which `initialize` waits.
    pub(super) fn starting(call: Arc<Call>, ticket: Ticket, starting: Answering) -> Arc<Self> {
        Self::new(call, Handler::Answering(starting), Ends::Starts(ticket))
    }

    /// Stops the plugin.
    pub(super) fn stopping(call: Arc<Call>, stopping: Answering) -> Arc<Self> {
        Self::new(call, Handler::Answering(stopping), Ends::Stops)
    }

    /// Runs without an answer.
    pub(super) fn background(
        call: Arc<Call>,
        future: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Arc<Self> {
        Self::new(call, Handler::Background(future), Ends::Answers)
    }

    fn new(call: Arc<Call>, handler: Handler, ends: Ends) -> Arc<Self> {
        let task = Arc::new(Self {
            status: AtomicU8::new(READY),
            handler: Mutex::new(Some(handler)),
            call,
            ends,
        });
        task.call.run_by(&task);
        task
    }

    /// Runs it as far as it goes.
    pub(crate) fn run(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let mut handler = locked(&self.handler);
        self.status.store(RUNNING, Ordering::SeqCst);
        let outcome = match handler.as_mut() {
            None => return,
            Some(running) => poll(running, &self.call, &mut context),
        };
        let outcome = match outcome {
            Poll::Pending if self.call.is_to_drop() => Some(Err(PluginError::cancelled())),
            Poll::Pending => None,
            Poll::Ready(outcome) => Some(outcome),
        };
        if let Some(outcome) = outcome {
            self.status.store(DONE, Ordering::SeqCst);
            // What the handler holds is the author's, and so is what happens when it goes.
            let ended = handler.take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop(ended)));
            drop(handler);
            self.call.ended();
            let runtime = &self.call.runtime;
            match self.ends {
                Ends::Answers => runtime.finish(&self.call, outcome),
                Ends::Starts(ticket) => runtime.started(ticket, outcome),
                Ends::Stops => runtime.stopped(),
            }
            return;
        }
        if self
            .status
            .compare_exchange(RUNNING, IDLE, Ordering::SeqCst, Ordering::SeqCst)
            .is_err()
        {
            // It was woken meanwhile. Behind the others: one that always wakes itself must not keep them waiting.
            self.status.store(READY, Ordering::SeqCst);
            drop(handler);
            self.call.runtime.schedule(Arc::clone(self));
        }
    }

    /// The call that it answers, or is about.
    pub(crate) const fn call(&self) -> &Arc<Call> {
        &self.call
    }

    /// Has it polled once more.
    pub(crate) fn wake_again(self: &Arc<Self>) {
        loop {
            let (from, to) = match self.status.load(Ordering::SeqCst) {
                IDLE => (IDLE, READY),
                RUNNING => (RUNNING, AGAIN),
                _ => return,
            };
            if self
                .status
                .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
            {
                if to == READY {
                    self.call.runtime.schedule(Arc::clone(self));
                }
                return;
            }
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_again();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_again();
    }
}

fn poll(
    handler: &mut Handler,
    call: &Call,
    context: &mut Context<'_>,
) -> Poll<Result<Vec<u8>, PluginError>> {
    let debug = call.opened.debug;
    let polled = trace::watched(debug, || {
        catch_unwind(AssertUnwindSafe(|| match handler {
            Handler::Answering(future) => future.as_mut().poll(context),
            Handler::Background(future) => future.as_mut().poll(context).map(|()| Ok(Vec::new())),
        }))
    });
    match polled {
        (Ok(polled), _) => polled,
        (Err(panic), trace) => Poll::Ready(Err(trace::error_of(&*panic, trace))),
    }
}
