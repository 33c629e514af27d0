//! Many plugins of few modules: what was compiled stays in memory, and no more plugins are there at once than the program
//! allows. Knows no ABI.
//!
//! What takes time in a load is not the instance (`docs/decisions/0012-pools.md`): of 13 ms for a module of 2 MB that lies on disk
//! as compiled code, making the instance takes 0.04 ms. So code is kept, and instances are made as they are needed.

use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crossplug_protocol::error::PluginError;
use sha2::{Digest, Sha256};

use super::abi::instance::Plan;
use super::limits::WasmLimits;
use crate::{Error, ErrorKind, Result};

/// Modules whose code is kept, unless the program says otherwise.
const MODULES: usize = 16;
/// A file that was written within this time may be written again without looking newer: clocks of file systems are coarse.
const FRESH: Duration = Duration::from_secs(2);

/// How many plugins of `crossplug-abi/1` a WebAssembly door holds at once; and loading another one of a module that was loaded
/// before takes a few hundred microseconds: its code stays in memory, and the module's file is not even read where it has not
/// changed. Off unless it is asked for, with [`WasmDoor::pool`](super::WasmDoor::pool).
///
/// Together the plugins take `instances` times the memory that one may have at most; a load beyond that many fails with
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit), can be tried again
/// ([`Error::is_retryable`](crate::Error::is_retryable)) and has the code `resourceExhausted`. A plugin has its place from its
/// load to its end, also while it breaks down and begins anew. What is kept of code takes two to three times what its modules
/// take as files.
///
/// ```
/// use crossplug_host::Host;
/// use crossplug_host::door::wasm::{WasmDoor, WasmPool};
///
/// // A tenant each: 500 plugins with 16 MiB of memory at most, 8 GB if all of them take what they may.
/// let pool = WasmPool::new(500).memory(16 << 20);
/// assert_eq!(pool.most_bytes(), 500 * (16 << 20));
/// let host = Host::builder().door(WasmDoor::new().pool(pool)).build();
/// # drop(host);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WasmPool {
    /// Plugins that are there at once.
    pub instances: usize,
    /// Bytes of all linear memories of one of them together, where [`WasmLimits::memory_bytes`] does not allow less. Default
    /// 64 MiB.
    pub memory_bytes: u64,
    /// Modules and components whose code is kept: those that were loaded last. Default 16.
    pub modules: usize,
}

impl WasmPool {
    /// Room for so many.
    #[must_use]
    pub fn new(instances: usize) -> Self {
        Self {
            instances,
            memory_bytes: 64 << 20,
            modules: MODULES,
        }
    }

    /// Another cap for the memory of one.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// Keeps the code of other than 16 modules.
    #[must_use]
    pub fn modules(mut self, most: usize) -> Self {
        self.modules = most;
        self
    }

    /// What the plugins' memories take together at most.
    #[must_use]
    pub fn most_bytes(&self) -> u64 {
        let instances = u64::try_from(self.instances).unwrap_or(u64::MAX);
        self.memory_bytes.saturating_mul(instances)
    }
}

/// A pool in use.
pub(super) struct Pool {
    most: WasmPool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: usize,
    /// The last one was used last.
    kept: Vec<Kept>,
}

struct Kept {
    whose: Whose,
    limits: WasmLimits,
    plan: Arc<dyn Plan>,
}

/// Which module it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// A file as it was.
    File(PathBuf, Stamp),
    /// Whatever has this content.
    Content([u8; 32]),
}

/// What changes when a file does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: SystemTime,
    /// Its device, its number there, and when the two or its content changed.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

/// A plugin's place in a pool, for as long as this lives.
pub(super) struct Place(Arc<Pool>);

impl Pool {
    pub(super) fn new(most: WasmPool) -> Self {
        Self {
            most,
            state: Mutex::default(),
        }
    }

    /// The limits of a plugin in it.
    pub(super) fn limits(&self, mut limits: WasmLimits) -> WasmLimits {
        limits.memory_bytes = limits.memory_bytes.min(self.most.memory_bytes);
        limits
    }

    /// A place for one more.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn place(self: &Arc<Self>) -> Result<Place> {
        let mut state = self.lock();
        if state.taken >= self.most.instances {
            let what = format!(
                "the pool of the WebAssembly door is full: {} plugins are there already; stop one, or allow more with `WasmPool::new`",
                self.most.instances
            );
            let exhausted = PluginError::resource_exhausted(what.clone()).with_retryable(true);
            return Err(Error::new(ErrorKind::Limit, "load")
                .with_context(what)
                .with_source(exhausted));
        }
        state.taken += 1;
        Ok(Place(Arc::clone(self)))
    }

    /// What was kept of a module.
    pub(super) fn find(&self, whose: &Whose, limits: &WasmLimits) -> Option<Arc<dyn Plan>> {
        let mut state = self.lock();
        let at =
            (state.kept.iter()).position(|kept| kept.whose == *whose && kept.limits == *limits)?;
        let found = state.kept.remove(at);
        let plan = Arc::clone(&found.plan);
        state.kept.push(found);
        Some(plan)
    }

    /// Keeps what was made of a module.
    pub(super) fn keep(&self, whose: Whose, limits: WasmLimits, plan: &Arc<dyn Plan>) {
        let mut state = self.lock();
        // Of a file what it is now, and of a content one.
        state.kept.retain(|kept| {
            let is_same = match (&kept.whose, &whose) {
                (Whose::File(old, _), Whose::File(new, _)) => old == new,
                (old, new) => old == new,
            };
            !is_same || kept.limits != limits
        });
        state.kept.push(Kept {
            whose,
            limits,
            plan: Arc::clone(plan),
        });
        let many = state.kept.len().saturating_sub(self.most.modules);
        state.kept.drain(..many);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of anybody else's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.taken = state.taken.saturating_sub(1);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.most.fmt(f)
    }
}

impl Whose {
    /// The file as it is; none where it is so young that it might be written again without looking newer.
    pub(super) fn file(path: &Path, now: SystemTime) -> Option<Self> {
        let stamp = Stamp::of(&std::fs::metadata(path).ok()?)?;
        let age = now.duration_since(stamp.changed()).ok()?;
        (age > FRESH).then(|| Self::File(path.to_owned(), stamp))
    }

    pub(super) fn content(module: &[u8]) -> Self {
        Self::Content(Sha256::digest(module).into())
    }
}

impl Stamp {
    fn of(file: &Metadata) -> Option<Self> {
        Some(Self {
            length: file.len(),
            modified: file.modified().ok()?,
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt as _;
                (file.dev(), file.ino(), file.ctime(), file.ctime_nsec())
            },
        })
    }

    /// When it changed last. Nobody can set the time that Unix keeps of it.
    fn changed(&self) -> SystemTime {
        #[cfg(unix)]
        {
            let (_, _, seconds, nanoseconds) = self.inode;
            let since = Duration::new(
                u64::try_from(seconds).unwrap_or(u64::MAX),
                u32::try_from(nanoseconds).unwrap_or_default(),
            );
            (SystemTime::UNIX_EPOCH.checked_add(since)).unwrap_or(self.modified)
        }
        #[cfg(not(unix))]
        self.modified
    }
}

#[cfg(test)]
mod tests;
