//! Misbehaviour before and in the handshake. Must not answer a call.

use crate::peer::{GREETING, Peer, answer, linger, raw, say};

pub(crate) fn exits_at_once() {}

/// Bytes that are no text and no frame; from the thousandth line on they are more than stray prints.
pub(crate) fn garbage() {
    let mut state: u32 = 1;
    loop {
        let mut block = Vec::with_capacity(4096);
        for _ in 0..4096 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            block.push((state >> 24) as u8);
        }
        raw(&block);
    }
}

/// Begins like a message and is none.
pub(crate) fn garbage_like_json() {
    say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{protocol: oops}}");
    linger();
}

pub(crate) fn half_a_frame() {
    let mut peer = Peer::new();
    peer.line();
    raw(br#"{"jsonrpc":"2.0","id":1,"result":{"protocol":{"ver"#);
}

pub(crate) fn half_a_frame_and_waits() {
    half_a_frame();
    linger();
}

/// A message that never ends.
pub(crate) fn endless_line() {
    let mut peer = Peer::new();
    peer.line();
    raw(br#"{"jsonrpc":"2.0","id":1,"result":{"protocol":""#);
    endless(b'a');
}

/// A print that never ends.
pub(crate) fn endless_stray_line() {
    endless(b'x');
}

fn endless(byte: u8) -> ! {
    let block = vec![byte; 64 * 1024];
    loop {
        raw(&block);
    }
}

/// Prints that never end, a line at a time.
pub(crate) fn endless_noise() {
    loop {
        say("still warming up …");
    }
}

/// Chooses frames with a length and announces one of 1 GiB.
pub(crate) fn gigabyte_length() {
    let mut peer = Peer::new();
    let chosen = GREETING.replace(
        r#""version":"1.0"}"#,
        r#""version":"1.0","framing":"length"}"#,
    );
    peer.greet(&chosen);
    raw(&0x4000_0000_u32.to_be_bytes());
    endless(b'a');
}

/// Arrays 200,000 deep.
pub(crate) fn nesting() {
    let mut peer = Peer::new();
    let Some(request) = peer.request() else {
        return;
    };
    let depth = 200_000;
    answer(
        &request.id,
        &format!("{}{}", "[".repeat(depth), "]".repeat(depth)),
    );
    linger();
}

pub(crate) fn wrong_major() {
    greet_then_serve(&GREETING.replacen("1.0", "2.0", 1));
}

/// Refuses the host's major, as a peer of a later one would.
pub(crate) fn wrong_major_as_error() {
    let mut peer = Peer::new();
    let Some(request) = peer.request() else {
        return;
    };
    say(&format!(
        r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-32007,"message":"I speak 2.0","data":{{"code":"failedPrecondition","details":{{"supported":["2.0"]}}}}}}}}"#,
        request.id
    ));
    linger();
}

pub(crate) fn required_feature() {
    greet_then_serve(&GREETING.replacen(r#""1.0""#, r#""1.0","features":["teleport!"]"#, 1));
}

pub(crate) fn optional_feature() {
    let tolerable = GREETING.replacen(
        r#""1.0""#,
        r#""1.0","features":["teleport"],"mood":{"is":["new"]}"#,
        1,
    );
    greet_then_serve(&tolerable);
}

fn greet_then_serve(result: &str) {
    let mut peer = Peer::new();
    peer.greet(result);
    peer.serve(|_, request| {
        answer(&request.id, "{}");
        true
    });
}

pub(crate) fn never_initialises() {
    let mut peer = Peer::new();
    while peer.line().is_some() {}
    linger();
}
