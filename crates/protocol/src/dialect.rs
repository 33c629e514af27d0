//! Dialects: foreign and own shapes of a [`Message`] as bytes. A dialect knows how a peer spells things and keeps what
//! it needs to translate a reply; it does not know deadlines, credit or who waits for what.
//!
//! ```
//! use crossplug_protocol::dialect::{self, Role};
//! use crossplug_protocol::frame::FrameWriter;
//! use crossplug_protocol::message::{Id, Message};
//!
//! let mut dialect = dialect::by_name("crossplug/1", Role::Plugin).unwrap();
//! let mut out = FrameWriter::new();
//! let message = dialect.read(br#"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":7}}"#, &mut out);
//! assert_eq!(message, Ok(Some(Message::Cancel { id: Id::Int(7) })));
//!
//! // What is not JSON is answered by the plugin's dialect itself: there is no request that could be answered.
//! assert_eq!(dialect.read(b"nonsense", &mut out), Ok(None));
//! assert!(out.as_bytes().starts_with(br#"{"jsonrpc":"2.0","id":null,"error":"#));
//! ```

pub mod crossplug;
pub mod elizaos;
mod strays;

pub use strays::endless_print;

use crate::frame::{FrameError, FrameWriter, Framing};
use crate::handshake::Encoding;
use crate::message::{Message, Raw};
use crate::session::Limits;
use crate::violation::Violation;

/// Which side of the conversation one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Loads plugins and calls them.
    Host,
    /// Is called, and calls services of the host.
    Plugin,
}

/// What a dialect can express beyond requests and replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent facts, each asked for by name"
)]
pub struct Capabilities {
    /// `$/cancel`.
    pub cancel: bool,
    /// `$/progress`.
    pub progress: bool,
    /// `$/item`, `$/end`, `$/credit`.
    pub streams: bool,
    /// Requests from the plugin to the host.
    pub services: bool,
    /// `$/event`.
    pub events: bool,
    /// `$/log`.
    pub logs: bool,
    /// The request `ping`.
    pub ping: bool,
    /// The request `shutdown`; where it is missing, the end of input means the same.
    pub shutdown: bool,
}

impl Capabilities {
    /// Everything that `crossplug/1` has.
    pub const ALL: Self = Self {
        cancel: true,
        progress: true,
        streams: true,
        services: true,
        events: true,
        logs: true,
        ping: true,
        shutdown: true,
    };

    /// Requests and replies only.
    pub const NONE: Self = Self {
        cancel: false,
        progress: false,
        streams: false,
        services: false,
        events: false,
        logs: false,
        ping: false,
        shutdown: false,
    };
}

/// A message that a dialect cannot write. Nothing was written, and the session stays usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Inexpressible {
    /// Larger than the peer takes.
    #[error("a message of {size} bytes is too large: the peer takes at most {limit}")]
    TooLarge {
        /// Bytes of the message.
        size: usize,
        /// What the peer takes.
        limit: usize,
    },
    /// The dialect has no word for it.
    #[error("{dialect} has no way to say `{what}`")]
    NotInDialect {
        /// Name of the dialect.
        dialect: &'static str,
        /// What should have been said.
        what: String,
    },
}

impl From<FrameError> for Inexpressible {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLong { size, limit } => Self::TooLarge { size, limit },
            // No writer gives this one; as a size it says as much as it knows.
            FrameError::Truncated { got } => Self::TooLarge {
                size: got,
                limit: 0,
            },
        }
    }
}

/// Reads and writes the messages of one conversation.
///
/// A dialect is made for one role and one conversation, since it may have to remember what it translated.
pub trait Dialect: Send + std::fmt::Debug {
    /// `crossplug/1`, `elizaos-bridge/1`.
    fn name(&self) -> &'static str;

    /// What it can express.
    fn capabilities(&self) -> Capabilities;

    /// Says what has to be said before the first message: an elizaOS plugin its `ready`, made from the manifest.
    ///
    /// # Errors
    /// [`Inexpressible`] where the manifest is too large.
    fn open(
        &mut self,
        manifest: Option<&Raw<'_>>,
        out: &mut FrameWriter,
    ) -> Result<(), Inexpressible> {
        let _ = (manifest, out);
        Ok(())
    }

    /// Takes over what the handshake chose, and the caps that both sides keep.
    fn settle(&mut self, encoding: Encoding, framing: Framing, limits: &Limits) {
        let _ = (encoding, framing, limits);
    }

    /// Lets errors carry a trace where the peer has no way to ask for it itself.
    fn trace(&mut self, on: bool) {
        let _ = on;
    }

    /// Reads a frame. `None`: the dialect dealt with it itself, or it means nothing to us. Frames that the dialect has
    /// to answer itself go to `out`.
    ///
    /// # Errors
    /// [`Violation`] where the frame is none of the dialect's.
    fn read<'f>(
        &mut self,
        frame: &'f [u8],
        out: &mut FrameWriter,
    ) -> Result<Option<Message<'f>>, Violation>;

    /// Writes a message as a frame; gives its length in bytes, which is what credit counts. 0 where the dialect has
    /// nothing to write yet.
    ///
    /// # Errors
    /// [`Inexpressible`]; then nothing was written.
    fn write(
        &mut self,
        message: &Message<'_>,
        out: &mut FrameWriter,
    ) -> Result<usize, Inexpressible>;
}

/// The names that [`by_name`] knows.
pub const NAMES: [&str; 2] = [crossplug::NAME, elizaos::NAME];

/// A dialect by its name, for one conversation.
#[must_use]
pub fn by_name(name: &str, role: Role) -> Option<Box<dyn Dialect>> {
    match (name, role) {
        (crossplug::NAME, _) => Some(Box::new(crossplug::Crossplug::new(role))),
        (elizaos::NAME, Role::Host) => Some(Box::new(elizaos::HostSide::new())),
        (elizaos::NAME, Role::Plugin) => Some(Box::new(elizaos::PluginSide::new())),
        _ => None,
    }
}
