//! The hot path allocates nothing: a call through both sides' sessions, in every framing, once the tables have grown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![allow(unsafe_code, reason = "an allocator that counts is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use crossplug_protocol::frame::{FrameReader, FrameWriter, Framing};
use crossplug_protocol::handshake::{Hello, Offer, Welcome};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{CallOptions, Incoming, Session, StreamId};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches a cell of this thread only, which needs no
// allocation of its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`; the pointer came from `alloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Wire {
    out: FrameWriter,
    input: FrameReader,
}

impl Wire {
    fn carry(&mut self, framing: Framing) -> &[u8] {
        self.input.push(self.out.as_bytes());
        self.out.consume(usize::MAX);
        self.input.next_frame(framing).unwrap().unwrap()
    }
}

/// One call with a deadline, progress and one streamed item.
fn call(host: &mut Session, plugin: &mut Session, down: &mut Wire, up: &mut Wire) {
    let framing = host.framing();
    let params = Raw::trust(br#"{"action":"ECHO","memory":{"content":{"text":"hi","data":{"a":[1,2,3]}}},"options":{}}"#);
    let options = CallOptions::new()
        .deadline(Duration::from_secs(30))
        .traceparent("00-x");
    let call = host
        .call(
            "action.invoke",
            Some(&params),
            &options,
            Duration::ZERO,
            &mut down.out,
        )
        .unwrap();
    let incoming = plugin
        .receive(down.carry(framing), &mut up.out)
        .unwrap()
        .unwrap();
    let Incoming::Request {
        ticket,
        params: Some(params),
        ..
    } = incoming
    else {
        panic!()
    };
    assert_eq!(params.as_bytes().len(), 86);

    host.grant(StreamId::Call(call), 1, 1000, &mut down.out)
        .unwrap();
    let credit = plugin.receive(down.carry(framing), &mut up.out).unwrap();
    assert!(matches!(credit, Some(Incoming::Credit { .. })));
    plugin
        .send_item(StreamId::Answer(ticket), &Raw::trust(b"[1]"), &mut up.out)
        .unwrap();
    let item = host.receive(up.carry(framing), &mut down.out).unwrap();
    assert!(matches!(item, Some(Incoming::Item { .. })));
    plugin
        .progress(ticket, None, Some("half"), &mut up.out)
        .unwrap();
    let progress = host.receive(up.carry(framing), &mut down.out).unwrap();
    assert!(matches!(progress, Some(Incoming::Progress { .. })));

    plugin
        .respond(ticket, Ok(&Raw::trust(br#"{"success":true}"#)), &mut up.out)
        .unwrap();
    let reply = host.receive(up.carry(framing), &mut down.out).unwrap();
    assert!(matches!(
        reply,
        Some(Incoming::Reply { outcome: Ok(_), .. })
    ));
    assert_eq!(host.expire(Duration::from_secs(1), &mut down.out), None);
}

#[test]
fn a_call_allocates_nothing() {
    for framing in [Framing::Ndjson, Framing::Length] {
        let offer = Offer::new().with_framings(&[framing]);
        let mut host = Session::host("crossplug/1", offer.clone()).unwrap();
        let mut plugin = Session::plugin("crossplug/1", offer).unwrap();
        let wire = || Wire {
            out: FrameWriter::new(),
            input: FrameReader::new(1 << 20),
        };
        let (mut down, mut up) = (wire(), wire());
        host.initialize(
            &Hello::new("h", "1", "i"),
            Duration::ZERO,
            None,
            &mut down.out,
        )
        .unwrap();
        let incoming = plugin.receive(down.carry(Framing::Ndjson), &mut up.out);
        let Ok(Some(Incoming::Initialize { ticket, .. })) = incoming else {
            panic!()
        };
        plugin
            .accept(
                ticket,
                &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
                &mut up.out,
            )
            .unwrap();
        host.receive(up.carry(Framing::Ndjson), &mut down.out)
            .unwrap()
            .unwrap();

        for _ in 0..50 {
            call(&mut host, &mut plugin, &mut down, &mut up);
        }
        let before = COUNT.with(Cell::get);
        for _ in 0..1000 {
            call(&mut host, &mut plugin, &mut down, &mut up);
        }
        assert_eq!(
            COUNT.with(Cell::get) - before,
            0,
            "allocations in 1,000 calls"
        );
    }
}
