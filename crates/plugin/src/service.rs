//! Calls of the host's services: the one way in which a plugin asks for something.

mod request;

use std::any::TypeId;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::Poll;

use crossplug_protocol::codec::{self, Encoded, Wire};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::session::{CallId, StreamId};

use crate::context::error_of;
use crate::runtime::{Asked, Call};
use crate::stream;

pub use request::ServiceRequest;
pub(crate) use request::params;

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

/// Whether anything flows this way.
fn flows<W: 'static>() -> bool {
    TypeId::of::<W>() != TypeId::of::<codec::Nothing>()
}

impl<I: Wire + 'static, U: Wire, R: Wire> ServiceCall<I, U, R> {
    /// The next item of the host; `None` once it has answered.
    ///
    /// # Errors
    /// `internal` for an item that does not fit its type.
    pub async fn next(&mut self) -> Result<Option<I::Value>, PluginError> {
        if !flows::<I>() {
            return Ok(None);
        }
        let looked = poll_fn(|context| {
            stream::next(
                &self.call.runtime,
                StreamId::Call(self.id),
                self.asked.inbox(),
                context,
            )
        });
        // Nobody's params are wrong: the host has sent what its service does not say.
        let encoding = self.call.opened.encoding;
        stream::read(looked.await?, encoding, |item| item.decode::<I>()).map_err(|error| {
            PluginError::internal(format!("the host's item does not fit: {}", error.message))
        })
    }

    /// Sends an item to the host once it has room for it.
    ///
    /// # Errors
    /// `cancelled` where the host has answered already, `internal` where the item cannot be written.
    pub async fn send(&self, item: &U::Value) -> Result<(), PluginError>
    where
        U::Value: Sync,
    {
        let bytes = stream::encode::<U>(self.call.opened.encoding, item)
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

    /// The host's answer. Items that were not taken are asked for and dropped, so that it always comes.
    ///
    /// # Errors
    /// The host's own error, or `internal` where its answer does not fit its type.
    pub async fn result(mut self) -> Result<R::Value, PluginError> {
        let outcome = poll_fn(|context| {
            if flows::<I>() {
                let stream = StreamId::Call(self.id);
                stream::drain(&self.call.runtime, stream, self.asked.inbox(), context);
            }
            match self.asked.poll(context) {
                Poll::Ready(outcome) => Poll::Ready(outcome),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        self.answered = true;
        let bytes = outcome?;
        let answer = Encoded::new(self.call.opened.encoding, &bytes);
        answer.decode::<R>().map_err(|error| {
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
