//! MessagePack that is none, or not as the protocol has it, after a handshake that chose it. Must not misbehave in any other
//! way: a frame is as long as it says, except where that is the misbehaviour.

use std::process::exit;

use crate::peer::{GREETING, Peer, linger, raw};

/// A reply to the first call, up to its result. The handshake was the request 1.
const REPLY: &[u8] = b"\x83\xa7jsonrpc\xa32.0\xa2id\x02\xa6result";

/// Chooses MessagePack and waits for the first call.
fn called() -> Peer {
    let mut peer = Peer::new();
    peer.greet(&choosing(r#","encoding":"msgpack","framing":"length""#));
    if peer.frame().is_none() {
        exit(0);
    }
    peer
}

fn choosing(choice: &str) -> String {
    GREETING.replacen(r#""1.0""#, &format!(r#""1.0"{choice}"#), 1)
}

/// Says one frame.
fn frame(document: &[u8]) {
    let length = u32::try_from(document.len()).unwrap_or(u32::MAX);
    raw(&[&length.to_be_bytes(), document].concat());
}

/// Says one frame and does nothing more.
fn say(document: &[u8]) -> ! {
    frame(document);
    linger();
}

/// Answers the first call with a result of these bytes.
fn answer(result: &[u8]) {
    let _peer = called();
    say(&[REPLY, result].concat());
}

/// Behaves: what a host must get along with.
pub(crate) fn behaves() {
    let mut peer = called();
    frame(&[REPLY, b"\x80"].concat());
    while peer.frame().is_some() {}
}

pub(crate) fn breaks_off() {
    answer(b"\x92\x01");
}

pub(crate) fn goes_on() {
    answer(b"\x80\x80");
}

/// The frame ends before it is as long as it said, and so does the rogue.
pub(crate) fn half_a_frame() {
    let _peer = called();
    raw(&[&[0, 0, 1, 0][..], REPLY].concat());
}

pub(crate) fn gigabyte_frame() {
    let _peer = called();
    raw(&0x4000_0000_u32.to_be_bytes());
    linger();
}

pub(crate) fn endless_array() {
    answer(b"\xdd\xff\xff\xff\xff\x01");
}

pub(crate) fn endless_map() {
    answer(b"\xdf\xff\xff\xff\xff\xa1a\x01");
}

pub(crate) fn endless_text() {
    answer(b"\xdb\xff\xff\xff\xffa");
}

pub(crate) fn endless_bytes() {
    answer(b"\xc6\xff\xff\xff\xff\x00");
}

/// Arrays 200,000 deep.
pub(crate) fn nesting() {
    let mut arrays = vec![0x91; 200_000];
    arrays.push(0xc0);
    answer(&arrays);
}

pub(crate) fn not_utf8() {
    answer(b"\xa3a\xffb");
}

/// A time, as its extension has it.
pub(crate) fn extension() {
    answer(b"\xd6\xff\x00\x00\x00\x00");
}

/// An extension that says that it is as long as it can.
pub(crate) fn endless_extension() {
    answer(b"\xc9\xff\xff\xff\xff\x01\x00");
}

pub(crate) fn not_a_number() {
    answer(b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00");
}

pub(crate) fn names_twice() {
    answer(b"\x82\xa1a\x01\xa1a\x02");
}

pub(crate) fn name_of_a_number() {
    answer(b"\x81\x01\x02");
}

/// A message whose id is bytes and whose error is a list.
pub(crate) fn wrong_types() {
    let _peer = called();
    say(b"\x83\xa7jsonrpc\xa32.0\xa2id\xc4\x01\x02\xa5error\x93\x01\x02\x03");
}

/// A value that is no message.
pub(crate) fn no_message() {
    let _peer = called();
    say(b"\x93\x01\x02\x03");
}

/// Says what it should, in JSON.
pub(crate) fn json_inside() {
    let _peer = called();
    say(br#"{"jsonrpc":"2.0","id":2,"result":{}}"#);
}

/// The same, in lines: their first bytes are a length.
pub(crate) fn lines() {
    let _peer = called();
    raw(b"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n");
    linger();
}

/// Chooses MessagePack without frames that could carry it.
pub(crate) fn without_frames() {
    Peer::new().greet(&choosing(r#","encoding":"msgpack""#));
    linger();
}

/// Chooses MessagePack of a host that has not offered it.
pub(crate) fn unasked() {
    Peer::new().greet(&choosing(r#","encoding":"msgpack","framing":"length""#));
    linger();
}
