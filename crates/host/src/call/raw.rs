//! A call whose params and result are bytes as they are, for doors that carry such. It is a call like any other, and
//! knows as little of its door.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Call, CallFuture};
use crate::{Payload, Result};

/// A call with bytes that was not sent yet. `.await` it, or end it with [`RawCall::blocking`]; see
/// [`Plugin::call_raw`](crate::Plugin::call_raw).
#[must_use = "a call is sent when it is awaited, or by `blocking`"]
#[derive(Debug)]
pub struct RawCall(Call);

impl RawCall {
    pub(crate) fn new(call: Call) -> Self {
        Self(call)
    }

    /// How long to wait for the answer, in place of the host's default.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// Waits for as long as it takes.
    pub fn no_timeout(self) -> Self {
        Self(self.0.no_timeout())
    }

    /// Sends the call and waits on this thread, on which a plugin in a sandbox runs, too.
    ///
    /// # Errors
    /// As for [`Call::blocking`]; [`Trap`](crate::ErrorKind::Trap), [`NotFound`](crate::ErrorKind::NotFound) for an
    /// export that there is not, [`Incompatible`](crate::ErrorKind::Incompatible) for one of another signature and for
    /// plugins that take no bytes.
    pub fn blocking(self) -> Result<Vec<u8>> {
        self.0.blocking().map(Payload::into_bytes)
    }
}

impl IntoFuture for RawCall {
    type Output = Result<Vec<u8>>;
    type IntoFuture = RawFuture;

    fn into_future(self) -> RawFuture {
        RawFuture(self.0.into_future())
    }
}

/// A call with bytes under way. Sent when it is first polled; dropped before its end, it is cancelled.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct RawFuture(CallFuture);

impl RawFuture {
    /// Waits on this thread, but no longer than `limit`; see [`CallFuture::wait_within`](super::CallFuture::wait_within).
    pub fn wait_within(&mut self, limit: Duration) -> Option<Result<Vec<u8>>> {
        let outcome = self.0.wait_within(limit)?;
        Some(outcome.map(Payload::into_bytes))
    }
}

impl Future for RawFuture {
    type Output = Result<Vec<u8>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|outcome| outcome.map(Payload::into_bytes))
    }
}
