//! Waiting for time to pass.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::runtime::Call;

/// Ready after a while; see [`Context::sleep`](crate::Context::sleep).
#[must_use = "futures do nothing unless they are awaited"]
pub struct Sleep {
    call: Arc<Call>,
    until: Duration,
}

impl std::fmt::Debug for Sleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sleep")
            .field("left", &self.until.saturating_sub(self.call.runtime.now()))
            .finish_non_exhaustive()
    }
}

impl Sleep {
    pub(super) fn new(call: Arc<Call>, duration: Duration) -> Self {
        let until = call.runtime.now().saturating_add(duration);
        Self { call, until }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.call.runtime.now() >= self.until {
            return Poll::Ready(());
        }
        self.call.runtime.wake_at(self.until, context.waker());
        Poll::Pending
    }
}
