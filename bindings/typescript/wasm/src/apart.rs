//! Calls that begin apart from the messages, as an ABI takes them in which the plugin is in the same program.

use crossplug_protocol::session::Session as Inner;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{call_id, id_of, millis};
use crate::heard::{Heard, Parts};
use crate::session::Session;

#[wasm_bindgen]
impl Session {
    /// An id for a call that is made apart from the messages: nothing is in flight yet.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    #[wasm_bindgen(js_name = callApart)]
    pub fn call_apart(&mut self) -> Result<f64, JsValue> {
        id_of(self.inner.call_apart())
    }

    /// Such a call goes on: from here on it is a request in flight.
    #[wasm_bindgen(js_name = waitApart)]
    pub fn wait_apart(&mut self, call: f64, deadline: Option<f64>) {
        let deadline = deadline.map(millis);
        self.inner.wait_apart(call_id(call), deadline);
    }

    /// Whether a call has no reply yet, be it given up or not.
    #[wasm_bindgen(js_name = isInFlight)]
    #[must_use]
    pub fn is_in_flight(&self, call: f64) -> bool {
        self.inner.is_in_flight(call_id(call))
    }

    /// Such a call was answered with a result: [`Heard::Result`] with its `text`, or [`Heard::Violation`].
    #[wasm_bindgen(js_name = hearResult)]
    pub fn hear_result(&mut self, call: f64, result: Vec<u8>) -> Heard {
        self.inner.answered_apart(call_id(call));
        if let Err(violation) = Inner::check_apart(&result) {
            return self.violated(&violation);
        }
        self.parts = Parts {
            id: call,
            text: Some(result),
            ..Parts::default()
        };
        Heard::Result
    }

    /// Such a call, which is in flight by now, was answered with an error object. [`Session::hear`] follows.
    #[wasm_bindgen(js_name = pushFailure)]
    pub fn push_failure(&mut self, call: f64, error: &[u8]) {
        self.input.push(&Inner::reply_apart(call_id(call), error));
    }
}
