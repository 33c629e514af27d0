//! A host's session, for JavaScript: bytes in, what they mean out, bytes to send out.

use std::collections::HashMap;

use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::{FrameError, FrameReader, FrameWriter};
use crossplug_protocol::handshake::{Hello, Offer};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{
    CallOptions, Incoming, Refused, Session as Inner, StreamId, Ticket,
};
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{call_id, id_of, limits, millis, number, said, size, to_millis};
use crate::heard::{Heard, Parts};
use crate::refusal::{error, refused};

/// One conversation with one plugin.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    inner: Inner,
    out: FrameWriter,
    input: FrameReader,
    parts: Parts,
    /// Requests of the plugin by the name that JavaScript knows.
    tickets: HashMap<u32, Ticket>,
    names: HashMap<Ticket, u32>,
    last_name: u32,
}

#[wasm_bindgen]
impl Session {
    /// A session in a dialect. `caps` is a JSON object with members of `Limits` in `schema/protocol.json`.
    ///
    /// # Errors
    /// An `Error` named `usage` for an unknown dialect or limits that are none.
    #[wasm_bindgen(constructor)]
    pub fn new(dialect: &str, caps: &str) -> Result<Session, JsValue> {
        let limits = limits(caps)?;
        let inner = Inner::host(dialect, Offer::new())
            .ok_or_else(|| error("usage", &format!("there is no dialect {dialect:?}")))?;
        Ok(Self {
            input: FrameReader::new(limits.frame_bytes),
            inner: inner.with_limits(limits),
            out: FrameWriter::new(),
            parts: Parts::default(),
            tickets: HashMap::new(),
            names: HashMap::new(),
            last_name: 0,
        })
    }

