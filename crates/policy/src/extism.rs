//! Extism's ABI as far as it is decided and not run: what its manifest says, what a guest may import, in which order modules
//! are linked, whom a guest may speak to.

mod hosts;
mod imports;
mod manifest;

pub use hosts::Hosts;
pub use imports::{ENV, HOST, Import, KERNEL, Outline, Plan, Signature, initialisers, plan};
pub use manifest::{Folder, Manifest, Module, Source, read};

/// Why a plugin is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// Its manifest is wrong.
    Manifest(String),
    /// It wants what a host has not.
    Incompatible(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Manifest(what) | Self::Incompatible(what)) = self;
        f.write_str(what)
    }
}

impl std::error::Error for Refused {}
