//! What generated clients and service traits stand on: calls, streams and services whose values have types. It knows
//! codecs and this crate's calls; must not know doors.

/// The options of a call, on a type that has the untyped one in its field `call`.
macro_rules! options {
    () => {
        /// See [`Call::timeout`](crate::Call::timeout).
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.call = self.call.timeout(timeout);
            self
        }

        /// See [`Call::no_timeout`](crate::Call::no_timeout).
        pub fn no_timeout(mut self) -> Self {
            self.call = self.call.no_timeout();
            self
        }

        /// See [`Call::traceparent`](crate::Call::traceparent).
        pub fn traceparent(mut self, traceparent: impl Into<String>) -> Self {
            self.call = self.call.traceparent(traceparent);
            self
        }

        /// See [`Call::on_progress`](crate::Call::on_progress).
        pub fn on_progress(
            mut self,
            on_progress: impl FnMut(crate::Progress) + Send + 'static,
        ) -> Self {
            self.call = self.call.on_progress(on_progress);
            self
        }
    };
}

mod call;
mod service;
mod stream;

pub use call::{TypedCall, TypedFuture};
pub use service::{ServiceItems, ServiceUpload};
pub use stream::{StreamingCall, TypedStream, TypedUploader};

#[doc(hidden)]
pub use service::{answered, asked};

use std::time::Duration;

use crossplug_protocol::codec::Wire;
use crossplug_protocol::descriptor::Descriptor;
use crossplug_protocol::handshake::Encoding;

use crate::{Call, IntoPayload, Payload, Plugin, Result};

/// A value of a type, to be written in the encoding of whoever gets it. For generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Typed<'v, W: Wire>(&'v W::Value);

impl<W: Wire> IntoPayload for Typed<'_, W> {
    fn into_payload(self, encoding: Encoding) -> Result<Payload> {
        Payload::encode_in::<W>(encoding, self.0)
    }
}

/// What is to be sent. For generated code.
#[doc(hidden)]
pub fn params<W: Wire>(params: &W::Value) -> Typed<'_, W> {
    Typed(params)
}

/// A call with the time that its interface gives it, unless the client has one of its own. For generated code.
#[doc(hidden)]
pub fn call(
    plugin: &Plugin,
    interface: &Descriptor,
    method: &str,
    timeout: Option<Duration>,
    params: impl IntoPayload,
) -> Call {
    let call = plugin.call(method, params);
    let own = interface
        .method(method)
        .and_then(|method| method.timeout_ms)
        .map(Duration::from_millis);
    match timeout.or(own) {
        Some(timeout) => call.timeout(timeout),
        None => call,
    }
}

/// Reads a value; an error says what was being done.
fn read<W: Wire>(payload: &Payload) -> Result<W::Value> {
    payload.decode::<W>()
}
