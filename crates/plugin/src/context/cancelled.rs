//! Waiting for the caller to give up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::runtime::Call;

/// Ready once the call is cancelled; see [`Context::cancelled`](crate::Context::cancelled).
#[must_use = "futures do nothing unless they are awaited"]
pub struct Cancelled {
    call: Arc<Call>,
    key: Option<u64>,
}

impl std::fmt::Debug for Cancelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancelled")
            .field("already", &self.call.is_cancelled())
            .finish_non_exhaustive()
    }
}

impl Cancelled {
    pub(super) const fn new(call: Arc<Call>) -> Self {
        Self { call, key: None }
    }
}

impl Future for Cancelled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.call.poll_cancelled(&mut this.key, context)
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.call.forget_waiter(key);
        }
    }
}
