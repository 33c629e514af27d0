//! A call of a service that was not sent yet.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crossplug_protocol::codec::{self, Wire};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::Encoding;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallOptions, Refused, StreamId};

use super::{ServiceCall, flows};
use crate::context::error_of;
use crate::runtime::{Asked, Call};

/// Params lie one level deep in their message.
const PARAMS_DEPTH: usize = codec::DEPTH - 1;

/// What awaiting a request gives, once it is there.
type Outcome<T> = Pin<Box<dyn Future<Output = Result<T, PluginError>> + Send>>;

/// A call of a service that was not sent yet. `.await` sends it; see [`Context::call`](crate::Context::call) and
/// [`Context::start`](crate::Context::start).
#[must_use = "a request is sent when it is awaited"]
pub struct ServiceRequest<T> {
    asking: Asking,
    send: fn(Asking) -> Outcome<T>,
}

/// What is asked, whatever comes of it.
struct Asking {
    call: Arc<Call>,
    service: String,
    params: Result<Vec<u8>, PluginError>,
    timeout: Option<Duration>,
    /// Where there is no time of its own: what the interface says.
    usual: Option<Duration>,
}

impl<T> std::fmt::Debug for ServiceRequest<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceRequest")
            .field("service", &self.asking.service)
            .finish_non_exhaustive()
    }
}

impl<T> ServiceRequest<T> {
    /// How long to wait for the host's answer at most. The deadline of the call that asks holds, too, until that call is
    /// cancelled; from then on only requests with a time of their own are sent, since they clean up.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use crossplug_plugin::{Context, PluginError, protocol::codec::Any};
    /// # async fn tidy(ctx: &Context) -> Result<(), PluginError> {
    /// ctx.cancelled().await;
    /// let leave = ctx.call::<Any, Any>("room.leave", &serde_json::json!({}));
    /// leave.timeout(Duration::from_secs(2)).await?;
    /// # Ok(()) }
    /// ```
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.asking.timeout = Some(timeout);
        self
    }

    /// What the interface says, which is no time of its own. For generated code.
    #[doc(hidden)]
    pub const fn usual_timeout(mut self, timeout: Duration) -> Self {
        self.asking.usual = Some(timeout);
        self
    }
}

impl<T> ServiceRequest<T> {
    pub(crate) fn plain<P: Wire, R: Wire<Value = T> + 'static>(
        call: &Arc<Call>,
        service: &str,
        params: &P::Value,
    ) -> Self {
        Self {
            asking: Asking::new::<P>(call, service, params),
            send: |asking| {
                Box::pin(async move {
                    let call: ServiceCall<codec::Nothing, codec::Nothing, R> = asking.send()?;
                    call.result().await
                })
            },
        }
    }
}

impl<I: Wire + 'static, U: Wire + 'static, R: Wire + 'static> ServiceRequest<ServiceCall<I, U, R>> {
    pub(crate) fn streaming<P: Wire>(call: &Arc<Call>, service: &str, params: &P::Value) -> Self {
        Self {
            asking: Asking::new::<P>(call, service, params),
            send: |asking| Box::pin(async move { asking.send() }),
        }
    }
}

impl<T> IntoFuture for ServiceRequest<T> {
    type Output = Result<T, PluginError>;
    type IntoFuture = Outcome<T>;

    fn into_future(self) -> Outcome<T> {
        (self.send)(self.asking)
    }
}

impl Asking {
    fn new<P: Wire>(call: &Arc<Call>, service: &str, given: &P::Value) -> Self {
        Self {
            call: Arc::clone(call),
            service: service.to_owned(),
            params: params::<P>(call.opened.encoding, given),
            timeout: None,
            usual: None,
        }
    }

    /// When nobody waits any more, on the session's clock. An error where it must not be sent at all.
    fn deadline(&self, now: Duration) -> Result<Option<Duration>, PluginError> {
        if self.call.is_cancelled() {
            // Nobody waits for what is asked on behalf of this call, but for what cleans up behind it.
            let own = self.timeout.ok_or_else(PluginError::cancelled)?;
            return Ok(now.checked_add(own));
        }
        let own = self.timeout.or(self.usual);
        let own = own.and_then(|timeout| now.checked_add(timeout));
        Ok([own, self.call.deadline].into_iter().flatten().min())
    }

    /// Sends the request, and the first credit with it where items are to come: a call whose items could never come is not
    /// made at all.
    fn send<I: 'static, U, R>(self) -> Result<ServiceCall<I, U, R>, PluginError> {
        let params = self.params.as_ref().map_err(Clone::clone)?;
        let runtime = &self.call.runtime;
        let now = runtime.now();
        let deadline = self.deadline(now)?;
        let mut options = CallOptions::new();
        options.deadline = deadline;
        options.traceparent = self.call.traceparent.as_deref();
        let asked = Arc::new(Asked::default());
        let sent = runtime.with(|state| {
            state.may_ask()?;
            let (session, out) = (&mut state.session, &mut state.out);
            if flows::<I>() && !session.can_open_stream() {
                let limit = session.limits().open_streams;
                return Err(error_of(&Refused::TooManyStreams { limit }));
            }
            let id = session
                .call(&self.service, Some(&Raw::trust(params)), &options, now, out)
                .map_err(|refused| error_of(&refused))?;
            if flows::<I>()
                && let Some((items, bytes)) = asked.inbox().credit()
            {
                // There is room, and a dialect that has services but no streams has no items either.
                let _ = session.grant(StreamId::Call(id), items, bytes, out);
            }
            state.expect_reply(id, Arc::clone(&asked));
            Ok(id)
        });
        let id = sent?;
        runtime.flush();
        if deadline.is_some() {
            runtime.timer();
        }
        Ok(ServiceCall {
            call: Arc::clone(&self.call),
            asked,
            id,
            answered: false,
            types: PhantomData,
        })
    }
}

/// Params as they travel.
pub(crate) fn params<P: Wire>(
    encoding: Encoding,
    params: &P::Value,
) -> Result<Vec<u8>, PluginError> {
    let mut bytes = Vec::with_capacity(64);
    encoding
        .encode_into::<P>(params, PARAMS_DEPTH, &mut bytes)
        .map_err(|error| PluginError::invalid_params(format!("the params {error}")))?;
    // A service that takes nothing takes an empty object.
    if bytes == encoding.null().as_bytes() {
        Ok(encoding.empty().into_bytes())
    } else {
        Ok(bytes)
    }
}
