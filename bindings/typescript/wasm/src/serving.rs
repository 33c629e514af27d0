//! What the host answers a plugin that calls its services: each call has a ticket.

use crossplug_protocol::error::PluginError;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{Refused, StreamId, Ticket};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::said;
use crate::refusal::refused;
use crate::session::Session;

#[wasm_bindgen]
impl Session {
    /// Takes so much more of what a service's caller streams.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    #[wasm_bindgen(js_name = grantTicket)]
    pub fn grant_ticket(&mut self, ticket: u32, items: u32, bytes: u32) -> Result<(), JsValue> {
        let stream = self.stream(ticket)?;
        said(self.inner.grant(stream, items, bytes, &mut self.out))
    }

    /// Streams an item to a service's caller.
    ///
    /// # Errors
    /// An `Error` named after the refusal; `noCredit` means later.
    pub fn item(&mut self, ticket: u32, item: &[u8]) -> Result<(), JsValue> {
        let stream = self.stream(ticket)?;
        said(
            self.inner
                .send_item(stream, &Raw::trust(item), &mut self.out),
        )
    }

    /// Tells a service's caller how far it is.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn progress(
        &mut self,
        ticket: u32,
        fraction: Option<f64>,
        message: Option<String>,
    ) -> Result<(), JsValue> {
        let ticket = self.ticket(ticket)?;
        said(
            self.inner
                .progress(ticket, fraction, message.as_deref(), &mut self.out),
        )
    }

    /// Answers a service call with a result, once.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn answer(&mut self, ticket: u32, result: &[u8]) -> Result<(), JsValue> {
        let ticket = self.last(ticket)?;
        let result = Raw::trust(result);
        said(self.inner.respond(ticket, Ok(&result), &mut self.out))
    }

    /// Answers a service call with an error, once. `details` is JSON.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn fail(
        &mut self,
        ticket: u32,
        code: &str,
        message: &str,
        details: Option<String>,
        retryable: bool,
    ) -> Result<(), JsValue> {
        let ticket = self.last(ticket)?;
        let mut failed = PluginError::new(code, message);
        failed.details = details.and_then(|text| serde_json::from_str(&text).ok().map(Box::new));
        failed.retryable = retryable;
        said(self.inner.respond(
            ticket,
            Err(&failed.to_failure(self.inner.choice().encoding)),
            &mut self.out,
        ))
    }
}

impl Session {
    fn ticket(&self, number: u32) -> Result<Ticket, JsValue> {
        self.tickets
            .get(number)
            .ok_or_else(|| refused(&Refused::Ended))
    }

    fn stream(&self, number: u32) -> Result<StreamId, JsValue> {
        self.ticket(number).map(StreamId::Answer)
    }

    fn last(&mut self, number: u32) -> Result<Ticket, JsValue> {
        self.tickets
            .remove(number)
            .ok_or_else(|| refused(&Refused::Ended))
    }
}