    /// Begins the handshake. `hello` is JSON: host, hostVersion, instanceId, dataDir, config, granted, token, debug.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn initialize(
        &mut self,
        hello: &str,
        now: f64,
        deadline: Option<f64>,
    ) -> Result<f64, JsValue> {
        let value: Value =
            serde_json::from_str(hello).map_err(|bad| error("usage", &bad.to_string()))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let object = |name: &str| {
            value
                .get(name)
                .map_or_else(|| "{}".to_owned(), Value::to_string)
        };
        let (config, granted) = (object("config"), object("granted"));
        let mut hello = Hello::new(
            text("host").unwrap_or("host"),
            text("hostVersion").unwrap_or("0"),
            text("instanceId").unwrap_or_default(),
        );
        hello.data_dir = text("dataDir");
        hello.config = Raw::trust(config.as_bytes());
        hello.granted = Raw::trust(granted.as_bytes());
        hello.token = text("token");
        hello.debug = value.get("debug").and_then(Value::as_bool).unwrap_or(false);
        let call = self
            .inner
            .initialize(&hello, millis(now), deadline.map(millis), &mut self.out);
        id_of(call)
    }

    /// Calls a method; gives the call's id.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn call(
        &mut self,
        method: &str,
        params: &str,
        deadline: Option<f64>,
        traceparent: Option<String>,
        now: f64,
    ) -> Result<f64, JsValue> {
        let mut options = CallOptions::new();
        options.deadline = deadline.map(millis);
        options.traceparent = traceparent.as_deref();
        let params = Raw::trust(params.as_bytes());
        let call = self
            .inner
            .call(method, Some(&params), &options, millis(now), &mut self.out);
        id_of(call)
    }

    /// Asks the plugin to finish.
    ///
    /// # Errors
    /// An `Error` named after the refusal: the dialect may not have the word.
    pub fn shutdown(&mut self, deadline: Option<f64>, now: f64) -> Result<f64, JsValue> {
        let call = self
            .inner
            .shutdown(deadline.map(millis), millis(now), &mut self.out);
        id_of(call)
    }

    /// Gives a call up: its answer is dropped, the plugin is told.
    pub fn abandon(&mut self, call: f64) {
        self.inner.abandon(call_id(call), &mut self.out);
    }

    /// Takes so much more of a call's stream.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn grant(&mut self, call: f64, items: u32, bytes: u32) -> Result<(), JsValue> {
        said(
            self.inner
                .grant(StreamId::Call(call_id(call)), items, bytes, &mut self.out),
        )
    }

    /// Streams an item to a call's method.
    ///
    /// # Errors
    /// An `Error` named after the refusal; `noCredit` means later.
    pub fn upload(&mut self, call: f64, item: &str) -> Result<(), JsValue> {
        let item = Raw::trust(item.as_bytes());
        said(
            self.inner
                .send_item(StreamId::Call(call_id(call)), &item, &mut self.out),
        )
    }

    /// Streams nothing more to a call's method.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn end(&mut self, call: f64) -> Result<(), JsValue> {
        said(self.inner.end(call_id(call), &mut self.out))
    }

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
    pub fn item(&mut self, ticket: u32, item: &str) -> Result<(), JsValue> {
        let stream = self.stream(ticket)?;
        said(
            self.inner
                .send_item(stream, &Raw::trust(item.as_bytes()), &mut self.out),
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
    pub fn answer(&mut self, ticket: u32, result: &str) -> Result<(), JsValue> {
        let ticket = self.forget(ticket)?;
        let result = Raw::trust(result.as_bytes());
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
        let ticket = self.forget(ticket)?;
        let mut failed = PluginError::new(code, message);
        failed.details = details.and_then(|text| serde_json::from_str(&text).ok().map(Box::new));
        failed.retryable = retryable;
        said(
            self.inner
                .respond(ticket, Err(&failed.as_failure()), &mut self.out),
        )
    }

    /// Sends an event.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn emit(
        &mut self,
        name: &str,
        stream: Option<String>,
        payload: &str,
    ) -> Result<(), JsValue> {
        let payload = Raw::trust(payload.as_bytes());
        said(
            self.inner
                .emit(name, stream.as_deref(), &payload, &mut self.out),
        )
    }

    /// Bytes from the plugin. [`Session::hear`] follows until it gives [`Heard::Nothing`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.push(bytes);
    }

    /// Takes the next frame in.
    pub fn hear(&mut self) -> Heard {
        let frame = match self.input.next_frame(self.inner.framing()) {
            Ok(Some(frame)) => frame,
            Ok(None) => return Heard::Nothing,
            Err(too_long) => return self.broken("frame", &too_long),
        };
        let incoming = match self.inner.receive(frame, &mut self.out) {
            Ok(Some(incoming)) => incoming,
            Ok(None) => return Heard::Settled,
            Err(violation) => {
                self.parts = Parts {
                    name: Some(violation.kind.name().to_owned()),
                    message: Some(violation.to_string()),
                    ..Parts::default()
                };
                return Heard::Violation;
            }
        };
        let opened = matches!(incoming, Incoming::Opened { .. });
        let (tickets, names, last_name) = (&mut self.tickets, &mut self.names, &mut self.last_name);
        let mut name_of = |ticket: Ticket| {
            let name = *names.entry(ticket).or_insert_with(|| {
                *last_name = last_name.wrapping_add(1);
                *last_name
            });
            tickets.insert(name, ticket);
            f64::from(name)
        };
        let (heard, parts) = Parts::of(incoming, &mut name_of);
        self.parts = parts;
        if heard == Heard::Cancel && self.parts.flag {
            self.forget_answered();
        }
        if opened {
            self.input.set_limit(self.inner.limits().frame_bytes);
        }
        heard
    }

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

    /// The payload of what was heard last, as JSON text; taken once.
    #[wasm_bindgen(js_name = takeText)]
    pub fn take_text(&mut self) -> Option<String> {
        self.parts
            .text
            .take()
            .and_then(|text| String::from_utf8(text).ok())
    }

    /// Bytes that wait to be sent.
    #[wasm_bindgen(getter)]
    pub fn waiting(&self) -> f64 {
        size(self.out.len())
    }

    /// What has to be sent.
    pub fn take(&mut self) -> Vec<u8> {
        self.out.take()
    }

    /// The plugin will say nothing more.
    #[wasm_bindgen(js_name = inputEnded)]
    pub fn input_ended(&mut self) {
        self.inner.input_ended();
    }

    /// When [`Session::expire`] is due.
    #[wasm_bindgen(getter, js_name = nextTimeout)]
    pub fn next_timeout(&self) -> Option<f64> {
        self.inner.next_timeout().map(to_millis)
    }

    /// A call whose time is over, each once.
    pub fn expire(&mut self, now: f64) -> Option<f64> {
        self.inner
            .expire(millis(now), &mut self.out)
            .map(|call| number(call.number()))
    }

    /// Ends the conversation; gives the calls that nobody will answer.
    pub fn close(&mut self) -> Vec<f64> {
        self.tickets.clear();
        self.names.clear();
        let lost = self.inner.close();
        lost.into_iter().map(|call| number(call.number())).collect()
    }
}

impl Session {
    fn ticket(&self, name: u32) -> Result<Ticket, JsValue> {
        self.tickets
            .get(&name)
            .copied()
            .ok_or_else(|| refused(&Refused::Ended))
    }

    fn stream(&self, name: u32) -> Result<StreamId, JsValue> {
        self.ticket(name).map(StreamId::Answer)
    }

    fn forget(&mut self, name: u32) -> Result<Ticket, JsValue> {
        let ticket = self
            .tickets
            .remove(&name)
            .ok_or_else(|| refused(&Refused::Ended))?;
        self.names.remove(&ticket);
        Ok(ticket)
    }

    /// The session has answered what was heard last.
    fn forget_answered(&mut self) {
        self.names
            .retain(|_, name| f64::from(*name) != self.parts.id);
        self.tickets
            .retain(|name, _| f64::from(*name) != self.parts.id);
    }

    fn broken(&mut self, name: &str, problem: &FrameError) -> Heard {
        self.parts = Parts {
            name: Some(name.to_owned()),
            message: Some(problem.to_string()),
            ..Parts::default()
        };
        Heard::Violation
    }
}
