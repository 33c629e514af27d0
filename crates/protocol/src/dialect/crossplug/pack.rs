//! From a message to its envelope in MessagePack. A map says first how many members it has.

use crate::message::{Failure, Id, Message, Meta, Raw};
use crate::msgpack::{
    push_boolean, push_float, push_map, push_null, push_signed, push_text, push_unsigned,
};

/// `jsonrpc` and its value, which every envelope begins with.
const VERSION: &[u8] = b"\xa7jsonrpc\xa32.0";

/// Appends a message.
pub(super) fn message(message: &Message<'_>, out: &mut Vec<u8>) {
    match message {
        Message::Request {
            id,
            method,
            params,
            meta,
        } => {
            let described = *meta != Meta::default();
            envelope(
                3 + usize::from(params.is_some()) + usize::from(described),
                out,
            );
            member(out, "id", |out| push_id(out, id));
            member(out, "method", |out| push_text(out, method));
            if let Some(params) = params {
                member(out, "params", |out| push_raw(out, params));
            }
            if described {
                member(out, "meta", |out| push_meta(out, meta));
            }
        }
        Message::Reply { id, outcome } => {
            envelope(3, out);
            member(out, "id", |out| match id {
                Some(id) => push_id(out, id),
                None => push_null(out),
            });
            match outcome {
                Ok(result) => member(out, "result", |out| push_raw(out, result)),
                Err(failure) => member(out, "error", |out| push_failure(out, failure)),
            }
        }
        _ => {
            envelope(3, out);
            member(out, "method", |out| push_text(out, message.name()));
            push_text(out, "params");
            params(message, out);
        }
    }
}

fn envelope(members: usize, out: &mut Vec<u8>) {
    push_map(out, members);
    out.extend_from_slice(VERSION);
}

/// The params of a notification.
fn params(message: &Message<'_>, out: &mut Vec<u8>) {
    match message {
        Message::Request { .. } | Message::Reply { .. } | Message::Malformed { .. } => {
            push_map(out, 0);
        }
        Message::Cancel { id } | Message::End { id } => {
            push_map(out, 1);
            member(out, "id", |out| push_id(out, id));
        }
        Message::Progress {
            id,
            fraction,
            message,
        } => {
            let fraction = fraction.filter(|fraction| fraction.is_finite());
            push_map(
                out,
                1 + usize::from(fraction.is_some()) + usize::from(message.is_some()),
            );
            member(out, "id", |out| push_id(out, id));
            if let Some(fraction) = fraction {
                member(out, "fraction", |out| push_float(out, fraction));
            }
            if let Some(message) = message {
                member(out, "message", |out| push_text(out, message));
            }
        }
        Message::Item { id, item } => {
            push_map(out, 2);
            member(out, "id", |out| push_id(out, id));
            member(out, "item", |out| push_raw(out, item));
        }
        Message::Credit { id, items, bytes } => {
            push_map(out, 3);
            member(out, "id", |out| push_id(out, id));
            member(out, "items", |out| push_unsigned(out, (*items).into()));
            member(out, "bytes", |out| push_unsigned(out, (*bytes).into()));
        }
        Message::Event {
            name,
            stream,
            seq,
            payload,
        } => {
            push_map(out, 3 + usize::from(stream.is_some()));
            member(out, "name", |out| push_text(out, name));
            if let Some(stream) = stream {
                member(out, "stream", |out| push_text(out, stream));
            }
            member(out, "seq", |out| push_unsigned(out, *seq));
            member(out, "payload", |out| push_raw(out, payload));
        }
        Message::Log {
            level,
            message,
            fields,
        } => {
            push_map(out, 2 + usize::from(fields.is_some()));
            member(out, "level", |out| push_text(out, level.name()));
            member(out, "message", |out| push_text(out, message));
            if let Some(fields) = fields {
                member(out, "fields", |out| push_raw(out, fields));
            }
        }
    }
}

#[inline]
fn member(out: &mut Vec<u8>, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    push_text(out, name);
    value(out);
}

fn push_id(out: &mut Vec<u8>, id: &Id<'_>) {
    match id {
        Id::Int(id) => push_signed(out, *id),
        Id::Text(id) => push_text(out, id),
    }
}

fn push_meta(out: &mut Vec<u8>, meta: &Meta<'_>) {
    let members = usize::from(meta.timeout_ms.is_some()) + usize::from(meta.traceparent.is_some());
    push_map(out, members);
    if let Some(timeout) = meta.timeout_ms {
        member(out, "timeoutMs", |out| push_unsigned(out, timeout));
    }
    if let Some(traceparent) = &meta.traceparent {
        member(out, "traceparent", |out| push_text(out, traceparent));
    }
}

fn push_failure(out: &mut Vec<u8>, failure: &Failure<'_>) {
    push_map(out, 3);
    member(out, "code", |out| push_signed(out, failure.number().into()));
    member(out, "message", |out| push_text(out, &failure.message));
    push_text(out, "data");
    push_map(
        out,
        1 + usize::from(failure.details.is_some()) + usize::from(failure.retryable),
    );
    member(out, "code", |out| push_text(out, &failure.code));
    if let Some(details) = &failure.details {
        member(out, "details", |out| push_raw(out, details));
    }
    if failure.retryable {
        member(out, "retryable", |out| push_boolean(out, true));
    }
}

fn push_raw(out: &mut Vec<u8>, raw: &Raw<'_>) {
    out.extend_from_slice(raw.as_bytes());
}
