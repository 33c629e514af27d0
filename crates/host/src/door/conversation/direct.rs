//! What comes of calls that an ABI makes by a function: a result is judged as one in a message would be, and an error is made
//! the reply that it would have come in.

use crossplug_protocol::json;
use crossplug_protocol::session::CallId;
use crossplug_protocol::violation::{Violation, ViolationKind};

use super::broke;
use crate::{Payload, Result};

/// Nesting of a result: a reply holds it one level deep.
const RESULT_DEPTH: u32 = json::DEFAULT_DEPTH - 1;

/// A result, checked.
///
/// # Errors
/// It is no JSON, or nested too deep: what ends a plugin.
pub(in crate::door) fn result_of(result: Vec<u8>) -> Result<Payload> {
    match json::check(&result, RESULT_DEPTH) {
        Ok(_) => Ok(Payload::trust(result)),
        Err(error) => {
            let kind = match error.reason {
                json::Reason::TooDeep => ViolationKind::TooDeep,
                _ => ViolationKind::InvalidMessage,
            };
            Err(broke(Violation::new(kind, format!("a result: {error}"))))
        }
    }
}

/// The reply that an error of a direct call would have come in: a line.
pub(in crate::door) fn error_reply(call: CallId, error: &[u8]) -> Vec<u8> {
    let mut frame = format!(r#"{{"jsonrpc":"2.0","id":{},"error":"#, call.number()).into_bytes();
    frame.extend_from_slice(error);
    frame.extend_from_slice(b"}\n");
    frame
}
