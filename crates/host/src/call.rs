//! One call from its caller's side: options, then a future, a blocking wait or a stream. It knows a passage as a seam
//! only, and neither processes nor messages.

pub(crate) mod flight;
pub(crate) mod mailbox;
mod raw;
mod stream;
pub(crate) mod unread;
mod window;

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use flight::Caller;
pub(crate) use flight::Flight;
pub use mailbox::Progress;
pub use raw::{RawCall, RawFuture};
pub use stream::{Stream, Uploader};
pub(crate) use window::{Window, WindowState};

use crate::door::Request;
use crate::{Error, ErrorKind, Payload, Plugin, Result};

/// A call that was not sent yet. `.await` it, or end it with [`Call::blocking`] or [`Call::stream`].
///
/// ```no_run
/// # async fn demo(plugin: crossplug_host::Plugin) -> crossplug_host::Result<()> {
/// use std::time::Duration;
/// let result = plugin
///     .call("note.count", serde_json::json!({ "in": "inbox" }))
///     .timeout(Duration::from_secs(2))
///     .on_progress(|progress| eprintln!("{:?}", progress.fraction))
///     .await?;
/// println!("{}", result.value()?);
/// # Ok(()) }
/// ```
#[must_use = "a call is sent when it is awaited, or by `blocking` or `stream`"]
pub struct Call {
    plugin: Plugin,
    method: String,
    params: Result<Payload>,
    timeout: Option<Duration>,
    traceparent: Option<String>,
    on_progress: Option<OnProgress>,
    raw: bool,
}

/// What the thread does that sends a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thread {
    /// Something else.
    Elsewhere,
    /// It waits for the call, for now.
    Attends,
    /// It waits for the call's end.
    Lent,
}

type OnProgress = Box<dyn FnMut(Progress) + Send>;

impl Call {
    pub(crate) fn new(plugin: Plugin, method: String, params: Result<Payload>) -> Self {
        let timeout = plugin.default_timeout();
        Self {
            plugin,
            method,
            params,
            timeout,
            traceparent: None,
            on_progress: None,
            raw: false,
        }
    }

    /// The same with bytes as they are.
    pub(crate) fn with_bytes(plugin: Plugin, method: String, input: Vec<u8>) -> Self {
        // Whoever asks for the answer takes the bytes out again and never reads them as JSON.
        let params = if plugin.carries_bytes() {
            Ok(Payload::trust(input))
        } else {
            let what = "this plugin's door carries JSON; use `Plugin::call`";
            Err(Error::new(ErrorKind::Incompatible, "call").with_context(what))
        };
        Self {
            raw: true,
            ..Self::new(plugin, method, params)
        }
    }

    /// How long to wait for the answer, in place of the host's default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits for as long as it takes.
    pub fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// Passes on a W3C Trace Context.
    pub fn traceparent(mut self, traceparent: impl Into<String>) -> Self {
        self.traceparent = Some(traceparent.into());
        self
    }

