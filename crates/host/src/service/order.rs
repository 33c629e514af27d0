//! Serving one call: the handler is run, here as far as it does not wait and in the pool for the rest, and whatever
//! becomes of it, the plugin gets one answer. It knows no door.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use crossplug_protocol::error::PluginError;

use super::inbox::{Asked, Inbox};
use super::{ServiceCall, ServiceHandler, ServiceResult};
use crate::Payload;
use crate::call::unread::Unread;
use crate::door::ServiceReply;
use crate::executor::Executor;
use crate::plugin::WeakPlugin;

/// A service call that was taken in but not begun: a door runs it when it holds no lock.
#[must_use = "a job that is dropped answers `cancelled`"]
pub struct Job {
    pub(crate) work: Pin<Box<dyn Future<Output = ()> + Send>>,
    pub(crate) executor: Executor,
}

impl Job {
    /// Runs the handler on this thread as far as it gets without waiting, and the rest in the pool.
    pub fn run(self) {
        self.executor.run_or_spawn(self.work);
    }

    /// Runs all of it in the pool.
    pub fn run_elsewhere(self) {
        self.executor.spawn(self.work);
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

/// What is needed to serve one call.
pub(crate) struct Order {
    pub(crate) handler: std::result::Result<Arc<dyn ServiceHandler>, PluginError>,
    pub(crate) method: String,
    pub(crate) params: Payload,
    pub(crate) deadline: Option<Instant>,
    pub(crate) traceparent: Option<String>,
    pub(crate) plugin: WeakPlugin,
    pub(crate) reply: Box<dyn ServiceReply>,
    pub(crate) executor: Executor,
    pub(crate) unread: Unread,
}

impl Order {
    /// The door's end of the call, and the work.
    pub(crate) fn take(self) -> (Asked, Job) {
        let encoding = self.params.encoding();
        let inbox = Arc::new(Inbox::new(self.reply, self.unread, encoding));
        let asked = Asked::new(Arc::clone(&inbox));
        let answering = Answering(Arc::clone(&inbox));
        let Self {
            handler,
            method,
            params,
            deadline,
            traceparent,
            plugin,
            executor,
            ..
        } = self;
        let work = async move {
            let handler = match handler {
                Ok(handler) => handler,
                Err(refusal) => return answering.finish(Err(refusal)),
            };
            let call = ServiceCall {
                method,
                params,
                deadline,
                traceparent,
                plugin,
                inbox: Arc::clone(&answering.0),
            };
            let mut handled = handler.call(call);
            let outcome = std::future::poll_fn(|context| {
                // A cancelled call ends here: the handler is dropped where it waits.
                if answering.0.cancelled(context.waker()) {
                    return Poll::Ready(None);
                }
                handled.as_mut().poll(context).map(Some)
            })
            .await;
            drop(handled);
            match outcome {
                Some(outcome) => answering.finish(outcome),
                None => answering.finish(Err(PluginError::new(
                    "cancelled",
                    "the plugin gave the call up",
                ))),
            }
        };
        (
            asked,
            Job {
                work: Box::pin(work),
                executor,
            },
        )
    }
}

/// Answers whatever happens: a handler that panics, or whose work is dropped, must not leave the plugin waiting.
struct Answering(Arc<Inbox>);

impl Answering {
    fn finish(self, outcome: ServiceResult) {
        self.0.answer(outcome);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let error = if std::thread::panicking() {
            PluginError::new("internal", "the host's handler panicked")
        } else {
            PluginError::new("cancelled", "the host gave the call up")
        };
        // Does nothing where an answer was given.
        self.0.answer(Err(error));
    }
}
