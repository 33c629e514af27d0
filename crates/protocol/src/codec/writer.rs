//! Values into JSON text, no deeper than a peer will read. Knows serde_json.

use std::io;

use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::error::EncodeError;
use super::wire::{As, Wire};

/// The deepest nesting of arrays and objects that any reader takes.
pub const DEPTH: usize = 128;

/// Compact JSON that stops when it gets too deep; a peer would refuse the whole message.
struct Bounded {
    compact: CompactFormatter,
    left: usize,
}

impl Bounded {
    fn enter(&mut self) -> io::Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "nested too deeply",
            )),
        }
    }
}

impl Formatter for Bounded {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        self.compact.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.left += 1;
        self.compact.end_array(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        self.compact.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.left += 1;
        self.compact.end_object(writer)
    }
}

/// Appends; on an error the document is as before.
pub(super) fn append<W: Wire>(
    value: &W::Value,
    depth: usize,
    document: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let before = document.len();
    let formatter = Bounded {
        compact: CompactFormatter,
        left: depth,
    };
    serde::Serialize::serialize(
        &As::<W>(value),
        &mut Serializer::with_formatter(&mut *document, formatter),
    )
    .map_err(|error| {
        document.truncate(before);
        EncodeError::from(error)
    })
}
