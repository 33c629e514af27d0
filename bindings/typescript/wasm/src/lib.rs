//! What a crossplug host in TypeScript does not decide itself: the session of `crossplug/1` and its dialects, manifests,
//! doors, grants. It converts between JavaScript and the crates of the house; it decides nothing.
//!
//! Bookkeeping crosses here, payloads only pass through: what is called with and what is answered are texts that
//! JavaScript's own `JSON` reads and writes. Times are milliseconds since an origin of the caller's choice.

mod apart;
mod convert;
mod extism;
mod grants;
mod heard;
mod manifest;
mod refusal;
mod serving;
mod session;
mod tickets;
mod told;

pub use extism::{Hosts, kernel_exports, manifest as extism_manifest, plan as extism_plan};
pub use grants::Allowed;
pub use heard::Heard;
pub use manifest::{Manifest, leads_out};
pub use session::Session;
