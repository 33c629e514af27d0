//! Bytes in, frames out, borrowed from the one buffer. Never holds more than one frame's cap and a read's worth.

use super::{FrameError, Framing, KEEP, find_line_feed};
use crate::json;

/// What one read asks for.
const READ: usize = 64 << 10;

/// Cuts a stream into frames.
#[derive(Debug)]
pub struct FrameReader {
    /// Always initialised to its whole length; `start..end` came in and was not given out.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes behind `start` that are known to hold no line feed.
    searched: usize,
    limit: usize,
    failed: Option<FrameError>,
}

impl FrameReader {
    /// A reader that refuses frames of more than `limit` bytes. Allocates nothing yet.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            end: 0,
            searched: 0,
            limit,
            failed: None,
        }
    }

    /// From the next frame on, refuses frames of more than `limit` bytes. A host allows less before the handshake.
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// What came in and is no whole frame yet, for owners that look for a peer that never ends one.
    #[must_use]
    pub fn waiting(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Room to read into; afterwards say by [`FrameReader::filled`] how much came. Never empty.
    ///
    /// ```
    /// use std::io::Read;
    /// use crossplug_protocol::frame::{FrameReader, Framing};
    /// let mut input: &[u8] = b"{}\n";
    /// let mut reader = FrameReader::new(1000);
    /// let got = input.read(reader.space())?;
    /// reader.filled(got);
    /// assert_eq!(reader.next_frame(Framing::Ndjson).unwrap(), Some(&b"{}"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn space(&mut self) -> &mut [u8] {
        self.reserve(READ / 4);
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes were read into [`FrameReader::space`].
    pub fn filled(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.buffer.len());
    }

    /// Takes in bytes that lie elsewhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        if let Some(room) = self.buffer.get_mut(self.end..self.end + bytes.len()) {
            room.copy_from_slice(bytes);
            self.end += bytes.len();
        }
    }

    /// The next whole frame, or `None` until more bytes come.
    ///
    /// # Errors
    /// [`FrameError::TooLong`]; there is no next frame to find then, so it stays.
    pub fn next_frame(&mut self, framing: Framing) -> Result<Option<&[u8]>, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let found = match framing {
            Framing::Ndjson => self.line(),
            Framing::Length => self.counted(),
        };
        match found {
            Ok(Some((from, to))) => Ok(Some(self.buffer.get(from..to).unwrap_or_default())),
            Ok(None) => Ok(None),
            Err(error) => {
                self.failed = Some(error);
                self.buffer = Vec::new();
                (self.start, self.end) = (0, 0);
                Err(error)
            }
        }
    }

    /// Says that the stream has ended.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] where bytes are left over that are no whole frame, or the error that came before.
    pub fn finish(&self) -> Result<(), FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
        if rest.iter().copied().all(json::is_white_space) {
            Ok(())
        } else {
            Err(FrameError::Truncated { got: rest.len() })
        }
    }

    /// Bytes of memory that the reader holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.buffer.capacity()
    }

    fn line(&mut self) -> Result<Option<(usize, usize)>, FrameError> {
        loop {
            let waiting = self
                .buffer
                .get(self.start + self.searched..self.end)
                .unwrap_or_default();
            let Some(length) = find_line_feed(waiting).map(|at| self.searched + at) else {
                self.searched = self.end - self.start;
                self.check(self.searched)?;
                return Ok(None);
            };
            self.check(length)?;
            let from = self.start;
            self.start += length + 1;
            self.searched = 0;
            let line = self.buffer.get(from..from + length).unwrap_or_default();
            // Looks at the first byte of an ordinary line and no further.
            if !line.iter().copied().all(json::is_white_space) {
                return Ok(Some((from, from + length)));
            }
        }
    }

    fn counted(&mut self) -> Result<Option<(usize, usize)>, FrameError> {
        let waiting = self.buffer.get(self.start..self.end).unwrap_or_default();
        let Some((prefix, rest)) = waiting.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*prefix) as usize;
        self.check(length)?;
        if rest.len() < length {
            return Ok(None);
        }
        let from = self.start + 4;
        self.start = from + length;
        self.searched = 0;
        Ok(Some((from, from + length)))
    }

    fn check(&self, size: usize) -> Result<(), FrameError> {
        if size > self.limit {
            Err(FrameError::TooLong {
                size,
                limit: self.limit,
            })
        } else {
            Ok(())
        }
    }

    /// Makes room for so many more bytes: by moving what waits to the front where that suffices, else by doubling, so
    /// that a long frame costs memory as it comes and not as it is announced.
    fn reserve(&mut self, more: usize) {
        let waiting = self.end - self.start;
        if waiting == 0 {
            (self.start, self.end) = (0, 0);
            if self.buffer.len() > KEEP && more <= KEEP {
                self.buffer = Vec::new();
            }
        }
        if self.buffer.len() - self.end >= more {
            return;
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, waiting);
        }
        if self.buffer.len() - self.end < more {
            // Doubling ends at what the longest frame needs.
            let doubled = self.buffer.len().saturating_mul(2).max(READ);
            let wanted = (waiting + more).max(doubled.min(self.limit.saturating_add(READ)));
            self.buffer.resize(wanted, 0);
        }
    }
}
