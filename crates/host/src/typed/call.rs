//! A call whose result has a type.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use crossplug_protocol::codec::Wire;

use super::read;
use crate::{Call, CallFuture, Payload, Result};

/// A call that was not sent yet, with a typed result. `.await` it, or end it with [`TypedCall::blocking`].
///
/// ```no_run
/// # async fn demo(plugin: crossplug_host::Plugin) -> crossplug_host::Result<()> {
/// use std::time::Duration;
/// use crossplug_host::agent::{ActionInvoke, AgentClient, Content, Memory};
///
/// let agent = AgentClient::new(&plugin);
/// let memory = Memory::new(Content::new().with_text("hello"));
/// let result = agent
///     .action_invoke(ActionInvoke::new("ECHO", memory))
///     .timeout(Duration::from_secs(2))
///     .on_progress(|progress| eprintln!("{:?}", progress.fraction))
///     .await?;
/// println!("{:?}", result.text);
/// # Ok(()) }
/// ```
#[must_use = "a call is sent when it is awaited, or by `blocking`"]
pub struct TypedCall<T> {
    call: Call,
    read: fn(&Payload) -> Result<T>,
}

impl<T> TypedCall<T> {
    /// For generated code.
    #[doc(hidden)]
    pub fn new<W: Wire<Value = T>>(call: Call) -> Self {
        Self {
            call,
            read: read::<W>,
        }
    }

    options!();

    /// Sends the call and waits on this thread, which does the reading itself.
    ///
    /// # Errors
    /// As for [`Call::blocking`]; [`Protocol`](crate::ErrorKind::Protocol) where the result does not fit its type.
    pub fn blocking(self) -> Result<T> {
        let operation = self.call.operation();
        (self.read)(&self.call.blocking()?).map_err(|error| error.in_operation(operation))
    }
}

impl<T> std::fmt::Debug for TypedCall<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.call.fmt(f)
    }
}

impl<T> IntoFuture for TypedCall<T> {
    type Output = Result<T>;
    type IntoFuture = TypedFuture<T>;

    fn into_future(self) -> TypedFuture<T> {
        TypedFuture {
            operation: self.call.operation(),
            future: self.call.into_future(),
            read: self.read,
        }
    }
}

/// A typed call under way. Sent when it is first polled; dropped before its end, it is cancelled.
#[must_use = "futures do nothing unless polled"]
pub struct TypedFuture<T> {
    operation: String,
    future: CallFuture,
    read: fn(&Payload) -> Result<T>,
}

impl<T> std::fmt::Debug for TypedFuture<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.future.fmt(f)
    }
}

impl<T> Future for TypedFuture<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        let read = this.read;
        Pin::new(&mut this.future).poll(context).map(|outcome| {
            outcome.and_then(|payload| {
                read(&payload).map_err(|error| error.in_operation(&this.operation))
            })
        })
    }
}
