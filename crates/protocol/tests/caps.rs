//! Caps and corners that the vectors do not reach, because they need thousands of messages or a look inside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::time::Duration;

use crossplug_protocol::dialect::{Dialect, Role, elizaos};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::{FrameWriter, Framing};
use crossplug_protocol::handshake::{Encoding, Hello, Offer, Welcome};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{
    CallOptions, Incoming, Limits, Refused, Session, State, StreamId,
};
use crossplug_protocol::violation::ViolationKind;

const ZERO: Duration = Duration::ZERO;

fn host(limits: Limits) -> (Session, FrameWriter) {
    let mut session = Session::host("crossplug/1", Offer::new())
        .unwrap()
        .with_limits(limits);
    let mut out = FrameWriter::new();
    session
        .initialize(&Hello::new("h", "1", "i"), ZERO, None, &mut out)
        .unwrap();
    let reply = br#"{"jsonrpc":"2.0","id":1,"result":{"protocol":{"version":"1.0"},"manifest":{},"interfaces":{}}}"#;
    assert!(matches!(
        session.receive(reply, &mut out),
        Ok(Some(Incoming::Opened { .. }))
    ));
    out.consume(usize::MAX);
    (session, out)
}

fn plugin() -> (Session, FrameWriter) {
    let mut session = Session::plugin("crossplug/1", Offer::new()).unwrap();
    let mut out = FrameWriter::new();
    let initialize =
        br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":{"version":"1.0"}}}"#;
    let Ok(Some(Incoming::Initialize { ticket, .. })) = session.receive(initialize, &mut out)
    else {
        panic!()
    };
    session
        .accept(
            ticket,
            &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
            &mut out,
        )
        .unwrap();
    out.consume(usize::MAX);
    (session, out)
}

#[test]
fn a_thousand_stray_lines_are_borne_and_no_more() {
    for dialect in ["crossplug/1", "elizaos-bridge/1"] {
        let mut session = Session::host(dialect, Offer::new()).unwrap();
        let mut out = FrameWriter::new();
        for _ in 0..1000 {
            assert!(matches!(
                session.receive(b"noise", &mut out),
                Ok(Some(Incoming::Log { .. }))
            ));
        }
        assert_eq!(
            session.receive(b"noise", &mut out).unwrap_err().kind,
            ViolationKind::TooManyStrays
        );
        assert_eq!(session.state(), State::Closed);
    }
}

#[test]
fn what_waits_to_be_written_is_bounded() {
    let (mut session, mut out) = host(Limits {
        buffered_bytes: 1000,
        ..Limits::default()
    });
    let params = Raw::owned(format!("\"{}\"", "x".repeat(990)).into_bytes());
    let call = session
        .call("m", Some(&params), &CallOptions::new(), ZERO, &mut out)
        .unwrap();
    let full = Err(Refused::BufferFull { limit: 1000 });
    assert_eq!(
        session
            .call("m", None, &CallOptions::new(), ZERO, &mut out)
            .map(drop),
        full
    );
    assert_eq!(session.emit("e", None, &Raw::null(), &mut out), full);
    // What a peer is owed goes out all the same.
    session.cancel(call, &mut out).unwrap();
    out.consume(usize::MAX);
    assert_eq!(
        session
            .call("m", None, &CallOptions::new(), ZERO, &mut out)
            .unwrap()
            .number(),
        3
    );
}

