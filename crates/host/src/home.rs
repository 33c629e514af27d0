//! The host's side of one plugin: whom a door reports to. It knows what the program wants to hear, and no door.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::Poll;
use std::time::Instant;

use crossplug_policy::{Allowed, Right};
use crossplug_protocol::codec::Value;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::generated::protocol::Granted;

use crate::call::unread::Unread;
use crate::door::ServiceReply;
use crate::executor::Executor;
use crate::log::{Event, Level, Log, LogSource, Report, Reports};
use crate::plugin::{Inner, WeakPlugin};
use crate::service::{Asked, Job, Order, Services};
use crate::waking::Wakers;
use crate::{Error, Payload};

/// Whom a door tells what its plugin says and does. Clones are the same home.
#[derive(Clone)]
pub struct Home(pub(crate) Arc<Side>);

/// What a plugin came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ending {
    /// Why it ended, where nobody had asked it to.
    pub error: Option<Error>,
    /// How its process ended, where it was one: `exit status: 0`, `signal: 9 (SIGKILL)`.
    pub status: Option<String>,
}

impl Ending {
    /// An end that the host wanted.
    #[must_use]
    pub fn wanted(status: Option<String>) -> Self {
        Self {
            error: None,
            status,
        }
    }

    /// An end that nobody wanted.
    #[must_use]
    pub fn failed(error: Error, status: Option<String>) -> Self {
        Self {
            error: Some(error),
            status,
        }
    }
}

pub(crate) struct Side {
    pub(crate) name: Arc<str>,
    pub(crate) allowed: Arc<Allowed>,
    pub(crate) services: Arc<Services>,
    pub(crate) reports: Arc<Reports>,
    pub(crate) executor: Executor,
    /// What waits to be read of all its streams.
    pub(crate) unread: Unread,
    /// Set when the plugin is open.
    pub(crate) plugin: OnceLock<Weak<Inner>>,
    ending: Mutex<Waiters>,
}

#[derive(Default)]
struct Waiters {
    ending: Option<Ending>,
    wakers: Wakers,
}

impl Home {
    pub(crate) fn new(
        name: Arc<str>,
        allowed: Arc<Allowed>,
        services: Arc<Services>,
        reports: Arc<Reports>,
        executor: Executor,
        unread: Unread,
    ) -> Self {
        let (plugin, ending) = (OnceLock::new(), Mutex::new(Waiters::default()));
        Self(Arc::new(Side {
            name,
            allowed,
            services,
            reports,
            executor,
            unread,
            plugin,
            ending,
        }))
    }

    /// Name of the plugin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The plugin, or its process, wrote a line.
    pub fn log(
        &self,
        source: LogSource,
        level: Level,
        message: impl Into<String>,
        fields: Option<&Payload>,
    ) {
        let plugin = Arc::clone(&self.0.name);
        // A tree costs far more than its text: not for nobody.
        let fields = fields
            .filter(|_| self.0.reports.wants_logs())
            .and_then(|fields| fields.value().ok())
            .unwrap_or(Value::Null);
        self.0.reports.push(Report::Log(Log {
            plugin,
            source,
            level,
            message: message.into(),
            fields,
        }));
    }

    /// The host itself has something to say about the plugin.
    pub fn note(&self, level: Level, message: impl Into<String>) {
        self.0.reports.say(level, message);
    }

    /// The plugin emitted an event. One on a stream that it may not write to is refused and logged; an event without a
    /// stream counts as one on a stream of the event's own name.
    pub fn event(&self, name: &str, stream: Option<&str>, seq: u64, payload: Payload) {
        if let Err(denial) = self.0.allowed.check(Right::Emit, stream.unwrap_or(name)) {
            self.0.reports.say(
                Level::Warn,
                format!("the event `{name}` was refused: {denial}"),
            );
            return;
        }
        let (plugin, stream) = (Arc::clone(&self.0.name), stream.map(str::to_owned));
        self.0.reports.push(Report::Event(Event {
            plugin,
            name: name.to_owned(),
            stream,
            seq,
            payload,
        }));
    }

    /// The plugin calls a service. The door keeps the first part to pass on what else the plugin says about the call,
    /// and runs the second when it holds no lock of its own. One that was not granted, or that nobody offers, is
    /// answered with `permissionDenied`.
    pub fn service(
        &self,
        method: &str,
        params: Payload,
        deadline: Option<Instant>,
        traceparent: Option<&str>,
        reply: Box<dyn ServiceReply>,
    ) -> (Asked, Job) {
        let offered = self.0.services.get(method);
        let permission = offered.and_then(|(permission, _)| permission.as_deref());
        let handler = match (self.0.allowed.service(method, permission), offered) {
            (Err(denial), _) => Err(PluginError::new("permissionDenied", denial.to_string())),
            (Ok(()), None) => {
                let what = format!(
                    "the plugin may not call the service `{method}`: this host does not offer it"
                );
                Err(PluginError::new("permissionDenied", what))
            }
            (Ok(()), Some((_, handler))) => Ok(Arc::clone(handler)),
        };
        let order = Order {
            handler,
            method: method.to_owned(),
            params,
            deadline,
            traceparent: traceparent.map(str::to_owned),
            plugin: self.plugin(),
            reply,
            executor: self.0.executor.clone(),
            unread: self.0.unread.clone(),
        };
        order.take()
    }

    /// What `initialize` tells the plugin that it may do.
    #[must_use]
    pub fn granted(&self) -> Granted {
        let mut services: Vec<_> = self.0.services.list().collect();
        services.sort_unstable();
        self.0.allowed.told(services)
    }

    /// Runs something for a door on the host's own few threads.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.executor.spawn(work);
    }

    /// Nothing is left of the plugin. Only the first time counts.
    pub fn ended(&self, ending: Ending) {
        let mut waiters = self.0.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if waiters.ending.is_none() {
            waiters.ending = Some(ending);
        }
        let wakers = waiters.wakers.take();
        drop(waiters);
        wakers.wake();
    }

    pub(crate) async fn ending(&self) -> Ending {
        let ending = std::future::poll_fn(|context| {
            let mut waiters = self.0.ending.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(ending) = &waiters.ending {
                return Poll::Ready(ending.clone());
            }
            waiters.wakers.add(context.waker());
            Poll::Pending
        })
        .await;
        self.0.reports.flushed().await;
        ending
    }

    fn plugin(&self) -> WeakPlugin {
        WeakPlugin::new(
            Arc::clone(&self.0.name),
            self.0.plugin.get().cloned().unwrap_or_default(),
        )
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}
