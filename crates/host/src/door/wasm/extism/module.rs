//! Modules that a plugin is made of, and Extism's own manifest with its paths found. Opens no file.

use std::path::{Path, PathBuf};

use crossplug_policy::extism::{self, Manifest, Refused};

use super::wasi;
use crate::{Error, ErrorKind, Result};

/// One module of a plugin.
#[derive(Debug, Clone)]
pub(in crate::door::wasm) struct Module {
    pub(in crate::door::wasm) name: Option<String>,
    pub(in crate::door::wasm) hash: Option<String>,
    pub(in crate::door::wasm) source: Source,
}

/// Where a module's bytes are.
#[derive(Debug, Clone)]
pub(in crate::door::wasm) enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// A manifest whose paths are no longer relative.
#[derive(Debug)]
pub(in crate::door::wasm) struct Placed {
    pub(super) manifest: Manifest,
    pub(super) modules: Vec<Module>,
}

/// Reads a manifest whose paths are relative to `folder`.
///
/// # Errors
/// [`ErrorKind::Manifest`], with the place; [`ErrorKind::Incompatible`] for what this host does not do.
pub(in crate::door::wasm) fn read_manifest(text: &[u8], folder: &Path) -> Result<Placed> {
    let mut manifest = extism::read(text).map_err(refused)?;
    let modules = std::mem::take(&mut manifest.modules).into_iter();
    let modules = modules.map(|module| Module {
        name: module.name,
        hash: module.hash,
        source: match module.source {
            extism::Source::Path(path) => Source::File(folder.join(path)),
            extism::Source::Bytes(bytes) => Source::Bytes(bytes),
        },
    });
    let modules = modules.collect();
    for shared in &mut manifest.folders {
        shared.host = wasi::placed(folder, &shared.host);
    }
    Ok(Placed { manifest, modules })
}

/// What policy refuses, as an error of the host's.
pub(super) fn refused(refused: Refused) -> Error {
    let kind = match &refused {
        Refused::Manifest(_) => ErrorKind::Manifest,
        _ => ErrorKind::Incompatible,
    };
    Error::new(kind, "load").with_context(refused.to_string())
}
