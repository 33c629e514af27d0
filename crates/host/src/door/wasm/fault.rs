//! Why a guest stopped before its end, and which [`ErrorKind`] that is. Knows wasmtime's errors and no ABI.

use std::time::Duration;

use crossplug_protocol::error::PluginError;
use wasmtime::{Trap, WasmBacktrace};

use crate::{Error, ErrorKind};

/// Frames of a backtrace that help a person; the rest is the guest's own plumbing.
const FRAMES: usize = 6;

/// What the host says to stop a guest. Travels through wasmtime as the error of a host function or of a callback.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Halt {
    /// Its time is over.
    #[error("the plugin did not answer in time; allow more with a timeout")]
    Deadline,
    /// Nobody waits for it any more.
    #[error("the call was given up")]
    Cancelled,
    /// It took more than it may.
    #[error("{0}")]
    Limit(String),
    /// It wanted what it may not have.
    #[error("{0}")]
    Denied(String),
    /// It broke the ABI.
    #[error("{0}")]
    Abi(String),
    /// A function of the host answered with an error.
    #[error("{0}")]
    Function(PluginError),
}

/// Makes an instance. A kernel does not seal the image of a memory while something else holds one of its pages for a moment
/// (reclaim, migration) and says that it is busy; then it is asked again.
pub(super) fn past_busy<T>(mut make: impl FnMut() -> wasmtime::Result<T>) -> wasmtime::Result<T> {
    for millis in [1, 5, 20, 50] {
        match make() {
            Err(error) if is_busy(&error) => std::thread::sleep(Duration::from_millis(millis)),
            done => return done,
        }
    }
    make()
}

fn is_busy(error: &wasmtime::Error) -> bool {
    let busy = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ResourceBusy;
    error
        .chain()
        .any(|cause| cause.downcast_ref().is_some_and(busy))
}

impl Halt {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Deadline => ErrorKind::Deadline,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Limit(_) => ErrorKind::Limit,
            Self::Denied(_) => ErrorKind::Denied,
            Self::Abi(_) => ErrorKind::Protocol,
            Self::Function(_) => ErrorKind::Plugin,
        }
    }
}

/// Why a guest stopped.
pub(super) enum Fault {
    /// It ended its program with this code (WASI).
    Exit(i32),
    /// It trapped, and what the engine says about it.
    Trap(String),
    /// The host stopped it.
    Halt(Error),
}

/// Reads wasmtime's error. `operation` is what was being done.
pub(super) fn read(error: &wasmtime::Error, operation: &str) -> Fault {
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return Fault::Exit(exit.0);
    }
    if let Some(halt) = error.downcast_ref::<Halt>() {
        return Fault::Halt(match halt {
            Halt::Function(answer) => Error::from_plugin(operation, answer.clone()),
            _ => Error::new(halt.kind(), operation).with_context(halt.to_string()),
        });
    }
    let limit = |what: &str| {
        Fault::Halt(Error::new(ErrorKind::Limit, operation).with_context(what.to_owned()))
    };
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => limit("its calls are nested too deep: the stack is full"),
        Some(Trap::OutOfFuel) => {
            limit("it took more steps than a call may; allow more with `WasmLimits::fuel`")
        }
        Some(Trap::Interrupt) => Fault::Halt(
            Error::new(ErrorKind::Deadline, operation).with_context(Halt::Deadline.to_string()),
        ),
        trap => Fault::Trap(describe(error, trap.copied())),
    }
}

/// The same where there is nobody to tell an exit code or a guest's own words: at a start.
pub(super) fn error(error: &wasmtime::Error, operation: &str) -> Error {
    match read(error, operation) {
        Fault::Exit(code) => Error::new(ErrorKind::Start, operation)
            .with_context(format!("the plugin ended itself with code {code}")),
        Fault::Trap(what) => Error::new(ErrorKind::Trap, operation).with_context(what),
        Fault::Halt(error) => error,
    }
}

fn describe(error: &wasmtime::Error, trap: Option<Trap>) -> String {
    let mut text = match trap {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return text;
    };
    let names = backtrace
        .frames()
        .iter()
        .take(FRAMES)
        .map(|frame| match frame.func_name() {
            Some(name) => format!("`{name}`"),
            None => format!("function {}", frame.func_index()),
        });
    let names: Vec<String> = names.collect();
    if !names.is_empty() {
        text.push_str(" in ");
        text.push_str(&names.join(", called by "));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::io;

    use super::*;

    /// As the library says it that wasmtime has the image sealed by.
    #[derive(Debug, thiserror::Error)]
    #[error("cannot add seals")]
    struct Unsealed(#[source] io::Error);

    fn refused(kind: io::ErrorKind) -> wasmtime::Error {
        wasmtime::Error::from(Unsealed(io::Error::from(kind)))
    }

    #[test]
    fn a_busy_kernel_is_asked_again_and_any_other_refusal_counts_at_once() {
        let (mut times, busy) = (0, io::ErrorKind::ResourceBusy);
        let made = past_busy(|| {
            times += 1;
            (times > 3).then_some(times).ok_or_else(|| refused(busy))
        });
        assert_eq!(made.unwrap(), 4);

        let mut times = 0;
        let never = past_busy(|| {
            times += 1;
            Err::<(), _>(refused(busy))
        });
        assert!(never.is_err() && times == 5, "{times}");

        let mut times = 0;
        let refused = past_busy(|| {
            times += 1;
            Err::<(), _>(refused(io::ErrorKind::OutOfMemory))
        });
        assert!(refused.is_err() && times == 1, "{times}");
    }
}
