//! What a frame meant, kept until JavaScript has asked for the parts that it needs.

use crossplug_protocol::codec::AsJson;
use crossplug_protocol::handshake::{Encoding, Incompatible};
use crossplug_protocol::message::{Failure, Raw};
use crossplug_protocol::session::{Incoming, StreamId, Ticket};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{number, size as bytes, to_millis};

/// The kinds of what is heard.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// No whole frame is left.
    Nothing,
    /// A frame that the session has dealt with itself.
    Settled,
    /// The handshake is through: `text` is the `InitializeResult`.
    Opened,
    /// The two do not fit: `kind`, `name`, `message`, and `text` with the plugin's error where it refused.
    Incompatible,
    /// The plugin calls a service: `id` is the ticket, `name` the service, `text` the params, `number` the timeout.
    Request,
    /// The call `id` has its result: `text`.
    Result,
    /// The call `id` has failed: `name` is the code, `message`, `text` the details, `flag` whether to try again.
    Failure,
    /// The plugin wants no answer to the ticket `id` any more; with `flag` the session has answered.
    Cancel,
    /// The call `id`: `number` is the fraction, `message`.
    Progress,
    /// The call `id` streams `text`, which took `number` bytes of credit.
    Item,
    /// The ticket `id` streams `text`, which took `number` bytes of credit.
    Upload,
    /// The upload of the ticket `id` is complete.
    UploadEnd,
    /// The call `id` takes more.
    Credit,
    /// The ticket `id` takes more.
    UploadCredit,
    /// An event: `name`, `message` is the stream, `number` its seq, `text` the payload.
    Event,
    /// A log line: `name` is the level, `message`, `text` the fields.
    Log,
    /// The plugin could not read a message: `name` is the code, `message`.
    Complaint,
    /// The plugin broke the protocol: `kind`, `name`, `message`. The session is over.
    Violation,
}

/// The parts of what was heard last.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) id: f64,
    pub(crate) number: Option<f64>,
    pub(crate) flag: bool,
    pub(crate) kind: Option<&'static str>,
    pub(crate) name: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) text: Option<Vec<u8>>,
}

/// A request of the plugin as JavaScript names it.
pub(crate) type NumberOf<'a> = &'a mut dyn FnMut(Ticket) -> f64;

impl Parts {
    /// Takes apart what a session heard.
    pub(crate) fn of(
        incoming: Incoming<'_>,
        encoding: Encoding,
        name_of: NumberOf<'_>,
    ) -> (Heard, Self) {
        let mut parts = Self::default();
        let heard = match incoming {
            Incoming::Opened { result, .. } => {
                parts.text = Some(result.into_bytes());
                Heard::Opened
            }
            Incoming::Incompatible(incompatible) => {
                parts.incompatible(&incompatible);
                Heard::Incompatible
            }
            Incoming::Request {
                ticket,
                method,
                params,
                timeout,
                traceparent,
            } => {
                parts.id = name_of(ticket);
                parts.name = Some(method.into_owned());
                parts.text = params.map(Raw::into_bytes);
                parts.number = timeout.map(to_millis);
                parts.message = traceparent.map(|text| text.into_owned());
                Heard::Request
            }
            Incoming::Reply { call, outcome } => {
                parts.id = number(call.number());
                match outcome {
                    Ok(result) => {
                        parts.text = Some(result.into_bytes());
                        Heard::Result
                    }
                    Err(failure) => {
                        parts.failure(failure, encoding);
                        Heard::Failure
                    }
                }
            }
            Incoming::Cancel { ticket, answered } => {
                parts.id = name_of(ticket);
                parts.flag = answered;
                Heard::Cancel
            }
            Incoming::Progress {
                call,
                fraction,
                message,
            } => {
                parts.id = number(call.number());
                parts.number = fraction;
                parts.message = message.map(|text| text.into_owned());
                Heard::Progress
            }
            Incoming::Item { stream, item, size } => {
                parts.text = Some(item.into_bytes());
                parts.number = Some(bytes(size));
                parts.stream(stream, name_of, Heard::Item, Heard::Upload)
            }
            Incoming::End { ticket } => {
                parts.id = name_of(ticket);
                Heard::UploadEnd
            }
            Incoming::Credit { stream } => {
                parts.stream(stream, name_of, Heard::Credit, Heard::UploadCredit)
            }
            Incoming::Event {
                name,
                stream,
                seq,
                payload,
            } => {
                parts.name = Some(name.into_owned());
                parts.message = stream.map(|text| text.into_owned());
                parts.number = Some(number(i64::try_from(seq).unwrap_or(i64::MAX)));
                parts.text = Some(payload.into_bytes());
                Heard::Event
            }
            Incoming::Log {
                level,
                message,
                fields,
            } => {
                parts.name = Some(level.name().to_owned());
                parts.message = Some(message.into_owned());
                parts.text = fields.map(|raw| as_json(raw, encoding));
                Heard::Log
            }
            Incoming::Complaint(failure) => {
                parts.failure(failure, encoding);
                Heard::Complaint
            }
            // For plugins.
            _ => Heard::Settled,
        };
        (heard, parts)
    }

    fn stream(
        &mut self,
        stream: StreamId,
        name_of: NumberOf<'_>,
        call: Heard,
        answer: Heard,
    ) -> Heard {
        match stream {
            StreamId::Call(id) => {
                self.id = number(id.number());
                call
            }
            StreamId::Answer(ticket) => {
                self.id = name_of(ticket);
                answer
            }
        }
    }

    fn failure(&mut self, failure: Failure<'_>, encoding: Encoding) {
        self.name = Some(failure.code.into_owned());
        self.message = Some(failure.message.into_owned());
        self.text = failure.details.map(|raw| as_json(raw, encoding));
        self.flag = failure.retryable;
    }

    fn incompatible(&mut self, incompatible: &Incompatible) {
        self.name = Some(incompatible.name().to_owned());
        self.kind = Some(incompatible.blame().name());
        self.message = Some(incompatible.to_string());
        if let Incompatible::Refused(error) = incompatible {
            self.text = serde_json::to_vec(&serde_json::json!({
                "code": error.code, "message": error.message, "details": error.details, "retryable": error.retryable,
            }))
            .ok();
        }
    }
}

/// What is small and for everybody.
fn as_json(raw: Raw<'_>, encoding: Encoding) -> Vec<u8> {
    if encoding == Encoding::Json {
        return raw.into_bytes();
    }
    let value = encoding.decode_scanned::<AsJson>(raw.as_bytes());
    value.map_or_else(|_| b"null".to_vec(), |value| value.to_string().into_bytes())
}
