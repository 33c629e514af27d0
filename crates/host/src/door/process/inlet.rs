//! What comes out of a plugin's process: its output cut into frames, its stderr cut into lines, its end. Whoever holds
//! the inlet leads; it knows no session.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::FrameReader;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::stderr::Lines;
use crate::platform::{Alarm, Child};

/// What one look at stderr may take, so that a flood there cannot keep answers waiting.
const STDERR_READ: usize = 64 << 10;
/// How often to ask after a child on systems that do not tell.
const ASK: Duration = Duration::from_millis(100);

/// The plugin's process and the ends of its pipes that are read.
pub(super) struct Inlet {
    pub(super) child: Child,
    /// Wakes whoever leads. The only other hold is the wire's, so it goes with the rest.
    alarm: Arc<Alarm>,
    pub(super) reader: FrameReader,
    /// None after its end.
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
    pub(super) lines: Lines,
    /// When the output ended though the process had not.
    pub(super) silent_since: Option<Instant>,
    scratch: Vec<u8>,
}

/// The streams that are read.
pub(super) struct Heard {
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// What `poll` found.
#[derive(Debug, Default, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "one for each descriptor")]
pub(super) struct Ready {
    pub(super) stdout: bool,
    pub(super) stderr: bool,
    pub(super) exited: bool,
}

/// What one read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// Nothing at the moment.
    Nothing,
    /// Bytes; and it is likely that there are more.
    Bytes { more: bool },
    /// Nothing ever again.
    End,
}

impl Inlet {
    pub(super) fn new(child: Child, streams: Heard, alarm: Arc<Alarm>, frame_bytes: usize) -> Self {
        let Heard { stdout, stderr } = streams;
        Self {
            child,
            alarm,
            reader: FrameReader::new(frame_bytes),
            stdout: Some(stdout),
            stderr: Some(stderr),
            lines: Lines::default(),
            silent_since: None,
            scratch: Vec::new(),
        }
    }

    /// Sleeps until something happens, at most so long.
    pub(super) fn sleep(
        &self,
        stdin: Option<BorrowedFd<'_>>,
        mut limit: Option<Duration>,
    ) -> Ready {
        let exit = self.child.exit_descriptor();
        if exit.is_none() {
            limit = Some(limit.map_or(ASK, |limit| limit.min(ASK)));
        }
        let limit = limit.map(|limit| Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        });
        // A descriptor that is not there is replaced by the alarm, asked for nothing: the places stay fixed.
        let stdout = self.stdout.as_ref().map(AsFd::as_fd);
        let stderr = self.stderr.as_ref().map(AsFd::as_fd);
        let nobody = self.alarm.as_fd();
        let mut places = [
            PollFd::from_borrowed_fd(nobody, PollFlags::IN),
            PollFd::from_borrowed_fd(stdout.unwrap_or(nobody), asked(stdout, PollFlags::IN)),
            PollFd::from_borrowed_fd(exit.unwrap_or(nobody), asked(exit, PollFlags::IN)),
            PollFd::from_borrowed_fd(stderr.unwrap_or(nobody), asked(stderr, PollFlags::IN)),
            PollFd::from_borrowed_fd(stdin.unwrap_or(nobody), asked(stdin, PollFlags::OUT)),
        ];
        // An interruption is a wake-up for nothing; the caller looks at everything anyway.
        let _ = poll(&mut places, limit.as_ref());
        // That the input takes bytes is seen by writing them.
        let [alarmed, out, exited, err, _] = places.map(|place| place.revents());
        if !alarmed.is_empty() {
            self.alarm.silence();
        }
        Ready {
            stdout: stdout.is_some() && !out.is_empty(),
            stderr: stderr.is_some() && !err.is_empty(),
            exited: if exit.is_some() {
                !exited.is_empty()
            } else {
                self.child.has_ended()
            },
        }
    }

    /// Reads once from the output.
    pub(super) fn read(&mut self) -> Read {
        let Some(stdout) = self.stdout.as_ref() else {
            return Read::Nothing;
        };
        let space = self.reader.space();
        let room = space.len();
        match rustix::io::read(stdout, space) {
            Ok(0) => {}
            Ok(count) => {
                self.reader.filled(count);
                return Read::Bytes {
                    more: count == room,
                };
            }
            Err(Errno::AGAIN | Errno::INTR) => return Read::Nothing,
            Err(_) => {}
        }
        self.stdout = None;
        self.silent_since = Some(Instant::now());
        Read::End
    }

    /// Reads once from stderr and gives out lines; false where there was nothing.
    pub(super) fn read_stderr(&mut self, line: impl FnMut(&str)) -> bool {
        let Some(stderr) = &self.stderr else {
            return false;
        };
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

    /// Nothing more is taken from stderr: what is left of it is a line too.
    pub(super) fn end_stderr(&mut self, line: impl FnMut(&str)) {
        if self.stderr.take().is_some() {
            self.lines.finish(line);
        }
    }
}

fn asked(fd: Option<BorrowedFd<'_>>, flags: PollFlags) -> PollFlags {
    if fd.is_some() {
        flags
    } else {
        PollFlags::empty()
    }
}
