//! Calls of the host's services: the one way in which a plugin asks for something.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::Poll;

use crossplug_protocol::codec::{self, Wire};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallId, CallOptions, StreamId};

use crate::context::error_of;
use crate::runtime::{Asked, Call};
use crate::stream;

/// Params lie one level deep in their message.
const PARAMS_DEPTH: usize = codec::DEPTH - 1;

/// What a call of a service begins with.
pub(crate) struct Starting<'a> {
    pub(crate) call: &'a Arc<Call>,
    pub(crate) service: &'a str,
    pub(crate) params: &'a [u8],
}

/// Params as they travel.
pub(crate) fn params<P: Wire>(params: &P::Value) -> Result<Vec<u8>, PluginError> {
    let mut bytes = Vec::with_capacity(64);
    codec::encode_into::<P>(params, PARAMS_DEPTH, &mut bytes)
        .map_err(|error| PluginError::invalid_params(format!("the params {error}")))?;
    // A service that takes nothing takes an empty object.
    if bytes == b"null" {
        Ok(b"{}".to_vec())
    } else {
        Ok(bytes)
    }
}

/// A call of a service that is under way: `I` streams to the plugin, `U` from it, `R` ends it. Dropping it gives it up.
pub struct ServiceCall<I, U, R> {
    call: Arc<Call>,
    asked: Arc<Asked>,
    id: CallId,
    answered: bool,
    types: PhantomData<fn(I, U) -> R>,
}

impl<I, U, R> std::fmt::Debug for ServiceCall<I, U, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceCall")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<I: Wire, U: Wire, R: Wire> ServiceCall<I, U, R> {
    pub(crate) fn start(starting: Starting<'_>) -> Result<Self, PluginError> {
        let Starting {
            call,
            service,
            params,
        } = starting;
        let runtime = &call.runtime;
        let deadline = call.deadline.map(|deadline| runtime.since_origin(deadline));
        let mut options = CallOptions::new();
        options.deadline = deadline;
        options.traceparent = call.traceparent.as_deref();
        let asked = Arc::new(Asked::default());
        let now = runtime.now();
        let sent = runtime.with(|state| {
            let id = state.session.call(
                service,
                Some(&Raw::trust(params)),
                &options,
                now,
                &mut state.out,
            )?;
            state.expect_reply(id, Arc::clone(&asked));
            Ok(id)
        });
        let id = sent.map_err(|refused| error_of(&refused))?;
        runtime.flush();
        if deadline.is_some() {
            runtime.timer();
        }
        Ok(Self {
            call: Arc::clone(call),
            asked,
            id,
            answered: false,
            types: PhantomData,
        })
    }

    /// The next item of the host; `None` once it has answered.
    ///
    /// # Errors
    /// `internal` for an item that does not fit its type, `failedPrecondition` where the dialect has no streams.
    pub async fn next(&mut self) -> Result<Option<I::Value>, PluginError> {
        let looked = poll_fn(|context| {
            stream::next(
                &self.call.runtime,
                StreamId::Call(self.id),
                self.asked.inbox(),
                context,
            )
        });
        stream::read(looked.await?, codec::decode_scanned::<I>)
    }

    /// Sends an item to the host once it has room for it.
    ///
    /// # Errors
    /// `cancelled` where the host has answered already, `internal` where the item cannot be written.
    pub async fn send(&self, item: &U::Value) -> Result<(), PluginError>
    where
        U::Value: Sync,
    {
        let bytes = stream::encode::<U>(item)
            .map_err(|error| PluginError::internal(format!("the item {error}")))?;
        poll_fn(|context| {
            stream::send(
                &self.call.runtime,
                StreamId::Call(self.id),
                &bytes,
                context,
                |context| {
                    self.asked.wait_for_credit(context.waker());
                },
            )
        })
        .await
    }

    /// Says that there are no more items.
    ///
    /// # Errors
    /// `cancelled` where the host has answered already.
    pub fn end(&self) -> Result<(), PluginError> {
        let ended = self
            .call
            .runtime
            .with(|state| state.session.end(self.id, &mut state.out));
        self.call.runtime.flush();
        ended.map_err(|refused| error_of(&refused))
    }

    /// The host's answer. Items that were not taken are passed over.
    ///
    /// # Errors
    /// The host's own error, or `internal` where its answer does not fit its type.
    pub async fn result(mut self) -> Result<R::Value, PluginError> {
        let outcome = poll_fn(|context| match self.asked.poll(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => Poll::Pending,
        })
        .await;
        self.answered = true;
        let bytes = outcome?;
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        codec::decode_scanned::<R>(text).map_err(|error| {
            PluginError::internal(format!("the host's answer does not fit: {error}"))
        })
    }
}

impl<I, U, R> Drop for ServiceCall<I, U, R> {
    fn drop(&mut self) {
        if !self.answered {
            self.call.runtime.with(|state| state.forget_reply(self.id));
            self.call.runtime.flush();
        }
    }
}
