//! What plugins ask of the host: handlers of the program, and the calls that reach them. It knows no door.

mod inbox;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use async_trait::async_trait;
use crossplug_protocol::descriptor::MethodDescriptor;
use crossplug_protocol::error::PluginError;

use crate::call::unread::Unread;
use crate::door::ServiceReply;
use crate::executor::Executor;
use crate::plugin::WeakPlugin;
use crate::{IntoPayload, Payload, Plugin, Result};

pub use inbox::Asked;
use inbox::Inbox;

/// What a handler gives back: a result, or an error that crosses the wire.
pub type ServiceResult<T = Payload> = std::result::Result<T, PluginError>;

/// Answers calls of one or more services. Closures given to
/// [`HostBuilder::service`](crate::HostBuilder::service) are handlers too.
#[async_trait]
pub trait ServiceHandler: Send + Sync {
    /// The services that it answers.
    fn offers(&self) -> Vec<Offer>;

    /// Answers a call. It is polled on the thread that reads from the plugin: wait by `await`, never by blocking.
    /// A call that the plugin cancels is dropped.
    ///
    /// # Errors
    /// Whatever the interface says; the plugin gets it as it is.
    async fn call(&self, call: ServiceCall) -> ServiceResult;
}

/// A service that a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// Wire name: `kv.get`.
    pub name: String,
    /// What its interface says that a plugin needs: `kv:read`. A grant may name either.
    pub permission: Option<String>,
}

impl Offer {
    /// A service without a permission of its own.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            permission: None,
        }
    }

    /// A service as its interface describes it.
    #[must_use]
    pub fn of(service: &MethodDescriptor) -> Self {
        Self {
            name: service.name.to_owned(),
            permission: service.permission.map(str::to_owned),
        }
    }

    /// The same with a permission.
    #[must_use]
    pub fn with_permission(mut self, permission: impl Into<String>) -> Self {
        self.permission = Some(permission.into());
        self
    }
}

/// A call of a plugin to the host.
#[derive(Debug)]
pub struct ServiceCall {
    method: String,
    params: Payload,
    deadline: Option<Instant>,
    traceparent: Option<String>,
    plugin: WeakPlugin,
    inbox: Arc<Inbox>,
}

impl ServiceCall {
    /// Wire name of the service.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// What it was called with.
    #[must_use]
    pub fn params(&self) -> &Payload {
        &self.params
    }

    /// When the plugin stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// W3C Trace Context, for calls that the handler makes.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// Name of the plugin that calls.
    #[must_use]
    pub fn plugin_name(&self) -> &str {
        self.plugin.name()
    }

    /// The plugin that calls, to call it in turn. None while it is being initialised or after its end.
    #[must_use]
    pub fn plugin(&self) -> Option<Plugin> {
        self.plugin.upgrade()
    }

    /// Whether the plugin has given the call up. A handler that awaits is dropped then; one that blocks may look.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inbox.is_over()
    }

    /// Passes progress to the plugin.
    pub fn progress(&self, fraction: Option<f64>, message: Option<&str>) {
        self.inbox.reply().progress(fraction, message);
    }

    /// Streams an item to the plugin; waits until it takes one.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) where the plugin has given the call up; otherwise as for
    /// [`Passage::upload`](crate::door::Passage::upload).
    pub async fn send(&self, item: impl IntoPayload) -> Result<()> {
        self.inbox.send(&item.into_payload()?).await
    }

    /// The next item that the plugin streams, none after the last.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) where the plugin has given the call up.
    pub async fn next(&self) -> Result<Option<Payload>> {
        self.inbox.next().await
    }
}

/// A handler and the permission that its service needs.
type Offered = (Option<String>, Arc<dyn ServiceHandler>);

/// Answers whatever a host offers, by name.
#[derive(Clone, Default)]
pub(crate) struct Services(HashMap<String, Offered>);

impl Services {
    /// Later handlers of a name take the place of earlier ones.
    pub(crate) fn add(&mut self, handler: &Arc<dyn ServiceHandler>) {
        for offer in handler.offers() {
            self.0
                .insert(offer.name, (offer.permission, Arc::clone(handler)));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Offered> {
        self.0.get(name)
    }

    /// Names and permissions.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0
            .iter()
            .map(|(name, (permission, _))| (name.as_str(), permission.as_deref()))
    }
}

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
        let inbox = Arc::new(Inbox::new(self.reply, self.unread));
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

/// A closure as a handler of one service.
pub(crate) struct Closure<F> {
    pub(crate) name: String,
    pub(crate) run: F,
}

#[async_trait]
impl<F, R, T> ServiceHandler for Closure<F>
where
    F: Fn(ServiceCall) -> R + Send + Sync,
    R: Future<Output = ServiceResult<T>> + Send,
    T: IntoPayload + Send,
{
    fn offers(&self) -> Vec<Offer> {
        vec![Offer::new(self.name.clone())]
    }

    async fn call(&self, call: ServiceCall) -> ServiceResult {
        encode((self.run)(call).await)
    }
}

/// A closure that blocks as a handler of one service: it gets a thread of the pool.
pub(crate) struct Blocking<F> {
    pub(crate) name: String,
    pub(crate) run: Arc<F>,
    pub(crate) executor: Executor,
}

#[async_trait]
impl<F, T> ServiceHandler for Blocking<F>
where
    F: Fn(ServiceCall) -> ServiceResult<T> + Send + Sync + 'static,
    T: IntoPayload + Send,
{
    fn offers(&self) -> Vec<Offer> {
        vec![Offer::new(self.name.clone())]
    }

    async fn call(&self, call: ServiceCall) -> ServiceResult {
        // The first poll is on a thread that reads; the next is on one of the pool.
        let mut moved = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut moved, true) {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            self.executor.spawn(async move { waker.wake() });
            Poll::Pending
        })
        .await;
        encode((self.run)(call))
    }
}

#[allow(
    clippy::result_large_err,
    reason = "handlers give this very type; a box here would only be unpacked again"
)]
fn encode<T: IntoPayload>(outcome: ServiceResult<T>) -> ServiceResult {
    outcome?.into_payload().map_err(|error| {
        PluginError::new(
            "internal",
            format!(
                "the host's handler gave what cannot be written: {}",
                error.context()
            ),
        )
    })
}
