//! What comes of calls that an ABI makes by a function: a result is judged as one in a message would be.

use crossplug_protocol::session::Session;

use super::broke;
use crate::{Payload, Result};

/// A result, checked.
///
/// # Errors
/// It is no JSON, or nested too deep: what ends a plugin.
pub(in crate::door) fn result_of(result: Vec<u8>) -> Result<Payload> {
    Session::check_apart(&result).map_err(broke)?;
    Ok(Payload::trust(result))
}
