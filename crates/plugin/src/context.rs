//! What a handler knows and may ask for while it answers one call. Knows the call; must not know transports.

mod cancelled;
mod log;
mod sleep;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;

use crossplug_protocol::codec::{self, JsonMap, Wire};
use crossplug_protocol::dialect::Inexpressible;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::generated::protocol::{Granted, Peer};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::Refused;
use serde::de::DeserializeOwned;

use crate::runtime::Call;
use crate::service::{ServiceCall, ServiceRequest};
use crate::stream::{ItemReceiver, ItemSender};

pub use cancelled::Cancelled;
pub use log::Log;
pub use sleep::Sleep;

/// Passed to every handler. Cheap to clone; a clone that outlives the call gives errors instead of effects.
///
/// ```
/// use crossplug_plugin::{Context, PluginError};
///
/// async fn greet(ctx: &Context) -> Result<String, PluginError> {
///     let greeting = ctx.config().get("greeting").and_then(|value| value.as_str()).unwrap_or("hello");
///     ctx.progress(0.5, "half way");
///     ctx.log().info("about to greet");
///     ctx.check()?; // an error if the caller has given up
///     Ok(format!("{greeting}, {}", ctx.host().name))
/// }
/// ```
#[derive(Clone)]
pub struct Context {
    call: Arc<Call>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("opened", &self.call.opened)
            .finish_non_exhaustive()
    }
}

impl Context {
    pub(crate) const fn new(call: Arc<Call>) -> Self {
        Self { call }
    }

    /// The plugin's configuration, as its manifest and its user set it.
    #[must_use]
    pub fn config(&self) -> &JsonMap {
        &self.call.opened.config
    }

    /// The configuration as a type of yours.
    ///
    /// # Errors
    /// `failedPrecondition` with the place where the configuration does not fit.
    pub fn config_as<T: DeserializeOwned>(&self) -> Result<T, PluginError> {
        T::deserialize(codec::Value::Object(self.call.opened.config.clone())).map_err(|error| {
            PluginError::failed_precondition(format!("the configuration does not fit: {error}"))
        })
    }

