//! Misbehaviour in a call, after a proper handshake. Must not misbehave in the handshake.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};

use crate::peer::{GREETING, Peer, Request, answer, linger, raw, say};

/// Messages of a flood, each of about 4 KiB: 80 MiB in all, more than a host may grow by.
const FLOOD: usize = 20_000;
/// Events of about 1 KiB, as many as make 80 MiB.
const STREAMS: usize = 80_000;

fn begin() -> Peer {
    let mut peer = Peer::new();
    peer.greet(GREETING);
    peer
}

fn filler() -> String {
    "flood ".repeat(680)
}

pub(crate) fn never_answers() {
    begin().serve(|_, _| true);
}

/// Greets, and never takes another byte from the host.
pub(crate) fn never_reads() {
    let _peer = begin();
    linger();
}

pub(crate) fn answers_twice() {
    begin().serve(|_, request| {
        let one = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{}}}}\n",
            request.id
        );
        raw(one.repeat(2).as_bytes());
        true
    });
}

pub(crate) fn answers_unknown_id() {
    begin().serve(|_, _| {
        answer("987654321", "{}");
        true
    });
}

pub(crate) fn floods_logs() {
    begin().serve(|_, request| {
        let line = format!(
            r#"{{"jsonrpc":"2.0","method":"$/log","params":{{"level":"info","message":"{}"}}}}"#,
            filler()
        );
        flood_then_answer(request, |_| say(&line))
    });
}

pub(crate) fn floods_events() {
    let text = filler();
    begin().serve(move |_, request| {
        flood_then_answer(request, |number| {
            say(&format!(
                r#"{{"jsonrpc":"2.0","method":"$/event","params":{{"name":"test.happened","stream":"test:stream","seq":{},"payload":{{"number":1,"text":"{text}"}}}}}}"#,
                number + 1
            ));
        })
    });
}

pub(crate) fn floods_stderr() {
    begin().serve(|_, request| {
        let line = filler();
        flood_then_answer(request, |_| eprintln!("{line}"))
    });
}

fn flood_then_answer(request: &Request, mut one: impl FnMut(usize)) -> bool {
    for number in 0..FLOOD {
        one(number);
    }
    answer(&request.id, "{}");
    true
}

/// A stream of its own for every event: names that a host has to remember.
pub(crate) fn floods_streams() {
    let long = "s".repeat(1000);
    begin().serve(move |_, request| {
        for hundred in 0..STREAMS / 100 {
            let event = |number: usize| {
                format!(
                    r#"{{"jsonrpc":"2.0","method":"$/event","params":{{"name":"test.happened","stream":"{hundred}:{number}:{long}","seq":1,"payload":{{"number":1,"text":""}}}}}}"#,
                ) + "\n"
            };
            raw((0..100).map(event).collect::<String>().as_bytes());
        }
        answer(&request.id, "{}");
        true
    });
}

/// Asks whether the host is there, without end, and never reads that it is.
pub(crate) fn floods_pings() {
    begin().serve(|_, _| {
        for number in 1_u64.. {
            say(&format!(
                r#"{{"jsonrpc":"2.0","id":-{number},"method":"ping"}}"#
            ));
        }
        true
    });
}

/// Calls a service without end, and never reads an answer.
pub(crate) fn floods_requests() {
    let text = filler();
    begin().serve(move |_, _| {
        for number in 1_u64.. {
            // As many as may be open fill the host with their params; the others with their refusals.
            let text = if number <= 1000 { &*text } else { "" };
            say(&format!(
                r#"{{"jsonrpc":"2.0","id":-{number},"method":"test.hold","params":{{"text":"{text}"}}}}"#
            ));
        }
        true
    });
}

/// Keeps to its credit, whose last item may be of any size.
pub(crate) fn large_items() {
    let text = "large ".repeat((2 << 20) / 6);
    begin().serve(move |_, request| {
        if request.method == "test.count" {
            item(&request.id, &format!("\"{text}\""));
        }
        answer(&request.id, "{}");
        true
    });
}

/// Sends items for ever, whatever credit it has.
pub(crate) fn items_past_credit() {
    let text = filler();
    begin().serve(move |_, request| {
        loop {
            item(&request.id, &format!("\"{text}\""));
        }
    });
}

fn item(id: &str, value: &str) {
    say(&format!(
        r#"{{"jsonrpc":"2.0","method":"$/item","params":{{"id":{id},"item":{value}}}}}"#
    ));
}

/// Prints before and between messages, as a careless library does.
pub(crate) fn noise() {
    say("Welcome to libnoise 1.2.3");
    say("");
    say("WARNING: [not json");
    let mut peer = begin();
    say("progress: 10%");
    peer.serve(|_, request| {
        raw(b"\xff\xfe no text at all\n");
        answer(&request.id, "{}");
        say("done!");
        true
    });
}

pub(crate) fn dies_in_call() {
    begin().serve(|_, _| exit(7));
}

/// Waits for credit, sends two items and dies.
pub(crate) fn dies_mid_stream() {
    let mut peer = begin();
    let Some(request) = peer.request() else {
        return;
    };
    while let Some(line) = peer.line() {
        if line.contains("$/credit") {
            item(&request.id, "\"1\"");
            item(&request.id, "\"2\"");
            let _ = std::io::stdout().flush();
            exit(7);
        }
    }
}

/// Turns into a program that has no stdout and does not end.
pub(crate) fn closes_stdout() {
    begin().serve(|_, _| {
        let error = Command::new("sh").args(["-c", "exec sleep 120 >&-"]).exec();
        eprintln!("rogue: cannot run sh: {error}");
        exit(2);
    });
}
