//! How the program ends: the exit codes and the one error that every command gives. Must not print.

use std::fmt;

use crossplug_host::{Error, ErrorKind};

/// The exit codes; the help text of every command lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Fine = 0,
    /// The plugin answered with an error; generated files differ.
    Answered = 1,
    Usage = 2,
    /// The plugin broke the protocol or a cap, trapped or died.
    Broken = 3,
    Deadline = 4,
    /// Could not load, denied, or a tool is missing.
    Unavailable = 5,
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What happened, where, and what to do next. Empty where everything has been said already.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Everything has been said already.
    pub(crate) fn said(exit: Exit) -> Self {
        Self::new(exit, "")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(of_kind(error.kind()), error.to_string())
    }
}

/// The exit code that stands for a kind of error.
pub(crate) fn of_kind(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Plugin => Exit::Answered,
        ErrorKind::Protocol | ErrorKind::Died | ErrorKind::Limit | ErrorKind::Trap => Exit::Broken,
        ErrorKind::Deadline => Exit::Deadline,
        // NotFound, Manifest, Incompatible, Denied, ToolMissing, Start, Cancelled, Io, and what the host may add.
        _ => Exit::Unavailable,
    }
}
