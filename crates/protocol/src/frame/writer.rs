//! Frames appended to one buffer, ready for one write. A frame that turns out too large, or is dropped unfinished, leaves
//! no trace.

use super::{FrameError, Framing, KEEP, find_line_feed};

/// Outgoing frames. The owner writes [`FrameWriter::as_bytes`] where it likes and tells by [`FrameWriter::consume`] how
/// much went out.
#[derive(Debug, Default)]
pub struct FrameWriter {
    buffer: Vec<u8>,
    /// Bytes that went out already.
    sent: usize,
    frames: u64,
}

impl FrameWriter {
    /// An empty writer. Allocates nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: Vec::new(),
            sent: 0,
            frames: 0,
        }
    }

    /// Begins a frame.
    pub fn begin(&mut self, framing: Framing) -> FrameBody<'_> {
        let start = self.buffer.len();
        if framing == Framing::Length {
            self.buffer.extend_from_slice(&[0; 4]);
        }
        let body = self.buffer.len();
        FrameBody {
            writer: self,
            framing,
            start,
            body,
            done: false,
        }
    }

    /// What waits to be written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.get(self.sent..).unwrap_or_default()
    }

    /// Bytes that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buffer.len() - self.sent
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frames that were ever finished here.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// So many bytes went out. Memory of a huge message is given back once everything has.
    pub fn consume(&mut self, count: usize) {
        self.sent = self.sent.saturating_add(count).min(self.buffer.len());
        if self.sent == self.buffer.len() {
            self.buffer.clear();
            self.sent = 0;
            self.buffer.shrink_to(KEEP);
        } else if self.sent > KEEP && self.sent > self.buffer.len() / 2 {
            self.buffer.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Takes everything that waits, for owners that hand bytes on.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        let mut taken = std::mem::take(&mut self.buffer);
        taken.drain(..std::mem::take(&mut self.sent));
        taken
    }
}

/// A frame in the making: a byte vector to append to.
#[derive(Debug)]
pub struct FrameBody<'w> {
    writer: &'w mut FrameWriter,
    framing: Framing,
    start: usize,
    body: usize,
    done: bool,
}

impl FrameBody<'_> {
    /// Ends the frame; gives the length of its message in bytes, which is what credit counts.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] where the message has more than `limit` bytes; nothing of it stays in the writer.
    pub fn finish(mut self, limit: usize) -> Result<usize, FrameError> {
        let size = self.writer.buffer.len() - self.body;
        let length = u32::try_from(size).ok().filter(|_| size <= limit);
        let Some(length) = length else {
            return Err(FrameError::TooLong { size, limit });
        };
        match self.framing {
            Framing::Length => {
                if let Some(prefix) = self.writer.buffer.get_mut(self.start..self.body) {
                    prefix.copy_from_slice(&length.to_be_bytes());
                }
            }
            Framing::Ndjson => {
                // A line feed can only be white space between tokens: JSON has none inside strings. Text from an
                // author's pretty-printer therefore stays one line and means the same.
                let body = self.writer.buffer.get_mut(self.body..).unwrap_or_default();
                if find_line_feed(body).is_some() {
                    body.iter_mut()
                        .filter(|b| **b == b'\n')
                        .for_each(|b| *b = b' ');
                }
                self.writer.buffer.push(b'\n');
            }
        }
        self.writer.frames += 1;
        self.done = true;
        Ok(size)
    }
}

impl std::ops::Deref for FrameBody<'_> {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.writer.buffer
    }
}

impl std::ops::DerefMut for FrameBody<'_> {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.writer.buffer
    }
}

impl Drop for FrameBody<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.writer.buffer.truncate(self.start);
        }
    }
}