#[test]
fn a_plugin_that_asks_and_never_reads_is_ended_at_the_cap() {
    let limits = Limits {
        buffered_bytes: 4096,
        ..Limits::default()
    };
    let (mut session, mut out) = host(limits);
    let asked = (1..1000).find_map(|number| {
        let ping = format!(r#"{{"jsonrpc":"2.0","id":-{number},"method":"ping"}}"#);
        session.receive(ping.as_bytes(), &mut out).err()
    });
    assert_eq!(asked.unwrap().kind, ViolationKind::AnswersUnread);
    assert!(out.len() < 4096 + 100, "{} bytes wait", out.len());
}

#[test]
fn names_of_events_and_streams_are_bounded() {
    for (name, stream) in [(1024, 1024), (1025, 1), (1, 1025)] {
        let (mut session, mut out) = host(Limits::default());
        let event = format!(
            r#"{{"jsonrpc":"2.0","method":"$/event","params":{{"name":"{}","stream":"{}","seq":1,"payload":null}}}}"#,
            "n".repeat(name),
            "s".repeat(stream)
        );
        let heard = session.receive(event.as_bytes(), &mut out);
        if name.max(stream) == 1024 {
            assert!(matches!(heard, Ok(Some(Incoming::Event { .. }))));
        } else {
            assert_eq!(heard.unwrap_err().kind, ViolationKind::NameTooLong);
        }
    }
}

#[test]
fn many_streams_of_events_cost_bounded_memory_and_no_violation() {
    let (mut sender, mut wire) = plugin();
    let (mut receiver, mut out) = host(Limits::default());
    // Some streams are used all the time, most of them once, some again after a long while.
    for turn in 0..30_000_u32 {
        let stream = match turn % 3 {
            0 => format!("busy{}", turn % 5),
            1 => format!("once{turn}"),
            _ => format!("seldom{}", turn % 9001),
        };
        sender
            .emit("e", Some(&stream), &Raw::null(), &mut wire)
            .unwrap();
        let frame = wire.take();
        let event = receiver.receive(frame.trim_ascii_end(), &mut out).unwrap();
        let Some(Incoming::Event { seq, .. }) = event else {
            panic!("{event:?}")
        };
        if turn % 3 == 0 && turn > 100 {
            assert!(seq > 6, "a stream in use is not forgotten");
        }
    }
}

#[test]
fn a_sender_that_never_forgets_a_stream_is_borne() {
    let (mut receiver, mut out) = host(Limits::default());
    let mut emit = |stream: u32, seq: u32| {
        let event = format!(
            r#"{{"jsonrpc":"2.0","method":"$/event","params":{{"name":"e","stream":"s{stream}","seq":{seq},"payload":1}}}}"#
        );
        receiver
            .receive(event.as_bytes(), &mut out)
            .map(drop)
            .map_err(|violation| violation.kind)
    };
    for stream in 0..5000 {
        assert_eq!(emit(stream, 1), Ok(()));
    }
    // The receiver has forgotten the oldest ones and takes their word for it; the youngest it knows.
    assert_eq!(emit(0, 2), Ok(()));
    assert_eq!(emit(0, 3), Ok(()));
    assert_eq!(emit(4999, 3), Err(ViolationKind::EventOutOfOrder));
}

#[test]
fn a_ticket_is_good_for_one_request_even_where_its_id_comes_again() {
    let (mut session, mut out) = plugin();
    let request = br#"{"jsonrpc":"2.0","id":5,"method":"m"}"#;
    let Ok(Some(Incoming::Request { ticket: first, .. })) = session.receive(request, &mut out)
    else {
        panic!()
    };
    session.respond(first, Ok(&Raw::null()), &mut out).unwrap();
    let Ok(Some(Incoming::Request { ticket: second, .. })) = session.receive(request, &mut out)
    else {
        panic!()
    };
    assert_ne!(first, second);
    out.consume(usize::MAX);
    assert_eq!(
        session.respond(first, Ok(&Raw::null()), &mut out),
        Err(Refused::Ended)
    );
    assert_eq!(
        session.progress(first, None, None, &mut out),
        Err(Refused::Ended)
    );
    assert_eq!(
        session.grant(StreamId::Answer(first), 1, 1, &mut out),
        Err(Refused::Ended)
    );
    assert!(out.is_empty());
    session.respond(second, Ok(&Raw::null()), &mut out).unwrap();
}

#[test]
fn timeouts_may_come_early_and_never_late() {
    let (mut session, mut out) = host(Limits::default());
    let at = |ms| CallOptions::new().deadline(Duration::from_millis(ms));
    assert_eq!(session.next_timeout(), None);
    let long = session.call("m", None, &at(300), ZERO, &mut out).unwrap();
    let short = session.call("m", None, &at(100), ZERO, &mut out).unwrap();
    session
        .call("m", None, &CallOptions::new(), ZERO, &mut out)
        .unwrap();
    assert_eq!(session.next_timeout(), Some(Duration::from_millis(100)));
    session
        .receive(br#"{"jsonrpc":"2.0","id":3,"result":null}"#, &mut out)
        .unwrap();
    assert_eq!(short.number(), 3);
    assert_eq!(session.expire(Duration::from_millis(100), &mut out), None);
    assert_eq!(session.next_timeout(), Some(Duration::from_millis(300)));
    assert_eq!(session.expire(Duration::from_millis(299), &mut out), None);
    assert_eq!(
        session.expire(Duration::from_millis(300), &mut out),
        Some(long)
    );
    assert_eq!(session.expire(Duration::from_millis(999), &mut out), None);
    assert_eq!((session.next_timeout(), session.pending_calls()), (None, 2));
}

#[test]
fn time_left_is_told_rounded_up() {
    let (mut session, mut out) = host(Limits::default());
    for (nanos, ms) in [(1, 1), (1_000_000, 1), (1_000_001, 2)] {
        let options = CallOptions::new().deadline(Duration::from_nanos(nanos));
        session.call("m", None, &options, ZERO, &mut out).unwrap();
        let sent = String::from_utf8(out.take()).unwrap();
        assert!(
            sent.contains(&format!("\"meta\":{{\"timeoutMs\":{ms}}}")),
            "{sent}"
        );
    }
}

#[test]
fn credit_that_adds_up_beyond_all_bounds_is_still_credit() {
    let (mut session, mut out) = plugin();
    let request = br#"{"jsonrpc":"2.0","id":5,"method":"m"}"#;
    let Ok(Some(Incoming::Request { ticket, .. })) = session.receive(request, &mut out) else {
        panic!()
    };
    let credit = br#"{"jsonrpc":"2.0","method":"$/credit","params":{"id":5,"items":4294967295,"bytes":4294967295}}"#;
    for _ in 0..10 {
        session.receive(credit, &mut out).unwrap();
        session
            .grant(StreamId::Answer(ticket), u32::MAX, u32::MAX, &mut out)
            .unwrap();
    }
    session
        .send_item(StreamId::Answer(ticket), &Raw::null(), &mut out)
        .unwrap();
    let item = br#"{"jsonrpc":"2.0","method":"$/item","params":{"id":5,"item":1}}"#;
    assert!(matches!(
        session.receive(item, &mut out),
        Ok(Some(Incoming::Item { size: 62, .. }))
    ));
}

#[test]
fn a_plugin_may_be_asked_again_when_it_could_not_begin() {
    let mut session = Session::plugin("crossplug/1", Offer::new()).unwrap();
    let mut out = FrameWriter::new();
    let initialize =
        br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":{"version":"1.0"}}}"#;
    let Ok(Some(Incoming::Initialize { ticket, .. })) = session.receive(initialize, &mut out)
    else {
        panic!()
    };
    let error = PluginError::unavailable("no database");
    session
        .respond(ticket, Err(&error.to_failure(Encoding::Json)), &mut out)
        .unwrap();
    assert_eq!(session.state(), State::Fresh);
    let welcome = Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}"));
    assert_eq!(
        session.accept(ticket, &welcome, &mut out),
        Err(Refused::Ended)
    );
    assert!(matches!(
        session.receive(initialize, &mut out),
        Ok(Some(Incoming::Initialize { .. }))
    ));
}

#[test]
fn nothing_but_the_handshake_is_said_before_it() {
    let mut session = Session::plugin("crossplug/1", Offer::new()).unwrap();
    let mut out = FrameWriter::new();
    assert_eq!(
        session
            .call("kv.get", None, &CallOptions::new(), ZERO, &mut out)
            .map(drop),
        Err(Refused::NotOpen)
    );
    assert_eq!(
        session.emit("e", None, &Raw::null(), &mut out),
        Err(Refused::NotOpen)
    );
    assert!(out.is_empty());
}

#[test]
fn what_the_handshake_says_is_of_the_types_of_the_document() {
    use crossplug_protocol::codec;
    use crossplug_protocol::generated::protocol::{InitializeParams, InitializeResult};
    let (mut host, mut out) = (
        Session::host("crossplug/1", Offer::new()).unwrap(),
        FrameWriter::new(),
    );
    let mut hello = Hello::new("h\"", "1", "i");
    (hello.data_dir, hello.token, hello.debug) = (Some("/d"), Some("t"), true);
    host.initialize(&hello, ZERO, None, &mut out).unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&out.take()).unwrap();
    let params = codec::decode_value::<InitializeParams>(&sent["params"]).unwrap();
    assert_eq!(
        (
            params.host.name.as_str(),
            params.debug,
            params.token.as_deref()
        ),
        ("h\"", Some(true), Some("t"))
    );
    let limits = params.limits.unwrap();
    let said = (
        limits.frame_bytes,
        limits.depth,
        limits.pending_calls,
        limits.open_streams,
        limits.buffered_bytes,
    );
    assert_eq!(
        said,
        (
            Some(67_108_864),
            Some(128),
            Some(1000),
            Some(256),
            Some(134_217_728)
        )
    );

    let mut plugin = Session::plugin("crossplug/1", Offer::new()).unwrap();
    let request = sent.to_string();
    let Ok(Some(Incoming::Initialize { ticket, .. })) =
        plugin.receive(request.as_bytes(), &mut out)
    else {
        panic!()
    };
    plugin
        .accept(
            ticket,
            &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
            &mut out,
        )
        .unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&out.take()).unwrap();
    let result = codec::decode_value::<InitializeResult>(&sent["result"]).unwrap();
    assert_eq!(result.protocol.version, "1.0");
}

