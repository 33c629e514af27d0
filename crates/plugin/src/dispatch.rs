//! Between names on the wire and an author's methods: what generated dispatchers implement and stand on. Knows types by
//! their codecs; must not know messages or sessions.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crossplug_protocol::codec::{self, Wire};
use crossplug_protocol::descriptor::Descriptor;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::Encoding;

use crate::context::Context;
use crate::event::Event;

pub use crossplug_protocol::codec::Encoded;

/// The answer to a call, once it is there: encoded as its params were.
pub type Answering = Pin<Box<dyn Future<Output = Result<Vec<u8>, PluginError>> + Send>>;

/// The handling of an event, until it is done.
pub type Handling = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Nested so deeply at most may a result be: a reply holds it one level deeper.
const RESULT_DEPTH: usize = codec::DEPTH - 1;

/// One interface of a plugin, whatever its types. Generated `…Dispatch` types implement it.
pub trait Interface: Send + Sync {
    /// Its name, version and methods.
    fn descriptor(&self) -> &'static Descriptor;

    /// Begins to answer a call, in the encoding of its params. `None` where the interface has no such method.
    fn call(&self, context: &Context, method: &str, params: Encoded<'_>) -> Option<Answering>;

    /// Begins to handle an event of the host. `None` where the interface has no such event.
    fn event(&self, context: &Context, event: Event<Encoded<'_>>) -> Option<Handling> {
        let _ = (context, event);
        None
    }
}

impl<I: Interface + ?Sized> Interface for Arc<I> {
    fn descriptor(&self) -> &'static Descriptor {
        (**self).descriptor()
    }

    fn call(&self, context: &Context, method: &str, params: Encoded<'_>) -> Option<Answering> {
        (**self).call(context, method, params)
    }

    fn event(&self, context: &Context, event: Event<Encoded<'_>>) -> Option<Handling> {
        (**self).event(context, event)
    }
}

/// Answers with a typed handler: params in, result out. For generated code.
#[doc(hidden)]
pub fn typed<P, R, F>(params: Encoded<'_>, handler: impl FnOnce(P::Value) -> F) -> Answering
where
    P: Wire,
    R: Wire,
    R::Value: Send,
    F: Future<Output = Result<R::Value, PluginError>> + Send + 'static,
{
    match params.decode::<P>() {
        Ok(given) => untyped::<R, F>(params, handler(given)),
        Err(error) => Box::pin(std::future::ready(Err(PluginError::from(error)))),
    }
}

/// The same for a method that takes nothing; what comes is passed over.
#[doc(hidden)]
pub fn untyped<R, F>(params: Encoded<'_>, handler: F) -> Answering
where
    R: Wire,
    R::Value: Send,
    F: Future<Output = Result<R::Value, PluginError>> + Send + 'static,
{
    let encoding = params.encoding();
    Box::pin(async move { encode::<R>(encoding, &handler.await?) })
}

fn encode<R: Wire>(encoding: Encoding, result: &R::Value) -> Result<Vec<u8>, PluginError> {
    let mut bytes = Vec::with_capacity(64);
    match encoding.encode_into::<R>(result, RESULT_DEPTH, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(PluginError::internal(format!(
            "the result cannot be sent: {}",
            error.message
        ))),
    }
}

/// Handles an event with a typed handler; a payload that does not fit is logged. For generated code.
#[doc(hidden)]
pub fn event<P, F>(
    context: &Context,
    event: &Event<Encoded<'_>>,
    handler: impl FnOnce(Event<P::Value>) -> F,
) -> Handling
where
    P: Wire,
    F: Future<Output = ()> + Send + 'static,
{
    match event.payload.decode::<P>() {
        Ok(payload) => Box::pin(handler(Event {
            stream: event.stream.clone(),
            seq: event.seq,
            name: event.name.clone(),
            payload,
        })),
        Err(error) => {
            context.log().warn(format!(
                "the event `{}` does not fit its type: {error}",
                event.name
            ));
            Box::pin(std::future::ready(()))
        }
    }
}
