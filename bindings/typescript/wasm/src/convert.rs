//! Between JavaScript's numbers and texts and the session's times, ids and limits.

use std::time::Duration;

use crossplug_protocol::session::{CallId, Limits, Refused};
use serde_json::Value;
use wasm_bindgen::JsValue;

use crate::refusal::{error, refused};

/// A time or a span; what is no time is none at all.
pub(crate) fn millis(millis: f64) -> Duration {
    Duration::try_from_secs_f64(millis / 1000.0).unwrap_or(if millis > 0.0 {
        Duration::MAX
    } else {
        Duration::ZERO
    })
}

/// A duration as JavaScript counts.
pub(crate) fn to_millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Ids, sizes and counts, which the protocol keeps within 2^53.
#[allow(
    clippy::cast_precision_loss,
    reason = "the protocol keeps its integers within 2^53"
)]
pub(crate) const fn number(value: i64) -> f64 {
    value as f64
}

/// A size in bytes.
pub(crate) fn size(bytes: usize) -> f64 {
    number(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// The id of a call that JavaScript was given.
#[allow(
    clippy::cast_possible_truncation,
    reason = "a call's id was given as a whole number; anything else names no call"
)]
pub(crate) const fn call_id(call: f64) -> CallId {
    CallId::from_number(call as i64)
}

/// A session's answer to a call.
pub(crate) fn id_of(call: Result<CallId, Refused>) -> Result<f64, JsValue> {
    call.map(|call| number(call.number()))
        .map_err(|refusal| refused(&refusal))
}

/// A session's answer to anything else.
pub(crate) fn said(said: Result<(), Refused>) -> Result<(), JsValue> {
    said.map_err(|refusal| refused(&refusal))
}

/// Caps from JSON; what it does not name keeps its default.
pub(crate) fn limits(text: &str) -> Result<Limits, JsValue> {
    let value: Value =
        serde_json::from_str(text).map_err(|bad| error("usage", &format!("limits: {bad}")))?;
    let cap = |name: &str, default: usize| match value.get(name) {
        None => Ok(default),
        Some(cap) => cap
            .as_u64()
            .and_then(|cap| usize::try_from(cap).ok())
            .ok_or_else(|| {
                error(
                    "usage",
                    &format!("limits: `{name}` is not a number of bytes or pieces: {cap}"),
                )
            }),
    };
    let default = Limits::default();
    let depth = cap("depth", default.depth as usize)?;
    Ok(Limits {
        frame_bytes: cap("frameBytes", default.frame_bytes)?,
        depth: u32::try_from(depth).unwrap_or(default.depth),
        pending_calls: cap("pendingCalls", default.pending_calls)?,
        open_streams: cap("openStreams", default.open_streams)?,
        buffered_bytes: cap("bufferedBytes", default.buffered_bytes)?,
    })
}
