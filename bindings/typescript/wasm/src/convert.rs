//! Between JavaScript's numbers and texts and the session's times, ids and limits.

use std::time::Duration;

use crossplug_protocol::frame::Framing;
use crossplug_protocol::handshake::{Encoding, Offer};
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

/// The number of a ticket that JavaScript was given.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a ticket's number was a whole one of 32 bits"
)]
pub(crate) const fn answered(ticket: f64) -> u32 {
    ticket as u32
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

/// What a session is told when it is made.
pub(crate) struct Options {
    pub(crate) limits: Limits,
    pub(crate) offer: Offer,
    /// Largest frame until the handshake is through.
    pub(crate) first_frames: usize,
}

/// From JSON: `limits` with members of `Limits` in `schema/protocol.json`, `features`, `framings` and `encodings` that are
/// offered, and `openingFrameBytes`. What is absent keeps its default.
pub(crate) fn options(text: &str) -> Result<Options, JsValue> {
    let usage = |what: String| error("usage", &format!("options of a session: {what}"));
    let value: Value = serde_json::from_str(text).map_err(|bad| usage(bad.to_string()))?;
    let cap = |object: Option<&Value>, name: &str, default: usize| match object
        .and_then(|object| object.get(name))
    {
        None => Ok(default),
        Some(cap) => cap
            .as_u64()
            .and_then(|cap| usize::try_from(cap).ok())
            .ok_or_else(|| {
                usage(format!(
                    "`{name}` is not a number of bytes or pieces: {cap}"
                ))
            }),
    };
    let texts = |name: &str| -> Vec<&str> {
        let list = value.get(name).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let (caps, default) = (value.get("limits"), Limits::default());
    let depth = cap(caps, "depth", default.depth as usize)?;
    let limits = Limits {
        frame_bytes: cap(caps, "frameBytes", default.frame_bytes)?,
        depth: u32::try_from(depth).unwrap_or(default.depth),
        pending_calls: cap(caps, "pendingCalls", default.pending_calls)?,
        open_streams: cap(caps, "openStreams", default.open_streams)?,
        buffered_bytes: cap(caps, "bufferedBytes", default.buffered_bytes)?,
    };
    let mut offer = Offer::new().with_features(&texts("features"));
    let framings: Option<Vec<Framing>> = texts("framings")
        .into_iter()
        .map(Framing::from_name)
        .collect();
    let framings = framings.ok_or_else(|| usage("there is no such framing".to_owned()))?;
    if !framings.is_empty() {
        offer = offer.with_framings(&framings);
    }
    let encodings: Option<Vec<Encoding>> = texts("encodings")
        .into_iter()
        .map(Encoding::from_name)
        .collect();
    let encodings = encodings.ok_or_else(|| usage("there is no such encoding".to_owned()))?;
    if !encodings.is_empty() {
        offer = offer.with_encodings(&encodings);
    }
    let first_frames =
        cap(Some(&value), "openingFrameBytes", limits.frame_bytes)?.min(limits.frame_bytes);
    Ok(Options {
        limits,
        offer,
        first_frames,
    })
}
