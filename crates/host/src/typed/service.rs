//! Services whose values have types: what stands between a generated service trait and a [`ServiceCall`].

use std::borrow::Borrow;

use crossplug_protocol::codec::Wire;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::Encoding;

use super::read;
use crate::{Payload, Result, ServiceCall, ServiceResult};

/// Reads what a plugin asks. For generated code.
#[doc(hidden)]
pub fn asked<W: Wire>(call: &ServiceCall) -> ServiceResult<W::Value> {
    let params = call.params().as_encoded();
    params.decode::<W>().map_err(PluginError::from)
}

/// Writes what a handler answers. For generated code.
#[doc(hidden)]
pub fn answered<W: Wire>(encoding: Encoding, result: &W::Value) -> ServiceResult {
    Payload::encode_in::<W>(encoding, result).map_err(|error| {
        PluginError::internal(format!(
            "the host's handler gave what cannot be written: {}",
            error.context()
        ))
    })
}

/// Streams items to the plugin that calls a service.
pub struct ServiceItems<'c, T> {
    call: &'c ServiceCall,
    write: fn(Encoding, &T) -> Result<Payload>,
}

impl<'c, T> ServiceItems<'c, T> {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub fn new<W: Wire<Value = T>>(call: &'c ServiceCall) -> Self {
        Self {
            call,
            write: Payload::encode_in::<W>,
        }
    }

    /// Sends an item; waits until the plugin takes one.
    ///
    /// # Errors
    /// As for [`ServiceCall::send`].
    pub async fn send<B: Borrow<T>>(&self, item: B) -> Result<()> {
        let item = (self.write)(self.call.encoding(), item.borrow());
        self.call.send(item).await
    }
}

impl<T> std::fmt::Debug for ServiceItems<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceItems").finish_non_exhaustive()
    }
}

/// Receives the items that a plugin streams to a service.
pub struct ServiceUpload<'c, T> {
    call: &'c ServiceCall,
    read: fn(&Payload) -> Result<T>,
}

impl<'c, T> ServiceUpload<'c, T> {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub fn new<W: Wire<Value = T>>(call: &'c ServiceCall) -> Self {
        Self {
            call,
            read: read::<W>,
        }
    }

    /// The next item; none after the last.
    ///
    /// # Errors
    /// As for [`ServiceCall::next`]; [`Protocol`](crate::ErrorKind::Protocol) for an item that does not fit its type.
    pub async fn next(&self) -> Result<Option<T>> {
        self.call
            .next()
            .await?
            .map(|payload| (self.read)(&payload))
            .transpose()
    }
}

impl<T> std::fmt::Debug for ServiceUpload<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceUpload").finish_non_exhaustive()
    }
}
