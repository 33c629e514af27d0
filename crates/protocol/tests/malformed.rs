//! What a plugin makes of messages that are none: whom it answers, which of its calls end, what it only tolerates.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use crossplug_protocol::frame::{FrameReader, FrameWriter, Framing};
use crossplug_protocol::handshake::{Offer, Welcome};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallOptions, Incoming, Session, State};
use crossplug_protocol::violation::ViolationKind;

const HELLO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":{"version":"1.0"},"host":{"name":"h","version":"1"},"instanceId":"i","config":{},"granted":{}}}"#;

/// A plugin whose conversation is open.
fn open() -> (Session, FrameWriter) {
    let mut session = Session::plugin("crossplug/1", Offer::new()).unwrap();
    let mut out = FrameWriter::new();
    let incoming = session.receive(HELLO.as_bytes(), &mut out).unwrap();
    let Some(Incoming::Initialize { ticket, .. }) = incoming else {
        panic!("{incoming:?}")
    };
    let welcome = Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}"));
    session.accept(ticket, &welcome, &mut out).unwrap();
    let _ = out.take();
    (session, out)
}

fn said(out: &mut FrameWriter) -> String {
    String::from_utf8(out.take()).unwrap()
}

#[test]
fn a_reply_that_cannot_be_read_ends_the_call_that_it_is_for() {
    for reply in [
        r#"{"id":-1,"result":1}"#,
        r#"{"jsonrpc":"1.0","id":-1,"result":1}"#,
        r#"{"jsonrpc":"2.0","id":-1,"result":1,"error":{"code":1,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","id":-1}"#,
        r#"{"jsonrpc":"2.0","id":-1,"error":"no"}"#,
    ] {
        let (mut session, mut out) = open();
        let options = CallOptions::new();
        let call = session
            .call("s.t", None, &options, Duration::ZERO, &mut out)
            .unwrap();
        let _ = out.take();
        match session.receive(reply.as_bytes(), &mut out).unwrap() {
            Some(Incoming::Unreadable { call: ended, .. }) => assert_eq!(ended, call, "{reply}"),
            other => panic!("{reply}: {other:?}"),
        }
        assert_eq!(session.pending_calls(), 0, "{reply}");
        assert_eq!(said(&mut out), "", "{reply}");
        // Nobody waits for it any more: it is only logged.
        let again = session.receive(reply.as_bytes(), &mut out).unwrap();
        if reply.contains("result") || reply.contains("error") {
            assert!(
                matches!(again, Some(Incoming::Tolerated(_))),
                "{reply}: {again:?}"
            );
            assert_eq!(said(&mut out), "", "{reply}");
        }
    }
}

#[test]
fn a_message_without_a_method_that_ends_no_call_is_a_bad_request() {
    let (mut session, mut out) = open();
    for (frame, id) in [
        (r#"{"jsonrpc":"2.0","id":-1}"#, "-1"),
        (r#"{"jsonrpc":"2.0","id":7}"#, "7"),
        (r#"{"jsonrpc":"2.0"}"#, "null"),
    ] {
        assert_eq!(session.receive(frame.as_bytes(), &mut out), Ok(None));
        let answer = said(&mut out);
        assert!(
            answer.starts_with(&format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32600"#
            )),
            "{answer}"
        );
    }
}

#[test]
fn a_notification_of_another_version_is_a_bad_request_without_an_id() {
    let (mut session, mut out) = open();
    let frame = br#"{"jsonrpc":"1.0","method":"$/cancel","params":{"id":1}}"#;
    assert_eq!(session.receive(frame, &mut out), Ok(None));
    let answer = said(&mut out);
    assert!(
        answer.starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600"#),
        "{answer}"
    );
}

#[test]
fn params_that_are_null_are_none() {
    let (mut session, mut out) = open();
    let frame = br#"{"jsonrpc":"2.0","id":2,"method":"a.b","params":null}"#;
    let incoming = session.receive(frame, &mut out).unwrap();
    assert!(
        matches!(incoming, Some(Incoming::Request { params: None, .. })),
        "{incoming:?}"
    );
}

#[test]
fn an_event_out_of_order_changes_nothing_and_a_named_stream_may_begin_again() {
    let (mut session, mut out) = open();
    let mut take = |stream: &str, seq: u32| {
        let frame = format!(
            r#"{{"jsonrpc":"2.0","method":"$/event","params":{{"name":"e",{stream}"seq":{seq},"payload":1}}}}"#
        );
        match session.receive(frame.as_bytes(), &mut out).unwrap() {
            Some(Incoming::Event { .. }) => true,
            Some(Incoming::Tolerated(violation)) => {
                assert_eq!(violation.kind, ViolationKind::EventOutOfOrder);
                false
            }
            other => panic!("{other:?}"),
        }
    };
    for (stream, again) in [("", false), (r#""stream":"s","#, true)] {
        assert!(take(stream, 1) && take(stream, 2));
        assert!(!take(stream, 4) && !take(stream, 0) && !take(stream, 2));
        assert!(take(stream, 3));
        assert_eq!(take(stream, 1), again);
    }
}

#[test]
fn a_frame_that_is_too_large_ends_the_input_and_is_complained_of() {
    for (dialect, opening, complaint) in [
        (
            "crossplug/1",
            HELLO,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32006"#,
        ),
        (
            "elizaos-bridge/1",
            "",
            r#"{"type":"error","id":"","error":"a frame of "#,
        ),
    ] {
        let mut session = Session::plugin(dialect, Offer::new()).unwrap();
        let mut out = FrameWriter::new();
        let _ = session.receive(opening.as_bytes(), &mut out);
        let _ = out.take();
        let mut reader = FrameReader::new(8);
        reader.push(b"{\"123456789\":1}\n");
        let error = reader.next_frame(Framing::Ndjson).unwrap_err();
        session.input_broken(error, &mut out);
        assert_eq!(session.state(), State::Closing);
        let answer = said(&mut out);
        assert!(answer.starts_with(complaint), "{answer}");
    }
}

#[test]
fn white_space_is_that_of_json() {
    let mut reader = FrameReader::new(100);
    reader.push(b" \t\r\n\x0b\n\x0c\n");
    assert_eq!(reader.next_frame(Framing::Ndjson), Ok(Some(&b"\x0b"[..])));
    assert_eq!(reader.next_frame(Framing::Ndjson), Ok(Some(&b"\x0c"[..])));
    assert_eq!(reader.next_frame(Framing::Ndjson), Ok(None));
    let (mut session, mut out) = open();
    assert_eq!(session.receive(b"\x0b", &mut out), Ok(None));
    let answer = said(&mut out);
    assert!(
        answer.starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700"#),
        "{answer}"
    );
}
