//! Closures as handlers of one service each.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::Encoding;

use super::{Offer, ServiceCall, ServiceHandler, ServiceResult};
use crate::IntoPayload;
use crate::executor::Executor;

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
        let encoding = call.encoding();
        encode((self.run)(call).await, encoding)
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
        let encoding = call.encoding();
        encode((self.run)(call), encoding)
    }
}

#[allow(
    clippy::result_large_err,
    reason = "handlers give this very type; a box here would only be unpacked again"
)]
fn encode<T: IntoPayload>(outcome: ServiceResult<T>, encoding: Encoding) -> ServiceResult {
    outcome?.into_payload(encoding).map_err(|error| {
        PluginError::new(
            "internal",
            format!(
                "the host's handler gave what cannot be written: {}",
                error.context()
            ),
        )
    })
}
