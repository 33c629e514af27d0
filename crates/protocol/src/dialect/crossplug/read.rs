//! From the members of a checked envelope to a message.

use std::borrow::Cow;

use crate::error;
use crate::message::{Failure, Id, Level, Message, Meta, Raw};

use super::values::Values;

/// Longest id that is text, in characters.
const LONGEST_ID: usize = 200;

/// An envelope that is no message, by what it must have been meant as.
pub(super) enum Wrong<'f> {
    /// A request, with its id where that can be used.
    Request(Option<Id<'f>>, &'static str),
    /// A notification.
    Notification(&'static str),
    /// A reply.
    Reply {
        /// Its id where that can be used.
        id: Option<Id<'f>>,
        /// What is wrong with it.
        what: &'static str,
        /// It is no request whose method is missing.
        certain: bool,
    },
}

/// Members of an envelope, as they stand.
#[derive(Default)]
struct Envelope<'f> {
    version: Option<&'f [u8]>,
    id: Option<&'f [u8]>,
    method: Option<&'f [u8]>,
    params: Option<&'f [u8]>,
    meta: Option<&'f [u8]>,
    result: Option<&'f [u8]>,
    error: Option<&'f [u8]>,
}

/// Reads a message from the members of its envelope; `None` is a notification that nobody knows.
pub(super) fn message<'f, V: Values>(
    members: impl Iterator<Item = (Cow<'f, [u8]>, &'f [u8])>,
) -> Result<Option<Message<'f>>, Wrong<'f>> {
    let mut envelope = Envelope::default();
    for (name, value) in members {
        let place = match &*name {
            b"jsonrpc" => &mut envelope.version,
            b"id" => &mut envelope.id,
            b"method" => &mut envelope.method,
            b"params" => &mut envelope.params,
            b"meta" => &mut envelope.meta,
            b"result" => &mut envelope.result,
            b"error" => &mut envelope.error,
            _ => continue,
        };
        *place = Some(value);
    }
    let id = envelope.id.and_then(id::<V>);
    if envelope.version.and_then(V::text).as_deref() != Some("2.0") {
        let what = "`jsonrpc` must be \"2.0\"";
        return Err(if envelope.is_reply() {
            Wrong::reply(id, what)
        } else {
            Wrong::Request(id, what)
        });
    }
    match (envelope.method, envelope.id) {
        (Some(method), Some(_)) => request::<V>(&envelope, method, id).map(Some),
        (Some(method), None) => match V::text(method) {
            Some(method) => {
                notification::<V>(&method, envelope.params).map_err(Wrong::Notification)
            }
            None => Err(Wrong::Request(None, "`method` must be a string")),
        },
        (None, _) if envelope.is_reply() => reply::<V>(&envelope, id).map(Some),
        (None, _) => Err(Wrong::Reply {
            id,
            what: "a message without `method`, `result` and `error`",
            certain: false,
        }),
    }
}

impl<'f> Wrong<'f> {
    const fn reply(id: Option<Id<'f>>, what: &'static str) -> Self {
        Self::Reply {
            id,
            what,
            certain: true,
        }
    }
}

impl Envelope<'_> {
    fn is_reply(&self) -> bool {
        self.method.is_none() && (self.result.is_some() || self.error.is_some())
    }
}

fn request<'f, V: Values>(
    envelope: &Envelope<'f>,
    method: &'f [u8],
    id: Option<Id<'f>>,
) -> Result<Message<'f>, Wrong<'f>> {
    let Some(method) = V::text(method) else {
        return Err(Wrong::Request(id, "`method` must be a string"));
    };
    let Some(id) = id else {
        return Err(Wrong::Request(
            None,
            "`id` must be an integer within ±(2^53 − 1) or a string of at most 200 characters",
        ));
    };
    let meta = match envelope.meta {
        None => Meta::default(),
        Some(raw) => match meta::<V>(raw) {
            Some(meta) => meta,
            None => return Err(Wrong::Request(Some(id), "`meta` is not of its type")),
        },
    };
    Ok(Message::Request {
        id,
        method,
        params: present::<V>(envelope.params).map(Raw::trust),
        meta,
    })
}

/// Params that are null are no params.
fn present<V: Values>(params: Option<&[u8]>) -> Option<&[u8]> {
    params.filter(|raw| !V::is_null(raw))
}

fn meta<V: Values>(raw: &[u8]) -> Option<Meta<'_>> {
    let [timeout, traceparent] = fields::<V, _>(raw, ["timeoutMs", "traceparent"])?;
    let timeout_ms = match timeout {
        None => None,
        Some(raw) => Some(u64::try_from(V::integer(raw)?).ok()?),
    };
    Some(Meta {
        timeout_ms,
        traceparent: optional_text::<V>(traceparent)?,
    })
}

fn reply<'f, V: Values>(
    envelope: &Envelope<'f>,
    id: Option<Id<'f>>,
) -> Result<Message<'f>, Wrong<'f>> {
    let outcome = match (envelope.result, envelope.error) {
        (Some(result), None) => Ok(Raw::trust(result)),
        (None, Some(error)) => match failure::<V>(error) {
            Some(failure) => Err(failure),
            None => {
                return Err(Wrong::reply(
                    id,
                    "the `error` of a reply is not of its type",
                ));
            }
        },
        _ => return Err(Wrong::reply(id, "a reply has either `result` or `error`")),
    };
    // Only an error may lack an id: its sender could not read the request.
    if id.is_none() && !(outcome.is_err() && envelope.id.is_none_or(V::is_null)) {
        return Err(Wrong::reply(None, "the `id` of a reply is not one"));
    }
    Ok(Message::Reply { id, outcome })
}

