//! Whatever arrives, both sides of both dialects go on or end with a name for it, and nothing grows.

use std::time::Duration;

use crossplug_protocol::dialect::NAMES;
use crossplug_protocol::frame::FrameWriter;
use crossplug_protocol::handshake::{Hello, Offer, Welcome};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallOptions, Incoming, Session, State, StreamId};
use proptest::prelude::*;

const TEMPLATES: [&str; 22] = [
    r#"{"jsonrpc":"2.0","id":ID,"result":V}"#,
    r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32603,"message":"m","data":V}}"#,
    r#"{"jsonrpc":"2.0","id":ID,"method":"m","params":V,"meta":{"timeoutMs":5}}"#,
    r#"{"jsonrpc":"2.0","id":ID,"method":"initialize","params":{"protocol":{"version":"1.0"},"limits":{"pendingCalls":3,"openStreams":1}}}"#,
    r#"{"jsonrpc":"2.0","id":ID,"method":"shutdown"}"#,
    r#"{"jsonrpc":"2.0","id":ID,"method":"ping"}"#,
    r#"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":ID}}"#,
    r#"{"jsonrpc":"2.0","method":"$/progress","params":{"id":ID,"fraction":0.5}}"#,
    r#"{"jsonrpc":"2.0","method":"$/item","params":{"id":ID,"item":V}}"#,
    r#"{"jsonrpc":"2.0","method":"$/end","params":{"id":ID}}"#,
    r#"{"jsonrpc":"2.0","method":"$/credit","params":{"id":ID,"items":4294967295,"bytes":4294967295}}"#,
    r#"{"jsonrpc":"2.0","method":"$/event","params":{"name":"e","seq":ID,"payload":V}}"#,
    r#"{"jsonrpc":"2.0","method":"$/log","params":{"level":"info","message":"m","fields":V}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"protocol":{"version":"1.0","features":V},"manifest":{},"interfaces":{}}}"#,
    r#"{"type":"ready","manifest":V}"#,
    r#"{"type":"plugin.init","id":ID,"config":V}"#,
    r#"{"type":"plugin.init.result","id":"req_1","success":true}"#,
    r#"{"type":"action.invoke","id":ID,"action":"A","memory":V,"state":V,"options":V}"#,
    r#"{"type":"route.handle","id":ID,"path":V,"request":V}"#,
    r#"{"type":"service.stop","id":ID,"service":V}"#,
    r#"{"type":"route.result","id":"req_2","status":V,"body":V}"#,
    "V",
];

fn frame() -> impl Strategy<Value = String> {
    let id = prop::sample::select(vec![
        "1",
        "2",
        "3",
        "-1",
        "-2",
        "0",
        "\"a\"",
        "\"req_2\"",
        "null",
        "1.5",
        "{}",
    ]);
    let value = prop::sample::select(vec![
        "null",
        "{}",
        "[]",
        "\"text\"",
        "{\"a\":null,\"content\":{\"b\":null}}",
        "7",
        "true",
    ]);
    (
        prop::sample::select(TEMPLATES.to_vec()),
        id,
        value,
        any::<Option<(prop::sample::Index, char)>>(),
    )
        .prop_map(|(template, id, value, spoil)| {
            let mut text = template.replace("ID", id).replace('V', value);
            if let Some((at, c)) = spoil.filter(|(_, c)| *c != '\n') {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                if c > '\u{fff}' {
                    text.remove(places[at.index(places.len())]);
                } else {
                    text.insert(places[at.index(places.len())], c);
                }
            }
            text
        })
}

/// Answers, streams and calls by turns, so that frames meet every state.
fn react(
    session: &mut Session,
    incoming: Option<Incoming<'_>>,
    turn: usize,
    out: &mut FrameWriter,
) {
    let (item, now) = (Raw::trust(b"1"), Duration::from_millis(turn as u64));
    match incoming {
        Some(Incoming::Initialize { ticket, .. }) => {
            let _ = session.accept(
                ticket,
                &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
                out,
            );
        }
        Some(Incoming::Request { ticket, .. }) if turn.is_multiple_of(3) => {
            session.respond(ticket, Ok(&item), out).unwrap();
            session.respond(ticket, Ok(&item), out).unwrap_err();
        }
        Some(Incoming::Request { ticket, .. }) => {
            let _ = session.grant(StreamId::Answer(ticket), 1, 100, out);
            let _ = session.progress(ticket, Some(0.5), None, out);
        }
        Some(Incoming::Credit { stream }) => {
            let _ = session.send_item(stream, &item, out);
        }
        Some(Incoming::Cancel { ticket, answered }) => {
            assert_eq!(session.respond(ticket, Ok(&item), out).is_err(), answered);
        }
        _ => {}
    }
    if turn.is_multiple_of(4) {
        let options = CallOptions::new().deadline(now + Duration::from_millis(3));
        if let Ok(call) = session.call("action.invoke", None, &options, now, out) {
            let _ = session.grant(StreamId::Call(call), 2, 50, out);
        }
    }
    while session.expire(now, out).is_some() {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn nothing_that_arrives_breaks_a_session(frames in prop::collection::vec(frame(), 0..40), side in 0..4_usize) {
        let dialect = NAMES[side % 2];
        let mut out = FrameWriter::new();
        let mut session = if side < 2 {
            let mut session = Session::host(dialect, Offer::new()).unwrap();
            session.initialize(&Hello::new("h", "1", "i"), Duration::ZERO, None, &mut out).unwrap();
            session
        } else {
            let mut session = Session::plugin(dialect, Offer::new()).unwrap();
            session.start(Some(&Raw::trust(b"{}")), &mut out).unwrap();
            session
        };
        for (turn, frame) in frames.iter().enumerate() {
            match session.receive(frame.as_bytes(), &mut out) {
                Ok(incoming) => react(&mut session, incoming, turn, &mut out),
                Err(_) => {
                    prop_assert!(side < 2, "a plugin tolerates everything");
                    prop_assert_eq!(session.state(), State::Closed);
                }
            }
            prop_assert!(session.pending_answers() <= 1000 && session.pending_calls() <= 1000);
        }
        // Everything that was said is JSON, one to a line.
        for line in out.take().split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            crossplug_protocol::json::check(line, 128).unwrap();
        }
        let mut lost = session.close();
        lost.dedup();
        prop_assert_eq!((session.pending_answers(), session.pending_calls(), session.open_streams()), (0, 0, 0));
    }
}
