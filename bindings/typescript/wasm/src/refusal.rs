//! Errors as JavaScript sees them: an `Error` whose `name` says which.

use crossplug_protocol::session::Refused;
use wasm_bindgen::JsValue;

/// What a session did not say, and why.
pub(crate) fn refused(refused: &Refused) -> JsValue {
    error(refused.name(), &refused.to_string())
}

/// An `Error` with a name of ours.
pub(crate) fn error(name: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name(name);
    error.into()
}
