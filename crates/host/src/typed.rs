//! What generated clients and service traits stand on: calls, streams and services whose values have types. It knows
//! codecs and this crate's calls; must not know doors.

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

use crate::{Call, IntoPayload, Payload, Plugin, Result};

/// The params of a method as they travel. For generated code.
#[doc(hidden)]
pub fn params<W: Wire>(params: &W::Value) -> Result<Payload> {
    Payload::encode::<W>(params)
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