    /// Is called with the plugin's progress, by whoever awaits the call, before the answer.
    pub fn on_progress(mut self, on_progress: impl FnMut(Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// What an error of the call names.
    pub(crate) fn operation(&self) -> String {
        operation(&self.method)
    }

    /// Sends the call and waits on this thread, which does the reading itself: no other thread is woken.
    ///
    /// # Errors
    /// [`Plugin`](crate::ErrorKind::Plugin) with what the plugin answered, [`Deadline`](crate::ErrorKind::Deadline),
    /// [`Died`](crate::ErrorKind::Died), [`Protocol`](crate::ErrorKind::Protocol) or
    /// [`Limit`](crate::ErrorKind::Limit).
    pub fn blocking(mut self) -> Result<Payload> {
        let mut caller = Caller {
            operation: operation(&self.method),
            on_progress: self.on_progress.take(),
        };
        self.send(None, Thread::Lent)
            .and_then(|flight| flight.wait(&mut caller))
            .map_err(|error| caller.name(&error))
    }

    /// Sends the call and gives its streams: items that come, and an [`Uploader`] for items that go. For methods that
    /// stream; of one that does not, the stream is empty.
    ///
    /// # Errors
    /// [`Limit`](crate::ErrorKind::Limit) where the params cannot be sent; everything else comes out of the stream.
    pub fn stream(mut self) -> Result<Stream> {
        let caller = Caller {
            operation: operation(&self.method),
            on_progress: self.on_progress.take(),
        };
        match self.send(Some(Window::DEFAULT), Thread::Elsewhere) {
            Ok(flight) => Ok(Stream::new(flight, caller)),
            Err(error) => Err(caller.name(&error)),
        }
    }

    fn send(&mut self, window: Option<Window>, thread: Thread) -> Result<Flight> {
        check(&self.method)?;
        let params = std::mem::replace(&mut self.params, Ok(Payload::null()))?;
        let request = Request {
            method: &self.method,
            params: &params,
            deadline: self
                .timeout
                .and_then(|timeout| Instant::now().checked_add(timeout)),
            traceparent: self.traceparent.as_deref(),
            credit: window.map(|window| (window.items, window.bytes)),
            attended: thread != Thread::Elsewhere,
            lent: thread == Thread::Lent,
            raw: self.raw,
        };
        Ok(self.plugin.start(request))
    }
}

/// Words of the protocol itself are not for callers: they would tear the session's own state apart.
fn check(method: &str) -> Result<()> {
    let instead = match method {
        "initialize" => "a plugin is initialised when it is loaded",
        "shutdown" => "use `Plugin::stop`",
        _ if method.starts_with("$/") => "notifications have methods of their own",
        _ => return Ok(()),
    };
    let what = format!("the protocol keeps this name to itself: {instead}");
    Err(Error::new(ErrorKind::Denied, "call").with_context(what))
}

/// A blocking call without options, on borrowed parts.
pub(crate) fn blocking(plugin: &Plugin, method: &str, params: Result<Payload>) -> Result<Payload> {
    let send = || {
        let deadline = plugin
            .default_timeout()
            .and_then(|timeout| Instant::now().checked_add(timeout));
        check(method)?;
        let params = &params?;
        let request = Request {
            method,
            params,
            deadline,
            traceparent: None,
            credit: None,
            attended: true,
            lent: true,
            raw: false,
        };
        plugin.start(request).wait(&mut Caller {
            operation: String::new(),
            on_progress: None,
        })
    };
    send().map_err(|error| error.in_operation(operation(method)))
}

fn operation(method: &str) -> String {
    format!("call `{method}`")
}

impl IntoFuture for Call {
    type Output = Result<Payload>;
    type IntoFuture = CallFuture;

    fn into_future(mut self) -> CallFuture {
        let caller = Caller {
            operation: operation(&self.method),
            on_progress: self.on_progress.take(),
        };
        CallFuture {
            stage: Stage::Unsent(Box::new(self)),
            caller,
        }
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A call under way. Sent when it is first polled; dropped before its end, it is cancelled.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct CallFuture {
    stage: Stage,
    caller: Caller,
}

#[derive(Debug)]
enum Stage {
    Unsent(Box<Call>),
    Sent(Flight),
    Done,
}

impl CallFuture {
    /// Waits on this thread, which does the reading itself, but no longer than `limit`; none: the call goes on, and it can
    /// be asked again. For callers that have to look at something else now and then, such as signals.
    ///
    /// ```no_run
    /// # fn demo(plugin: crossplug_host::Plugin, stop: &dyn Fn() -> bool) -> crossplug_host::Result<()> {
    /// use std::{future::IntoFuture, time::Duration};
    /// let mut call = plugin.call("note.count", serde_json::json!({ "in": "inbox" })).into_future();
    /// while !stop() {
    ///     if let Some(outcome) = call.wait_within(Duration::from_millis(50)) {
    ///         println!("{}", outcome?.as_json());
    ///         break;
    ///     }
    /// }
    /// // Dropped before its end, the call is cancelled.
    /// # Ok(()) }
    /// ```
    pub fn wait_within(&mut self, limit: Duration) -> Option<Result<Payload>> {
        let until = Instant::now().checked_add(limit);
        let outcome = match self.sent(Thread::Attends) {
            Err(error) => Err(error),
            Ok(None) => return None,
            Ok(Some((flight, caller))) => flight.wait_until(until, caller)?,
        };
        Some(self.done(outcome))
    }

    /// The call under way, sent where it was not yet; none after its end.
    fn sent(&mut self, thread: Thread) -> Result<Option<(&mut Flight, &mut Caller)>> {
        if let Stage::Unsent(call) = &mut self.stage {
            self.stage = Stage::Sent(call.send(None, thread)?);
        }
        Ok(match &mut self.stage {
            Stage::Sent(flight) => Some((flight, &mut self.caller)),
            Stage::Unsent(_) | Stage::Done => None,
        })
    }

    fn done(&mut self, outcome: Result<Payload>) -> Result<Payload> {
        self.stage = Stage::Done;
        outcome.map_err(|error| self.caller.name(&error))
    }
}

impl Future for CallFuture {
    type Output = Result<Payload>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let outcome = match this.sent(Thread::Elsewhere) {
            Err(error) => Err(error),
            Ok(None) => return Poll::Pending,
            Ok(Some((flight, caller))) => {
                std::task::ready!(flight.poll_outcome(context.waker(), caller))
            }
        };
        Poll::Ready(this.done(outcome))
    }
}
