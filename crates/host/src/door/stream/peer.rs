//! The seam between the stream that all such doors share and what is at its other end.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use crate::door::Home;

/// What is at the other end of a stream, beside its messages.
pub(in crate::door) trait Peer: Send {
    /// The id of its process, where that is known.
    fn process(&self) -> Option<u32>;

    /// What it has to show in its answer to `initialize`.
    fn expected_token(&self) -> Option<Arc<str>> {
        None
    }

    /// How its end is noticed, beside the end of its output.
    fn watch(&self) -> Watch<'_> {
        Watch::Nothing
    }

    /// What it writes beside the conversation.
    fn aside(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Takes in some of that; false where there was nothing.
    fn hear(&mut self, home: &Home) -> bool {
        let _ = home;
        false
    }

    /// How long it may live on after the end of its output.
    fn silence(&self) -> Duration {
        Duration::ZERO
    }

    /// Tells it to end, having ended its input. False where there is no way to say so.
    fn terminate(&self) -> bool {
        false
    }

    /// Ends it, whatever state it is in. Gives how it ended, where that can be known.
    fn end(&mut self, home: &Home) -> Option<String>;

    /// How it ended by itself, in words behind its name. `when` says how far it had come; `has_exited` that its process
    /// ended, and not only its output.
    fn farewell(&self, has_exited: bool, when: &str, status: Option<&str>) -> String;

    /// What became of one that the host would not go on with, in words behind what it did.
    fn fate(&self) -> String;
}

/// How the end of a process is noticed.
pub(in crate::door) enum Watch<'p> {
    /// The descriptor becomes readable.
    Exit(BorrowedFd<'p>),
    /// By asking now and then; this is the answer of now.
    Ask(bool),
    /// Not at all.
    Nothing,
}
