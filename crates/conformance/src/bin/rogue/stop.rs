//! Misbehaviour when it is time to go. Must not misbehave while it is called, except where it dies.

use std::os::unix::process::CommandExt;
use std::process::{Command, exit};

use crate::peer::{GREETING, Peer, answer, linger};

/// The behaviour of a grandchild: holds the pipes that it inherited and does nothing.
pub(crate) const SLEEPER: &str = "sleeper";

/// Tells the second life of `ignores-sigterm` from its first.
const ARMED: &str = "--armed";

/// An ignored signal stays ignored over exec, so a shell can switch it off and no unsafe code is needed.
pub(crate) fn ignores_sigterm() {
    if std::env::args().nth(2).as_deref() != Some(ARMED) {
        let error = Command::new("sh")
            .args(["-c", "trap '' TERM; exec \"$0\" \"$@\""])
            .arg(own_path())
            .args(["ignores-sigterm", ARMED])
            .exec();
        eprintln!("rogue: cannot run sh: {error}");
        exit(2);
    }
    let mut peer = Peer::new();
    peer.greet(GREETING);
    while let Some(request) = peer.request() {
        // Not even a polite request is heard.
        if request.method != "shutdown" {
            answer(&request.id, "{}");
        }
    }
    linger();
}

/// Ends politely, but leaves a grandchild that holds the pipes.
pub(crate) fn grandchild_holds_pipe() {
    spawn_grandchild();
    let mut peer = Peer::new();
    peer.greet(GREETING);
    peer.serve(|_, request| {
        answer(&request.id, "{}");
        true
    });
}

/// Dies in a call while a grandchild keeps the pipes open: the end of the pipe never comes.
pub(crate) fn grandchild_outlives() {
    spawn_grandchild();
    let mut peer = Peer::new();
    peer.greet(GREETING);
    peer.serve(|_, _| exit(7));
}

pub(crate) fn sleeper() {
    linger();
}

fn spawn_grandchild() {
    if let Err(error) = Command::new(own_path()).arg(SLEEPER).spawn() {
        eprintln!("rogue: cannot start a grandchild: {error}");
        exit(2);
    }
}

fn own_path() -> std::path::PathBuf {
    std::env::current_exe().unwrap_or_else(|error| {
        eprintln!("rogue: cannot find itself: {error}");
        exit(2);
    })
}