    /// Names this running instance; unique across hosts.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.call.opened.instance_id
    }

    /// A folder that belongs to the plugin, where the host gives it one.
    #[must_use]
    pub fn data_dir(&self) -> Option<&Path> {
        self.call.opened.data_dir.as_deref()
    }

    /// The host program.
    #[must_use]
    pub fn host(&self) -> &Peer {
        &self.call.opened.host
    }

    /// What the host has granted. A call of something else is refused by the host in any case.
    #[must_use]
    pub fn granted(&self) -> &Granted {
        &self.call.opened.granted
    }

    /// Whether the host wants to see stack traces.
    #[must_use]
    pub fn debug(&self) -> bool {
        self.call.opened.debug
    }

    /// When the caller stops waiting. Not in WebAssembly, where nobody can tell an [`Instant`].
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.remaining()
            .and_then(|left| Instant::now().checked_add(left))
    }

    /// How long the caller still waits.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.call
            .deadline
            .map(|deadline| deadline.saturating_sub(self.call.runtime.now()))
    }

    /// W3C Trace Context of the caller.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.call.traceparent.as_deref()
    }

    /// Whether the caller has given up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.call.is_cancelled()
    }

    /// An error once the caller has given up; for long computations, between two steps.
    ///
    /// # Errors
    /// `cancelled`.
    pub fn check(&self) -> Result<(), PluginError> {
        if self.is_cancelled() {
            Err(PluginError::cancelled())
        } else {
            Ok(())
        }
    }

    /// Ready once the caller has given up.
    ///
    /// A handler that waits for this when the cancellation comes ends by itself, after whatever it has to clean up. Any
    /// other handler is dropped at the `await` where it stands, and the caller gets `cancelled`.
    pub fn cancelled(&self) -> Cancelled {
        Cancelled::new(Arc::clone(&self.call))
    }

    /// Ready after a while, without a thread that waits.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(Arc::clone(&self.call), duration)
    }

    /// Tells the caller how far the call is: a fraction from 0 to 1, or `None`, and a sentence, which may be empty.
    pub fn progress(&self, fraction: impl Into<Option<f64>>, message: impl AsRef<str>) {
        let Some(ticket) = self.call.ticket() else {
            return;
        };
        let fraction = fraction.into().filter(|fraction| fraction.is_finite());
        let message = Some(message.as_ref()).filter(|message| !message.is_empty());
        // A caller that is gone or whose dialect has no progress misses nothing.
        let _ = self.call.runtime.with(|state| {
            state
                .session
                .progress(ticket, fraction, message, &mut state.out)
        });
        self.call.runtime.flush();
    }

    /// What goes to the host's log.
    ///
    /// ```
    /// # fn stored(ctx: &crossplug_plugin::Context) {
    /// ctx.log().info("stored");
    /// ctx.log().with("bytes", 512).with("name", "notes").debug("stored");
    /// # }
    /// ```
    pub fn log(&self) -> Log<'_> {
        Log::new(&self.call.runtime)
    }

    /// Calls a service of the host by its wire name; generated `…Services` do it with types.
    ///
    /// The request is sent when it is awaited. It ends with this call's deadline or its own, whichever comes first, and is
    /// given up on when its future is dropped. After the cancellation of this call only requests with a
    /// [time of their own](ServiceRequest::timeout) are sent; any other fails with `cancelled`.
    ///
    /// ```
    /// # async fn ask(ctx: &crossplug_plugin::Context) -> Result<(), crossplug_plugin::PluginError> {
    /// use std::time::Duration;
    /// use crossplug_plugin::protocol::codec::Any;
    ///
    /// let params = serde_json::json!({ "text": "holidays" });
    /// let found = ctx.call::<Any, Any>("memory.search", &params).timeout(Duration::from_secs(2)).await?;
    /// # let _ = found;
    /// # Ok(()) }
    /// ```
    pub fn call<P: Wire, R: Wire + 'static>(
        &self,
        service: &str,
        params: &P::Value,
    ) -> ServiceRequest<R::Value> {
        ServiceRequest::plain::<P, R>(&self.call, service, params)
    }

    /// Like [`Context::call`] for a service that streams: `I` to the plugin, `U` from it, [`codec::Nothing`] where nothing
    /// goes that way. Awaiting the request sends it and gives the call, which goes on until the host answers.
    pub fn start<P: Wire, I: Wire + 'static, U: Wire + 'static, R: Wire + 'static>(
        &self,
        service: &str,
        params: &P::Value,
    ) -> ServiceRequest<ServiceCall<I, U, R>> {
        ServiceRequest::streaming::<P>(&self.call, service, params)
    }

    /// Emits an event by its wire name, on a stream or on none; generated `…Events` do it with types.
    ///
    /// # Errors
    /// `invalidParams` where the payload cannot be written, `failedPrecondition` where the host's dialect has no events,
    /// `resourceExhausted` where too much waits to be written.
    pub fn emit<P: Wire>(
        &self,
        name: &str,
        payload: &P::Value,
        stream: Option<&str>,
    ) -> Result<(), PluginError> {
        let mut bytes = Vec::with_capacity(64);
        (self.call.opened.encoding)
            .encode_into::<P>(payload, codec::DEPTH - 2, &mut bytes)
            .map_err(|error| PluginError::invalid_params(format!("the payload {error}")))?;
        let emitted = self.call.runtime.with(|state| {
            state
                .session
                .emit(name, stream, &Raw::trust(&bytes), &mut state.out)
        });
        self.call.runtime.flush();
        emitted.map_err(|refused| error_of(&refused))
    }

    /// The items that the caller uploads. For generated code: once a call.
    #[doc(hidden)]
    #[must_use]
    pub fn receiver<W: Wire>(&self) -> ItemReceiver<W::Value> {
        ItemReceiver::new::<W>(Arc::clone(&self.call))
    }

    /// The items that the caller gets. For generated code.
    #[doc(hidden)]
    #[must_use]
    pub fn sender<W: Wire>(&self) -> ItemSender<W::Value> {
        ItemSender::new::<W>(Arc::clone(&self.call))
    }
}

/// A refusal of the session as an error of the plugin.
pub(crate) fn error_of(refused: &Refused) -> PluginError {
    match refused {
        Refused::Ended => PluginError::cancelled(),
        Refused::NotOpen => PluginError::unavailable(refused.to_string()),
        Refused::Late => PluginError::new("deadlineExceeded", refused.to_string()),
        // Trying again does not make it smaller.
        Refused::Inexpressible(Inexpressible::TooLarge { .. }) => {
            PluginError::resource_exhausted(refused.to_string())
        }
        Refused::Inexpressible(_) => PluginError::failed_precondition(refused.to_string()),
        _ => PluginError::resource_exhausted(refused.to_string()).with_retryable(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_exhausted_for_good_and_what_has_no_word_is_out_of_place() {
        let large = error_of(&Refused::Inexpressible(Inexpressible::TooLarge {
            size: 2,
            limit: 1,
        }));
        assert_eq!(
            (large.code.as_str(), large.retryable),
            ("resourceExhausted", false)
        );
        let wordless = error_of(&Refused::Inexpressible(Inexpressible::NotInDialect {
            dialect: "elizaos-bridge/1",
            what: "$/event".to_owned(),
        }));
        assert_eq!(wordless.code, "failedPrecondition");
    }
}