fn failure<V: Values>(raw: &[u8]) -> Option<Failure<'_>> {
    let [number, message, data] = fields::<V, _>(raw, ["code", "message", "data"])?;
    let number = V::integer(number?)?;
    let message = V::text(message?)?;
    // A peer without an SDK of ours may put anything into `data`: then the number alone says what happened.
    let [code, details, retryable] = data
        .and_then(|raw| fields::<V, _>(raw, ["code", "details", "retryable"]))
        .unwrap_or_default();
    let code = code
        .and_then(V::text)
        .unwrap_or(Cow::Borrowed(error::code_of(number)));
    let retryable = retryable.and_then(V::boolean).unwrap_or(false);
    Some(Failure {
        code,
        message,
        details: details.map(Raw::trust),
        retryable,
    })
}

fn notification<'f, V: Values>(
    method: &str,
    params: Option<&'f [u8]>,
) -> Result<Option<Message<'f>>, &'static str> {
    let params = present::<V>(params).unwrap_or(V::EMPTY);
    let wrong = "the params of a notification are not of their type";
    let message = match method {
        "$/cancel" => cancel::<V>(params),
        "$/progress" => progress::<V>(params),
        "$/item" => item::<V>(params),
        "$/end" => end::<V>(params),
        "$/credit" => credit::<V>(params),
        "$/event" => event::<V>(params),
        "$/log" => log::<V>(params),
        _ => return Ok(None),
    };
    message.map(Some).ok_or(wrong)
}

fn cancel<V: Values>(params: &[u8]) -> Option<Message<'_>> {
    let [raw] = fields::<V, _>(params, ["id"])?;
    Some(Message::Cancel { id: id::<V>(raw?)? })
}

fn end<V: Values>(params: &[u8]) -> Option<Message<'_>> {
    let [raw] = fields::<V, _>(params, ["id"])?;
    Some(Message::End { id: id::<V>(raw?)? })
}

fn progress<V: Values>(params: &[u8]) -> Option<Message<'_>> {
    let [raw, fraction, message] = fields::<V, _>(params, ["id", "fraction", "message"])?;
    let fraction = match fraction {
        None => None,
        Some(raw) => Some(V::number(raw)?),
    };
    Some(Message::Progress {
        id: id::<V>(raw?)?,
        fraction,
        message: optional_text::<V>(message)?,
    })
}

fn item<V: Values>(params: &[u8]) -> Option<Message<'_>> {
    let [raw, item] = fields::<V, _>(params, ["id", "item"])?;
    Some(Message::Item {
        id: id::<V>(raw?)?,
        item: Raw::trust(item?),
    })
}

fn credit<V: Values>(params: &[u8]) -> Option<Message<'_>> {
    let [raw, items, bytes] = fields::<V, _>(params, ["id", "items", "bytes"])?;
    let amount = |raw| u32::try_from(V::integer(raw)?).ok();
    Some(Message::Credit {
        id: id::<V>(raw?)?,
        items: amount(items?)?,
        bytes: amount(bytes?)?,
    })
}

fn event<V: Values>(params: &[u8]) -> Option<Message<'_>> {
    let [name, stream, seq, payload] =
        fields::<V, _>(params, ["name", "stream", "seq", "payload"])?;
    Some(Message::Event {
        name: V::text(name?)?,
        stream: optional_text::<V>(stream)?,
        seq: u64::try_from(V::integer(seq?)?).ok()?,
        payload: Raw::trust(payload?),
    })
}

fn log<V: Values>(params: &[u8]) -> Option<Message<'_>> {
    let [level, message, fields] = fields::<V, _>(params, ["level", "message", "fields"])?;
    if fields.is_some_and(|raw| !V::is_object(raw)) {
        return None;
    }
    Some(Message::Log {
        level: Level::from_name(&V::text(level?)?)?,
        message: V::text(message?)?,
        fields: fields.map(Raw::trust),
    })
}

/// The values of some members of an object, in one walk; `None` where the value is no object.
fn fields<'f, V: Values, const N: usize>(
    object: &'f [u8],
    wanted: [&str; N],
) -> Option<[Option<&'f [u8]>; N]> {
    if !V::is_object(object) {
        return None;
    }
    let mut found = [None; N];
    for (name, value) in V::members(object) {
        if let Some((_, place)) = wanted
            .iter()
            .zip(&mut found)
            .find(|(wanted, _)| wanted.as_bytes() == &*name)
        {
            *place = Some(value);
        }
    }
    Some(found)
}

/// Absent, or text; the outer `None` is a value of another kind.
#[allow(clippy::option_option, reason = "absent and wrong are two answers")]
fn optional_text<V: Values>(raw: Option<&[u8]>) -> Option<Option<Cow<'_, str>>> {
    match raw {
        None => Some(None),
        Some(raw) => V::text(raw).map(Some),
    }
}

fn id<V: Values>(raw: &[u8]) -> Option<Id<'_>> {
    match V::text(raw) {
        Some(text) if text.len() <= LONGEST_ID || text.chars().count() <= LONGEST_ID => {
            Some(Id::Text(text))
        }
        Some(_) => None,
        None => V::integer(raw).map(Id::Int),
    }
}
