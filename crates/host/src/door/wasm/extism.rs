//! Extism's ABI, `extism/1`: plugins that any Extism host runs, unmodified.
//!
//! Bytes go in and bytes come out. They pass through the kernel, a small module of our own that is linked beside each
//! guest and holds the blocks that both sides share.

mod env;
mod function;
mod guest;
mod http;
mod instance;
mod module;
mod passage;
mod plan;
mod settings;
mod turns;
mod variables;
mod wasi;

pub(super) use function::{Function, MODULE as USER};
pub(super) use module::{Module, Source, read_manifest};
pub(super) use passage::open;
pub(super) use settings::Settings;
pub(super) use wasi::folder;

/// What manifests call it.
pub(super) const NAME: &str = "extism/1";
