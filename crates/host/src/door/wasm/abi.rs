//! Our own ABI, `crossplug-abi/1`: a guest is a peer of the same session as every plugin, and only a call that is answered
//! at once takes a short cut. `schema/README.md` section 8 says what the exports are. What the guest is made of, a bare module
//! or a component, is behind the seam `instance`.
//!
//! One thread at a time is in the guest: a blocking caller is its own, everybody else is served by a thread of the host's
//! that is there only while there is something to do. A guest that traps, panics or overruns its time is replaced.

mod begin;
mod entry;
pub(super) mod instance;
mod life;
pub(super) mod module;
mod outline;
mod passage;
mod seat;

pub(super) use life::open;
pub(super) use outline::Outline;

/// What manifests call it.
pub(super) const NAME: &str = "crossplug-abi/1";
/// The export by which a module of ours is known.
pub(super) const MARK: &str = "crossplug_abi";
/// The custom section with the manifest.
pub(super) const SECTION: &str = "crossplug.manifest";
