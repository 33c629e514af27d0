//! The process at the other end of its pipes: its exit, its stderr, its signals.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::io::Errno;

use super::stderr::Lines;
use crate::door::Home;
use crate::door::stream::{Peer, Watch};
use crate::log::{Level, LogSource};
use crate::platform::Child;

/// What one look at stderr may take, so that a flood there cannot keep answers waiting.
const STDERR_READ: usize = 64 << 10;
/// Looks at stderr after the end: what a pipe can hold, and no flood of a grandchild's.
const LAST_LOOKS: usize = 32;
/// How long a process whose output has ended may take to end, before it is ended: an interpreter that cleans up.
const SILENCE: Duration = Duration::from_millis(500);

/// A plugin's process.
pub(super) struct Process {
    child: Child,
    /// None after its end.
    stderr: Option<OwnedFd>,
    lines: Lines,
    scratch: Vec<u8>,
}

impl Process {
    pub(super) fn new(child: Child, stderr: OwnedFd) -> Self {
        Self {
            child,
            stderr: Some(stderr),
            lines: Lines::default(),
            scratch: Vec::new(),
        }
    }
}

impl Peer for Process {
    fn process(&self) -> Option<u32> {
        Some(self.child.id())
    }

    fn watch(&self) -> Watch<'_> {
        match self.child.exit_descriptor() {
            Some(exit) => Watch::Exit(exit),
            None => Watch::Ask(self.child.has_ended()),
        }
    }

    fn aside(&self) -> Option<BorrowedFd<'_>> {
        self.stderr.as_ref().map(AsFd::as_fd)
    }

    fn hear(&mut self, home: &Home) -> bool {
        let Some(stderr) = &self.stderr else {
            return false;
        };
        let line = |line: &str| home.log(LogSource::Stderr, Level::Info, line, None);
        self.scratch.resize(STDERR_READ, 0);
        match rustix::io::read(stderr, self.scratch.as_mut_slice()) {
            Ok(count) if count > 0 => {
                self.lines
                    .push(self.scratch.get(..count).unwrap_or_default(), line);
                return true;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            _ => {
                self.lines.finish(line);
                self.stderr = None;
                self.scratch = Vec::new();
            }
        }
        false
    }

    fn silence(&self) -> Duration {
        SILENCE
    }

    fn terminate(&self) -> bool {
        self.child.terminate();
        true
    }

    /// Kills what is left of its group and reaps it.
    fn end(&mut self, home: &Home) -> Option<String> {
        let status = self.child.reap();
        for _ in 0..LAST_LOOKS {
            if !self.hear(home) {
                break;
            }
        }
        // What is left of it is a line too.
        if self.stderr.take().is_some() {
            self.lines
                .finish(|line| home.log(LogSource::Stderr, Level::Info, line, None));
        }
        Some(status.map_or_else(
            |error| format!("an unknown status ({error})"),
            |status| describe(&status),
        ))
    }

    fn farewell(&self, has_exited: bool, when: &str, status: Option<&str>) -> String {
        let tail = self.lines.tail();
        if has_exited {
            let status = status.unwrap_or("an unknown status");
            format!("ended{when}: {status}{tail}")
        } else {
            format!("closed its standard output{when}, lived on and was stopped{tail}")
        }
    }

    fn fate(&self) -> String {
        format!("it was stopped{}", self.lines.tail())
    }
}

/// As the standard library says it: `exit status: 7`, `signal: 9 (SIGKILL)`.
fn describe(status: &ExitStatus) -> String {
    status.to_string()
}
