//! The host's frames, as they come. Knows one file.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::{FrameError, FrameReader, Framing};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// How long a host that is turned away has to hang up.
const FAREWELL: Duration = Duration::from_secs(1);

/// The reading end of the conversation. Who has it reads; there is one.
pub(in crate::export) struct Input {
    file: OwnedFd,
    reader: FrameReader,
}

/// What reading gave.
pub(super) enum Got {
    /// A whole frame.
    Frame,
    /// There will be no further one; half of one may have come.
    Ended(Result<(), FrameError>),
    /// There can be no further one: the host sends what no plugin can read.
    Broken(FrameError),
}

impl Input {
    pub(in crate::export) const fn new(file: OwnedFd, limit: usize) -> Self {
        Self {
            file,
            reader: FrameReader::new(limit),
        }
    }

    /// Frames may be as large as the two sides have agreed on.
    pub(in crate::export) const fn set_limit(&mut self, limit: usize) {
        self.reader.set_limit(limit);
    }

    /// Waits for the next frame and hands it on. The framing may change from one frame to the next.
    pub(super) fn next(&mut self, framing: impl Fn() -> Framing, take: impl FnOnce(&[u8])) -> Got {
        loop {
            match self.reader.next_frame(framing()) {
                Ok(Some(frame)) => {
                    take(frame);
                    return Got::Frame;
                }
                Ok(None) => {}
                Err(error) => return Got::Broken(error),
            }
            if !self.fill() {
                return Got::Ended(self.reader.finish());
            }
        }
    }

    /// Says something to the host in place of a conversation, where input and output are one socket. It has said something
    /// itself: where that is not read, hanging up would take ours back.
    pub(in crate::export) fn turn_away(&mut self, word: &[u8]) {
        let until = Instant::now() + FAREWELL;
        let _ = rustix::io::write(&self.file, word);
        let _ = rustix::net::shutdown(&self.file, rustix::net::Shutdown::Write);
        let mut rest = [0; 4096];
        while self.comes(until) && matches!(rustix::io::read(&self.file, &mut rest), Ok(1..)) {}
    }

    /// Waits for bytes, or the end of them. False where the time came first.
    fn comes(&self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut file = [PollFd::new(&self.file, PollFlags::IN)];
        loop {
            match poll(&mut file, Some(&timeout)) {
                Err(Errno::INTR) => {}
                found => return matches!(found, Ok(1..)),
            }
        }
    }

    /// Waits until the first line has come, which stays here, or the end, or the time.
    pub(in crate::export) fn has_line(&mut self, within: Duration, most: usize) -> bool {
        let until = Instant::now() + within;
        while !self.reader.waiting().contains(&b'\n') {
            let is_long = self.reader.waiting().len() > most;
            if is_long || !self.comes(until) || !self.fill() {
                return false;
            }
        }
        true
    }

    /// Waits until bytes have come, or the end. False at the end.
    fn fill(&mut self) -> bool {
        loop {
            match rustix::io::read(&self.file, self.reader.space()) {
                Ok(0) => return false,
                Ok(count) => {
                    self.reader.filled(count);
                    return true;
                }
                Err(Errno::INTR) => {}
                // One socket for both directions: the output has made it non-blocking.
                Err(Errno::AGAIN) => {
                    let _ = poll(&mut [PollFd::new(&self.file, PollFlags::IN)], None);
                }
                Err(_) => return false,
            }
        }
    }
}