#[test]
fn an_elizaos_host_sees_traces_only_where_debugging_is_on() {
    for debug in [false, true] {
        let dialect: Box<dyn Dialect> = Box::new(elizaos::PluginSide::new());
        let mut session = Session::new(Role::Plugin, dialect, Offer::new()).with_traces(debug);
        let mut out = FrameWriter::new();
        session.start(Some(&Raw::trust(b"{}")), &mut out).unwrap();
        out.consume(usize::MAX);
        let init = br#"{"type":"plugin.init","id":"req_1","config":{}}"#;
        let Ok(Some(Incoming::Initialize { ticket, params })) = session.receive(init, &mut out)
        else {
            panic!()
        };
        let said: serde_json::Value = serde_json::from_slice(params.as_bytes()).unwrap();
        assert_eq!(said["debug"], debug);
        let error =
            PluginError::internal("boom").with_details(serde_json::json!({"trace": "at line 1"}));
        session
            .respond(ticket, Err(&error.to_failure(Encoding::Json)), &mut out)
            .unwrap();
        let told = String::from_utf8(out.take()).unwrap();
        let expected = if debug {
            "{\"type\":\"error\",\"id\":\"req_1\",\"error\":\"boom\",\"details\":\"at line 1\"}\n"
        } else {
            "{\"type\":\"error\",\"id\":\"req_1\",\"error\":\"boom\"}\n"
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn an_id_in_flight_is_refused_in_the_foreign_dialect_too() {
    let mut session = Session::plugin("elizaos-bridge/1", Offer::new()).unwrap();
    let mut out = FrameWriter::new();
    session.start(Some(&Raw::trust(b"{}")), &mut out).unwrap();
    let init = br#"{"type":"plugin.init","id":"req_1"}"#;
    let Ok(Some(Incoming::Initialize { ticket, .. })) = session.receive(init, &mut out) else {
        panic!()
    };
    session
        .accept(
            ticket,
            &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
            &mut out,
        )
        .unwrap();
    let ask = br#"{"type":"provider.get","id":"req_2","provider":"P","memory":{}}"#;
    let Ok(Some(Incoming::Request { ticket, .. })) = session.receive(ask, &mut out) else {
        panic!()
    };
    out.consume(usize::MAX);
    assert_eq!(session.receive(ask, &mut out), Ok(None));
    assert!(
        out.as_bytes()
            .starts_with(b"{\"type\":\"error\",\"id\":\"req_2\"")
    );
    out.consume(usize::MAX);
    session
        .respond(ticket, Ok(&Raw::trust(b"{}")), &mut out)
        .unwrap();
    assert!(
        out.as_bytes()
            .starts_with(b"{\"type\":\"provider.result\",\"id\":\"req_2\"")
    );
}

#[test]
fn the_framing_changes_behind_the_answer_and_not_before() {
    let offer = Offer::new().with_framings(&[Framing::Length]);
    let mut session = Session::plugin("crossplug/1", offer).unwrap();
    let mut out = FrameWriter::new();
    let initialize = br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":{"version":"1.0","framings":["length"]}}}"#;
    let Ok(Some(Incoming::Initialize { ticket, .. })) = session.receive(initialize, &mut out)
    else {
        panic!()
    };
    // A host that is impatient still speaks in lines, and is answered in lines.
    assert_eq!(session.framing(), Framing::Ndjson);
    session
        .receive(br#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#, &mut out)
        .unwrap();
    assert!(out.take().ends_with(b"}\n"));
    session
        .accept(
            ticket,
            &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
            &mut out,
        )
        .unwrap();
    assert!(out.take().ends_with(b"}\n"));
    assert_eq!(
        (session.framing(), session.choice().framing),
        (Framing::Length, Framing::Length)
    );
    session
        .receive(br#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#, &mut out)
        .unwrap();
    assert!(out.take().starts_with(b"\0\0\0"));
}
