//! What was heard last, part by part: [`Session::hear`] says which parts there are.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::session::Session;

#[wasm_bindgen]
impl Session {
    /// The call, or the ticket, of what was heard last.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> f64 {
        self.parts.id
    }

    /// The number of what was heard last.
    #[wasm_bindgen(getter)]
    pub fn number(&self) -> Option<f64> {
        self.parts.number
    }

    /// The flag of what was heard last.
    #[wasm_bindgen(getter)]
    pub fn flag(&self) -> bool {
        self.parts.flag
    }

    /// What a conversation that has failed is to the host's callers: the name of a kind of its errors.
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> Option<String> {
        self.parts.kind.map(str::to_owned)
    }

    /// The name of what was heard last; taken once.
    #[wasm_bindgen(js_name = takeName)]
    pub fn take_name(&mut self) -> Option<String> {
        self.parts.name.take()
    }

    /// The message of what was heard last; taken once.
    #[wasm_bindgen(js_name = takeMessage)]
    pub fn take_message(&mut self) -> Option<String> {
        self.parts.message.take()
    }

    /// What payloads are in since the plugin has answered `initialize`: `json`, `msgpack`. Details of errors, fields of the log
    /// and what the plugin says of itself are JSON all the same.
    #[wasm_bindgen(getter)]
    pub fn encoding(&self) -> String {
        self.inner.choice().encoding.name().to_owned()
    }

    /// The payload of what was heard last as bytes; taken once.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Option<Vec<u8>> {
        self.parts.text.take()
    }

    /// The same as JSON text.
    #[wasm_bindgen(js_name = takeText)]
    pub fn take_text(&mut self) -> Option<String> {
        self.parts
            .text
            .take()
            .and_then(|text| String::from_utf8(text).ok())
    }
}
