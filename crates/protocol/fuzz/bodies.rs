//! What each fuzz target does with its bytes. Apart from the targets, so that `tests/corpus.rs` runs the same on the committed
//! corpus without a fuzzer. Every body asserts something; not panicking is the least of it.

use std::time::Duration;

use crossplug_protocol::codec::{Any, AsJson};
use crossplug_protocol::dialect::{self, Dialect, NAMES, Role};
use crossplug_protocol::frame::{FrameError, FrameReader, FrameWriter, Framing};
use crossplug_protocol::handshake::{Encoding, Hello, Offer, Welcome};
use crossplug_protocol::json::{self, Kind};
use crossplug_protocol::message::{Failure, Id, Message, Meta, Raw};
use crossplug_protocol::msgpack;
use crossplug_protocol::session::{CallOptions, Incoming, Limits, Session, StreamId};

/// What the scanner accepts, `serde_json` accepts; and a walk over it finds as much as there is.
pub(crate) fn json(data: &[u8]) {
    if json::check(data, 100).is_ok() {
        let value: serde_json::Value =
            serde_json::from_slice(data).expect("the scanner is the stricter one");
        walk(data, &value);
    }
    // Text that was not accepted may be walked as well: it gives nonsense, and ends.
    let _ = (
        json::members(data).count(),
        json::elements(data).count(),
        json::text(data),
        json::integer(data),
    );
}

fn walk(raw: &[u8], value: &serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            assert_eq!(json::members(raw).count(), members.len());
            json::members(raw).for_each(|(name, raw)| walk(raw, &members[&*name]));
        }
        serde_json::Value::Array(values) => {
            assert_eq!(json::elements(raw).count(), values.len());
            json::elements(raw)
                .zip(values)
                .for_each(|(raw, value)| walk(raw, value));
        }
        serde_json::Value::String(text) => {
            assert_eq!(json::text(raw).as_deref(), Some(text.as_str()))
        }
        serde_json::Value::Number(number) => assert_eq!(json::number(raw), number.as_f64()),
        _ => {
            assert!(json::kind(raw).is_some_and(|kind| matches!(kind, Kind::Null | Kind::Boolean)))
        }
    }
}

/// However a stream is cut, it gives the same frames and the same end; and what is written reads back.
pub(crate) fn frames(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    let framing = if how & 1 == 0 {
        Framing::Ndjson
    } else {
        Framing::Length
    };
    let (whole, end) = cut(bytes, bytes.len().max(1), framing);
    assert_eq!(
        cut(bytes, usize::from(how >> 1) % 7 + 1, framing),
        (whole.clone(), end)
    );
    let mut out = FrameWriter::new();
    for frame in &whole {
        let mut body = out.begin(framing);
        body.extend_from_slice(frame);
        body.finish(LIMIT)
            .expect("a frame that was read is short enough");
    }
    assert_eq!(cut(out.as_bytes(), 3, framing), (whole, None));
}

const LIMIT: usize = 4096;

fn cut(bytes: &[u8], size: usize, framing: Framing) -> (Vec<Vec<u8>>, Option<&'static str>) {
    let (mut reader, mut frames) = (FrameReader::new(LIMIT), Vec::new());
    for chunk in bytes.chunks(size) {
        reader.push(chunk);
        loop {
            match reader.next_frame(framing) {
                Ok(Some(frame)) => frames.push(frame.to_vec()),
                Ok(None) => break,
                Err(error) => return (frames, Some(error.name())),
            }
        }
        assert!(reader.memory() <= 1 << 18);
    }
    (frames, reader.finish().as_ref().err().map(FrameError::name))
}

