//! The process door: a plugin as a child process that speaks a dialect over its standard streams.
//!
//! The room `stream` reads, writes and sees the plugin to its end, with one thread a plugin, the keeper. That thread starts
//! the process; it also is the one that the system's parent-death signal follows, so it lives exactly as long as the
//! process. Here is what is particular to a process: how it is started, its stderr, its signals and its exit. Nothing here
//! knows what a method means.
//!
//! # What a plugin may do to its host
//!
//! Whatever a process does, the host goes on: it answers its callers in time, in bounded memory, and leaves nothing of
//! the plugin behind, neither processes of its group nor descriptors. What the caller sees:
//!
//! | the plugin | `ErrorKind` |
//! | --- | --- |
//! | is not there, or its interpreter is not | `ToolMissing` |
//! | ends before it is ready, in the middle of its first message too; is not ready in time | `Start` |
//! | speaks another major version, or requires a feature that the host does not have | `Incompatible` |
//! | has a feature that the host does not know | none |
//! | says something else than the protocol, answers twice or what nobody asked, sends items past its credit | `Protocol`, and it is stopped |
//! | sends a message larger or nested deeper than the caps (8 MiB before the handshake is through) | `Limit`, and it is stopped |
//! | prints to its standard output between messages | none: logged; past 1,000 lines or 64 KiB in a line `Protocol` |
//! | streams more than the program reads, within its credit | past the cap on buffered bytes `Limit` for the stream that went past it; the plugin lives on |
//! | asks, and reads no answer | past the cap on buffered bytes `Limit`, and it is stopped |
//! | does not answer | `Deadline`; it is told to stop working on it and lives on |
//! | does not read | `Deadline`; past the cap on buffered bytes `Limit` for further calls |
//! | answers with an error | `Plugin` |
//! | floods the log, stderr or events | none: what the program does not take in time is dropped and counted |
//! | ends, or closes its output, in a call | `Died`, at once, with its status and the last lines of its stderr |
//! | is stopped by its host in a call | `Cancelled` |
//! | ignores `shutdown`, the end of its input and SIGTERM | none: it is killed |
//! | leaves processes of its group behind that hold its pipes | none: they are killed with it |
//!
//! When the host itself is killed, the system kills the plugin (on Linux) and a tiny warden process its whole group. What
//! escapes from all of this is a process that leaves its group on purpose (`setsid`).

mod command;
mod peer;
mod program;
mod start;
mod stderr;

use std::sync::Arc;

use async_trait::async_trait;
use crossplug_policy::Abilities;
use crossplug_protocol::dialect;

use super::{Door, Home, Opening, Passage, stream};
use crate::Result;
use command::Command;
pub use program::ProgramDoor;

/// Starts plugins as processes. Every host has one.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ProcessDoor;

impl ProcessDoor {
    /// The door.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Door for ProcessDoor {
    fn name(&self) -> &str {
        "process"
    }

    fn abilities(&self, host: Abilities) -> Abilities {
        host.process(dialect::NAMES)
    }

    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let command = Command::of(&opening)?;
        let dialect = command.dialect.clone();
        stream::open(dialect, opening, home, move |_, home, _| {
            start::start(&command, home)
        })
        .await
    }
}
