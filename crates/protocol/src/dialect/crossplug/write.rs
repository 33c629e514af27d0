//! From a message to the text of its envelope.

use crate::json::{push_integer, push_text};
use crate::message::{Failure, Id, Message, Meta, Raw};

/// Appends a message.
pub(super) fn message(message: &Message<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
    match message {
        Message::Request {
            id,
            method,
            params,
            meta,
        } => {
            push(out, b",\"id\":", |out| push_id(out, id));
            push(out, b",\"method\":", |out| push_text(out, method));
            if let Some(params) = params {
                push(out, b",\"params\":", |out| push_raw(out, params));
            }
            push_meta(out, meta);
        }
        Message::Reply { id, outcome } => {
            push(out, b",\"id\":", |out| match id {
                Some(id) => push_id(out, id),
                None => out.extend_from_slice(b"null"),
            });
            match outcome {
                Ok(result) => push(out, b",\"result\":", |out| push_raw(out, result)),
                Err(failure) => push(out, b",\"error\":", |out| push_failure(out, failure)),
            }
        }
        _ => notification(message, out),
    }
    out.push(b'}');
}

fn notification(message: &Message<'_>, out: &mut Vec<u8>) {
    push(out, b",\"method\":", |out| push_text(out, message.name()));
    out.extend_from_slice(b",\"params\":{");
    match message {
        Message::Request { .. } | Message::Reply { .. } | Message::Malformed { .. } => {}
        Message::Cancel { id } | Message::End { id } => {
            push(out, b"\"id\":", |out| push_id(out, id))
        }
        Message::Progress {
            id,
            fraction,
            message,
        } => {
            push(out, b"\"id\":", |out| push_id(out, id));
            if let Some(fraction) = fraction.filter(|fraction| fraction.is_finite()) {
                push(out, b",\"fraction\":", |out| push_float(out, fraction));
            }
            if let Some(message) = message {
                push(out, b",\"message\":", |out| push_text(out, message));
            }
        }
        Message::Item { id, item } => {
            push(out, b"\"id\":", |out| push_id(out, id));
            push(out, b",\"item\":", |out| push_raw(out, item));
        }
        Message::Credit { id, items, bytes } => {
            push(out, b"\"id\":", |out| push_id(out, id));
            push(out, b",\"items\":", |out| {
                push_integer(out, i64::from(*items))
            });
            push(out, b",\"bytes\":", |out| {
                push_integer(out, i64::from(*bytes))
            });
        }
        Message::Event {
            name,
            stream,
            seq,
            payload,
        } => {
            push(out, b"\"name\":", |out| push_text(out, name));
            if let Some(stream) = stream {
                push(out, b",\"stream\":", |out| push_text(out, stream));
            }
            push(out, b",\"seq\":", |out| {
                push_integer(out, i64::try_from(*seq).unwrap_or(i64::MAX))
            });
            push(out, b",\"payload\":", |out| push_raw(out, payload));
        }
        Message::Log {
            level,
            message,
            fields,
        } => {
            push(out, b"\"level\":", |out| push_text(out, level.name()));
            push(out, b",\"message\":", |out| push_text(out, message));
            if let Some(fields) = fields {
                push(out, b",\"fields\":", |out| push_raw(out, fields));
            }
        }
    }
    out.push(b'}');
}

/// A member: its name with punctuation, then its value.
#[inline]
fn push(out: &mut Vec<u8>, name: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(name);
    value(out);
}

fn push_id(out: &mut Vec<u8>, id: &Id<'_>) {
    match id {
        Id::Int(id) => push_integer(out, *id),
        Id::Text(id) => push_text(out, id),
    }
}

fn push_meta(out: &mut Vec<u8>, meta: &Meta<'_>) {
    if *meta == Meta::default() {
        return;
    }
    out.extend_from_slice(b",\"meta\":{");
    if let Some(timeout) = meta.timeout_ms {
        push(out, b"\"timeoutMs\":", |out| {
            push_integer(out, i64::try_from(timeout).unwrap_or(i64::MAX))
        });
    }
    if let Some(traceparent) = &meta.traceparent {
        let name: &[u8] = if meta.timeout_ms.is_some() {
            b",\"traceparent\":"
        } else {
            b"\"traceparent\":"
        };
        push(out, name, |out| push_text(out, traceparent));
    }
    out.push(b'}');
}

fn push_failure(out: &mut Vec<u8>, failure: &Failure<'_>) {
    push(out, b"{\"code\":", |out| {
        push_integer(out, i64::from(failure.number()))
    });
    push(out, b",\"message\":", |out| {
        push_text(out, &failure.message)
    });
    push(out, b",\"data\":{\"code\":", |out| {
        push_text(out, &failure.code)
    });
    if let Some(details) = &failure.details {
        push(out, b",\"details\":", |out| push_raw(out, details));
    }
    if failure.retryable {
        out.extend_from_slice(b",\"retryable\":true");
    }
    out.extend_from_slice(b"}}");
}

fn push_raw(out: &mut Vec<u8>, raw: &Raw<'_>) {
    out.extend_from_slice(raw.as_bytes());
}

fn push_float(out: &mut Vec<u8>, value: f64) {
    let text = value.to_string();
    out.extend_from_slice(text.as_bytes());
}
