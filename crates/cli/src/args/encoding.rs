//! Encodings as options name them.

use clap::ValueEnum;
use crossplug_host::protocol::handshake;

/// How messages become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    /// Text, which every plugin reads.
    Json,
    /// Bytes and 64-bit integers as they are.
    Msgpack,
}

impl From<Encoding> for handshake::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self::Json,
            Encoding::Msgpack => Self::Msgpack,
        }
    }
}
