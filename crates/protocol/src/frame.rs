//! Frames: where one message ends and the next begins. This room knows lengths and nothing of what is inside.
//!
//! Two framings: a line each, or a big-endian `u32` before each. The `initialize` exchange is always lines; the chosen
//! framing holds from the next message on, in both directions. Therefore reader and writer are told the framing with
//! every frame ([`crate::session::Session::framing`]) instead of keeping one of their own.
//!
//! ```
//! use crossplug_protocol::frame::{FrameReader, FrameWriter, Framing};
//!
//! let mut out = FrameWriter::new();
//! let mut frame = out.begin(Framing::Ndjson);
//! frame.extend_from_slice(b"{}");
//! frame.finish(100)?;
//! let mut frame = out.begin(Framing::Length);
//! frame.extend_from_slice(b"[1]");
//! frame.finish(100)?;
//! assert_eq!(out.as_bytes(), b"{}\n\0\0\0\x03[1]");
//!
//! let mut reader = FrameReader::new(100);
//! reader.push(out.as_bytes());
//! assert_eq!(reader.next_frame(Framing::Ndjson)?, Some(&b"{}"[..]));
//! assert_eq!(reader.next_frame(Framing::Length)?, Some(&b"[1]"[..]));
//! assert_eq!(reader.next_frame(Framing::Length)?, None);
//! # Ok::<(), crossplug_protocol::frame::FrameError>(())
//! ```
//!
//! The tolerance for stray prints on a plugin's stdout is not here: a stray line is a frame like any other, and the
//! dialect of the host ([`crate::dialect::crossplug`]) decides that it is none of ours.

mod reader;
mod writer;

pub use reader::FrameReader;
pub use writer::{FrameBody, FrameWriter};

/// Largest message where nothing else was agreed on: 64 MiB.
pub const DEFAULT_FRAME_BYTES: usize = 64 << 20;

/// Buffers keep at most so much memory when they run empty: enough for ordinary messages, and a huge one gives its back.
const KEEP: usize = 256 << 10;

/// How messages are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// One to a line. A line of nothing but white space is no frame.
    #[default]
    Ndjson,
    /// A big-endian `u32` before each.
    Length,
}

impl Framing {
    /// As the handshake spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Length => "length",
        }
    }

    /// The framing of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Ndjson, Self::Length]
            .into_iter()
            .find(|framing| framing.name() == name)
    }
}

/// A stream of bytes that gives no further frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A frame is larger than the cap, or already was when its end had not come yet. Found before memory is spent on it.
    #[error("a frame of {size} bytes or more; at most {limit} are allowed")]
    TooLong {
        /// Bytes known so far.
        size: usize,
        /// The cap.
        limit: usize,
    },
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame, {got} bytes after its beginning")]
    Truncated {
        /// Bytes of it that came.
        got: usize,
    },
}

impl FrameError {
    /// The name that the vectors use: `tooLong`, `truncated`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "tooLong",
            Self::Truncated { .. } => "truncated",
        }
    }
}

/// The offset of the first line feed.
#[inline]
fn find_line_feed(bytes: &[u8]) -> Option<usize> {
    // Whole blocks first: the compiler turns the inner loop into vector instructions.
    const BLOCK: usize = 64;
    let mut at = 0;
    while let Some(block) = bytes.get(at..at + BLOCK) {
        if block.iter().fold(false, |hit, b| hit | (*b == b'\n')) {
            break;
        }
        at += BLOCK;
    }
    bytes
        .get(at..)?
        .iter()
        .position(|b| *b == b'\n')
        .map(|offset| at + offset)
}