/// What the scanner accepts, every reader reads; and what was read, written and read again is the same.
pub(crate) fn msgpack(data: &[u8]) {
    if msgpack::check(data, 100).is_ok() {
        let value = Encoding::Msgpack
            .decode_scanned::<AsJson>(data)
            .expect("the scanner is the stricter one");
        pick(data, &value);
        let again = Encoding::Msgpack
            .encode::<AsJson>(&value)
            .expect("what was read can be written");
        let read = Encoding::Msgpack.decode::<Any>(&again);
        assert_eq!(read.as_ref().ok(), Some(&value));
    }
    // Bytes that were not accepted may be walked as well: it gives nonsense, and ends.
    let _ = (
        msgpack::members(data).count(),
        msgpack::kind(data),
        msgpack::text(data),
        msgpack::integer(data),
    );
    let _ = Encoding::Msgpack.decode_scanned::<AsJson>(data);
    message(data, Encoding::Msgpack);
}

fn pick(raw: &[u8], value: &serde_json::Value) {
    if let serde_json::Value::Object(members) = value {
        assert_eq!(msgpack::members(raw).count(), members.len());
        for (name, raw) in msgpack::members(raw) {
            pick(raw, &members[std::str::from_utf8(name).expect("checked")]);
        }
    }
    if let Some(text) = msgpack::text(raw) {
        assert_eq!(value, text);
    }
}

/// A message that is read, written and read again is the same message.
pub(crate) fn crossplug(data: &[u8]) {
    data.split(|b| *b == b'\n')
        .for_each(|line| message(line, Encoding::Json));
}

fn message(frame: &[u8], encoding: Encoding) {
    for role in [Role::Host, Role::Plugin] {
        let (mut side, mut out) = (
            dialect::by_name("crossplug/1", role).expect("known"),
            FrameWriter::new(),
        );
        let framing = match encoding {
            Encoding::Msgpack => Framing::Length,
            _ => Framing::Ndjson,
        };
        side.settle(encoding, framing, &Limits::default());
        let message = match side.read(frame, &mut out) {
            Ok(Some(message)) => message,
            _ => {
                if encoding == Encoding::Json {
                    lines_are_json(&out);
                }
                continue;
            }
        };
        let stray = encoding == Encoding::Json && frame.first() != Some(&b'{');
        if stray || matches!(message, Message::Malformed { .. }) {
            continue;
        }
        side.write(&message, &mut out)
            .expect("crossplug/1 can say everything");
        let mut reader = FrameReader::new(1 << 20);
        reader.push(&out.take());
        let written = reader.next_frame(framing).expect("short").expect("whole");
        assert_eq!(side.read(written, &mut out), Ok(Some(message)));
    }
}

