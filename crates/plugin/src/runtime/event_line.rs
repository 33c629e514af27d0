//! Events of the host, handled one after the other in the order of arrival, beside everything else.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crossplug_protocol::message::Level;

use super::{Call, Runtime, Task};
use crate::dispatch::Handling;
use crate::lock::locked;

/// So many events may wait for the one that is being handled; what comes then is dropped and logged.
const MOST: usize = 10_000;

/// The line.
#[derive(Default)]
pub(super) struct EventLine(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Handling>,
    running: bool,
    waker: Option<Waker>,
    /// No further events come.
    over: bool,
}

impl EventLine {
    /// Puts a handler behind the others. Gives the task that works the line off, the first time.
    pub(super) fn push(
        self: &Arc<Self>,
        runtime: &Arc<Runtime>,
        handling: Handling,
    ) -> Option<Arc<Task>> {
        let (waker, begun) = {
            let mut inner = locked(&self.0);
            if inner.waiting.len() >= MOST {
                drop(inner);
                runtime.log(
                    Level::Warn,
                    "an event was dropped: too many wait to be handled",
                    None,
                );
                return None;
            }
            inner.waiting.push_back(handling);
            runtime.with(|state| state.session.handles());
            (
                inner.waker.take(),
                std::mem::replace(&mut inner.running, true),
            )
        };
        waker.into_iter().for_each(Waker::wake);
        if begun {
            return None;
        }
        let opened = runtime.with(|state| state.opened.clone())?;
        let call = Arc::new(Call::aside(runtime, opened));
        let (line, runtime) = (Arc::clone(self), Arc::clone(runtime));
        let mut current: Option<Handling> = None;
        Some(Task::background(
            call,
            Box::pin(poll_fn(move |context| {
                line.work(&runtime, &mut current, context)
            })),
        ))
    }

    /// Ends the task that works the line off, once it has.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn end(&self) {
        let waker = {
            let mut inner = locked(&self.0);
            inner.over = true;
            inner.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    fn work(
        &self,
        runtime: &Arc<Runtime>,
        current: &mut Option<Handling>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            if let Some(handling) = current.as_mut() {
                // A panic ends this event and no other; the panic hook has told standard error.
                match catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(context))) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(())) | Err(_) => *current = None,
                }
                runtime.with(|state| state.session.handled(&mut state.out));
                runtime.flush();
            }
            let mut inner = locked(&self.0);
            match inner.waiting.pop_front() {
                Some(handling) => *current = Some(handling),
                None if inner.over => return Poll::Ready(()),
                None => {
                    inner.waker = Some(context.waker().clone());
                    return Poll::Pending;
                }
            }
        }
    }
}
