//! A host's session, for JavaScript: bytes in, what they mean out, bytes to send out.

use crossplug_protocol::dialect::endless_print;
use crossplug_protocol::frame::{FrameReader, FrameWriter, Framing};
use crossplug_protocol::handshake::Hello;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallOptions, Incoming, Session as Inner, StreamId};
use crossplug_protocol::violation::{Blame, Violation};
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{
    self, Options, answered, call_id, id_of, millis, number, said, size, to_millis,
};
use crate::heard::{Heard, Parts};
use crate::refusal::error;
use crate::tickets::Tickets;

/// One conversation with one plugin.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    pub(crate) inner: Inner,
    pub(crate) out: FrameWriter,
    pub(crate) input: FrameReader,
    pub(crate) parts: Parts,
    pub(crate) tickets: Tickets,
}

#[wasm_bindgen]
impl Session {
    /// A session in a dialect. `options` is JSON: `limits` (members of `Limits` in `schema/protocol.json`), `features`,
    /// `framings`, `encodings`, and `openingFrameBytes`, the largest frame until the handshake is through.
    ///
    /// # Errors
    /// An `Error` named `usage` for an unknown dialect or options that are none.
    #[wasm_bindgen(constructor)]
    pub fn new(dialect: &str, options: &str) -> Result<Session, JsValue> {
        let Options {
            limits,
            offer,
            first_frames,
        } = convert::options(options)?;
        let inner = Inner::host(dialect, offer)
            .ok_or_else(|| error("usage", &format!("there is no dialect {dialect:?}")))?;
        Ok(Self {
            input: FrameReader::new(first_frames),
            inner: inner.with_limits(limits),
            out: FrameWriter::new(),
            parts: Parts::default(),
            tickets: Tickets::default(),
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

    /// Calls a method; gives the call's id. Without params it is called with none. Params, results, items and payloads come
    /// as the UTF-8 of a JSON text, since platforms encode faster than glue does.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn call(
        &mut self,
        method: &str,
        params: Option<Vec<u8>>,
        deadline: Option<f64>,
        traceparent: Option<String>,
        now: f64,
    ) -> Result<f64, JsValue> {
        let mut options = CallOptions::new();
        options.deadline = deadline.map(millis);
        options.traceparent = traceparent.as_deref();
        let params = params.map(Raw::owned);
        let call = self.inner.call(
            method,
            params.as_ref(),
            &options,
            millis(now),
            &mut self.out,
        );
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

    /// Asks the plugin to stop working on a call, whose answer is still awaited.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn cancel(&mut self, call: f64) -> Result<(), JsValue> {
        said(self.inner.cancel(call_id(call), &mut self.out))
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
    pub fn upload(&mut self, call: f64, item: &[u8]) -> Result<(), JsValue> {
        let item = Raw::trust(item);
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

    /// Sends an event.
    ///
    /// # Errors
    /// An `Error` named after the refusal.
    pub fn emit(
        &mut self,
        name: &str,
        stream: Option<String>,
        payload: &[u8],
    ) -> Result<(), JsValue> {
        let payload = Raw::trust(payload);
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
        let (framing, encoding) = (self.inner.framing(), self.inner.choice().encoding);
        let frame = match self.input.next_frame(framing) {
            Ok(Some(frame)) => frame,
            Ok(None) => return self.whole(framing),
            Err(too_long) => return self.over("frame", Blame::Limit, too_long.to_string()),
        };
        let incoming = match self.inner.receive(frame, &mut self.out) {
            Ok(Some(incoming)) => incoming,
            Ok(None) => return Heard::Settled,
            Err(violation) => return self.violated(&violation),
        };
        let opened = matches!(incoming, Incoming::Opened { .. });
        let tickets = &mut self.tickets;
        let (heard, parts) = Parts::of(incoming, encoding, &mut |ticket| {
            f64::from(tickets.number(ticket))
        });
        self.parts = parts;
        if heard == Heard::Cancel && self.parts.flag {
            // The session has answered it.
            self.tickets.remove(answered(self.parts.id));
        }
        if opened {
            self.input.set_limit(self.inner.limits().frame_bytes);
        }
        heard
    }

    /// Whether bytes of a frame came whose end did not.
    #[wasm_bindgen(getter, js_name = isHalf)]
    pub fn is_half(&self) -> bool {
        self.input.finish().is_err()
    }

    /// Bytes that wait to be sent.
    #[wasm_bindgen(getter)]
    pub fn waiting(&self) -> f64 {
        size(self.out.len())
    }

    /// What has to be sent, at most so many bytes of it.
    pub fn take(&mut self, most: u32) -> Vec<u8> {
        let waiting = self.out.as_bytes();
        let most = usize::try_from(most).map_or(waiting.len(), |most| most.min(waiting.len()));
        let taken = waiting.get(..most).unwrap_or_default().to_vec();
        self.out.consume(taken.len());
        taken
    }

    /// Nothing more can be sent: what waits is forgotten.
    #[wasm_bindgen(js_name = outputEnded)]
    pub fn output_ended(&mut self) {
        self.out.consume(self.out.len());
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
        let lost = self.inner.close();
        lost.into_iter().map(|call| number(call.number())).collect()
    }
}

impl Session {
    /// No whole frame is left; a print that never ends is found before it fills the room of a message.
    fn whole(&mut self, framing: Framing) -> Heard {
        match endless_print(framing, self.input.waiting()) {
            Ok(()) => Heard::Nothing,
            Err(violation) => self.violated(&violation),
        }
    }

    pub(crate) fn violated(&mut self, violation: &Violation) -> Heard {
        let kind = violation.kind;
        self.over(kind.name(), kind.blame(), violation.to_string())
    }

    /// The session ends with what the plugin did.
    fn over(&mut self, name: &str, blame: Blame, message: String) -> Heard {
        self.parts = Parts {
            name: Some(name.to_owned()),
            kind: Some(blame.name()),
            message: Some(message),
            ..Parts::default()
        };
        Heard::Violation
    }
}
