//! The host's frames, as they come. Knows one file.

use std::os::fd::OwnedFd;

use crossplug_protocol::frame::{FrameError, FrameReader, Framing};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// The reading end of the conversation. Who has it reads; there is one.
pub(super) struct Input {
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
    pub(super) const fn new(file: OwnedFd, limit: usize) -> Self {
        Self {
            file,
            reader: FrameReader::new(limit),
        }
    }

    /// Frames may be as large as the two sides have agreed on.
    pub(super) const fn set_limit(&mut self, limit: usize) {
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