/// Both sides of the foreign dialect, in the middle of a conversation.
pub(crate) fn elizaos(data: &[u8]) {
    let mut out = FrameWriter::new();
    let mut host = dialect::by_name("elizaos-bridge/1", Role::Host).expect("known");
    let mut plugin = dialect::by_name("elizaos-bridge/1", Role::Plugin).expect("known");
    let manifest =
        Raw::trust(br#"{"name":"p","evaluators":[{"name":"E"}],"actions":[{"name":"A"}]}"#);
    plugin.open(Some(&manifest), &mut out).expect("short");
    let ready = out.take();
    assert_eq!(host.read(ready.trim_ascii_end(), &mut out), Ok(None));
    let methods = [
        "initialize",
        "action.validate",
        "action.invoke",
        "provider.get",
        "evaluator.invoke",
        "service.start",
        "route.handle",
    ];
    for (id, method) in (1..).zip(methods) {
        ask(&mut *host, id, method, &mut out);
    }
    out.consume(usize::MAX);
    for (turn, line) in data.split(|b| *b == b'\n').enumerate() {
        match host.read(line, &mut out) {
            Ok(Some(Message::Reply {
                outcome: Ok(result),
                ..
            })) => valid(&result),
            Ok(Some(Message::Log {
                fields: Some(fields),
                ..
            })) => valid(&fields),
            Ok(_) => {}
            Err(_) => return,
        }
        let asked = plugin
            .read(line, &mut out)
            .expect("a plugin answers everything itself");
        if let Some(Message::Request { id, params, .. }) = asked {
            let params = params.expect("every request has some");
            valid(&params);
            let failures = [
                "actionNotFound",
                "serviceNotFound",
                "routeNotFound",
                "methodNotFound",
                "internal",
            ];
            let outcome = match failures.get(turn % 7) {
                Some(code) => Err(Failure::new(*code, "m")),
                None => Ok(params),
            };
            plugin
                .write(
                    &Message::Reply {
                        id: Some(id),
                        outcome,
                    },
                    &mut out,
                )
                .expect("short");
        }
        lines_are_json(&out);
        out.consume(usize::MAX);
    }
}

fn ask(host: &mut dyn Dialect, id: i64, method: &'static str, out: &mut FrameWriter) {
    let params =
        Raw::trust(br#"{"action":"A","memory":{},"serviceType":"s","path":"/p","method":"GET"}"#);
    let request = Message::Request {
        id: Id::Int(id),
        method: method.into(),
        params: Some(params),
        meta: Meta::default(),
    };
    host.write(&request, out).expect("short");
}

/// A whole session of either role and dialect. The first byte chooses; every line is a frame.
pub(crate) fn session(data: &[u8]) {
    let Some((&how, data)) = data.split_first() else {
        return;
    };
    let dialect = NAMES[usize::from(how & 1)];
    let mut out = FrameWriter::new();
    let mut session = if how & 2 == 0 {
        let mut session = Session::host(dialect, Offer::new()).expect("known");
        session
            .initialize(&Hello::new("h", "1", "i"), Duration::ZERO, None, &mut out)
            .expect("short");
        session
    } else {
        let mut session = Session::plugin(dialect, Offer::new()).expect("known");
        session
            .start(Some(&Raw::trust(b"{}")), &mut out)
            .expect("short");
        session
    };
    let item = Raw::trust(b"[1]");
    for (turn, line) in (0_u64..).zip(data.split(|b| *b == b'\n')) {
        let now = Duration::from_millis(turn);
        match session.receive(line, &mut out) {
            Ok(Some(Incoming::Initialize { ticket, .. })) => {
                let _ = session.accept(
                    ticket,
                    &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
                    &mut out,
                );
            }
            Ok(Some(Incoming::Request { ticket, .. })) if turn.is_multiple_of(2) => {
                session
                    .respond(ticket, Ok(&item), &mut out)
                    .expect("every request can be answered");
                session
                    .respond(ticket, Ok(&item), &mut out)
                    .expect_err("once");
            }
            Ok(Some(Incoming::Request { ticket, .. })) => {
                let _ = session.grant(StreamId::Answer(ticket), 1, 50, &mut out);
            }
            Ok(Some(Incoming::Credit { stream })) => {
                let able = session.can_send(stream);
                assert_eq!(session.send_item(stream, &item, &mut out).is_ok(), able);
            }
            Ok(Some(Incoming::Opened { .. } | Incoming::Reply { .. })) => {
                let options = CallOptions::new().deadline(now + Duration::from_millis(2));
                if let Ok(call) = session.call("action.invoke", None, &options, now, &mut out) {
                    let _ = session.grant(StreamId::Call(call), 1, 50, &mut out);
                }
            }
            Ok(_) => {}
            Err(violation) => {
                assert!(how & 2 == 0, "a plugin tolerates everything: {violation}");
                break;
            }
        }
        while session.expire(now, &mut out).is_some() {}
        lines_are_json(&out);
        out.consume(usize::MAX);
    }
    session.close();
    assert_eq!(
        (
            session.pending_calls(),
            session.pending_answers(),
            session.open_streams()
        ),
        (0, 0, 0)
    );
}

fn lines_are_json(out: &FrameWriter) {
    for line in out
        .as_bytes()
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
    {
        json::check(line, 200).expect("everything that is written is JSON");
    }
}

fn valid(raw: &Raw<'_>) {
    json::check(raw.as_bytes(), 200).expect("everything that is handed on is JSON");
}
