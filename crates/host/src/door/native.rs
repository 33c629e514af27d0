//! The native door: plugins as shared libraries, in the host's own process. `schema/README.md` section 9 describes the ABI,
//! `schema/crossplug.h` spells it.
//!
//! # What is trusted
//!
//! A library runs in the host's process with everything that the process may do: what it reads, breaks or ends, it reads,
//! breaks and ends of the host. Load only what you would link. What a well-meant library does wrong is still told apart:
//!
//! | the library | `ErrorKind` |
//! | --- | --- |
//! | is not there | `NotFound` |
//! | is no shared library for this machine, or lacks one that it needs | `Start` |
//! | exports no `crossplug_plugin`, or a table of another magic number, version or size | `Incompatible` |
//! | cannot make an instance, or is not ready in time | `Start` |
//! | says something else than the protocol, or answers a call twice | `Protocol`, and it is closed |
//! | panics in a handler, or answers with an error otherwise | `Plugin` |
//! | waits too long, on threads of its own | `Deadline`; it is told to stop working on it and lives on |
//! | keeps a thread of the host's a second past a call's deadline | `Deadline`; the plugin is given up: later calls give `Died` |
//!
//! # Threads and deadlines
//!
//! Nobody can interrupt native code. So a call with a deadline enters the library on a thread that the host can afford to
//! lose, and its caller waits beside it: two hops from thread to thread. A blocking call without a deadline
//! ([`Call::no_timeout`](crate::Call::no_timeout), [`HostBuilder::call_timeout`](crate::HostBuilder::call_timeout)) runs on its
//! caller's thread and takes none. [`NativeDoor::on_callers_thread`] does the same for every blocking call; a plugin that
//! overruns a deadline then keeps its caller waiting for as long as it likes.
//!
//! A library stays loaded until the process ends; its instances are freed when their plugins stop.

mod call;
mod crew;
mod instance;
mod library;
mod life;
mod passage;
mod seat;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use crossplug_policy::{Abilities, Door as Way};

use super::{Door, Home, Opening, Passage};
use crate::{Error, ErrorKind, Result};
use library::Library;

/// What manifests call the ABI.
pub(crate) const NAME: &str = "crossplug-abi/1";

/// A way into shared libraries.
///
/// [`NativeDoor::new`] enters the libraries that manifests name, and every host has one;
/// [`NativeDoor::from_file`] enters one library without a look at its manifest, through
/// [`Host::open`](crate::Host::open).
///
/// ```no_run
/// use crossplug_host::Host;
/// use crossplug_host::door::native::NativeDoor;
///
/// # fn demo() -> crossplug_host::Result<()> {
/// // Calls that come in a tight loop, to a plugin that keeps its deadlines by itself.
/// let host = Host::builder().door(NativeDoor::new().on_callers_thread()).build();
/// let plugin = host.load("plugins/libnotes.so").blocking()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct NativeDoor {
    file: Option<PathBuf>,
    on_callers_thread: bool,
}

impl NativeDoor {
    /// The door to libraries that manifests name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The door to one library.
    #[must_use]
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self {
            file: Some(path.into()),
            ..Self::default()
        }
    }

    /// Runs blocking calls on their caller's thread, those with a deadline too. A call that overruns it is answered when
    /// the plugin lets go of the thread, and not before.
    #[must_use]
    pub fn on_callers_thread(mut self) -> Self {
        self.on_callers_thread = true;
        self
    }

    fn path(&self, opening: &Opening) -> Result<PathBuf> {
        match (&self.file, &opening.way) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(Way::Native(way))) => opening.inside(&way.path),
            (None, _) => {
                let what =
                    "no manifest names a shared library; open one with `NativeDoor::from_file`";
                Err(Error::new(ErrorKind::Incompatible, "load").with_context(what))
            }
        }
    }
}

#[async_trait]
impl Door for NativeDoor {
    fn name(&self) -> &str {
        "native"
    }

    fn abilities(&self, host: Abilities) -> Abilities {
        host.native([NAME])
    }

    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let path = self.path(&opening)?;
        life::open(path, self.on_callers_thread, opening, home).await
    }
}

/// The manifest that a library carries, where it carries one. Loads it.
///
/// # Errors
/// It is no library of ours.
pub(crate) fn manifest_in(path: &Path) -> Result<Option<Vec<u8>>> {
    Ok(Library::load(path)?.manifest())
}
