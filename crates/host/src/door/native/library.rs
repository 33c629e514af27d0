//! A shared library: loaded, looked at, and never unloaded. Knows the platform's loader by `libloading`, and the table that
//! every library has; runs nothing of a plugin's.
#![allow(unsafe_code, reason = "pointers of another language's")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crossplug_protocol::native::{self, Entry, Head, Manifest};

use crate::{Error, ErrorKind, Result};

/// A library that was found in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Library {
    pub(super) table: &'static native::Library,
    manifest: Option<Manifest>,
}

/// What was loaded, by its place. The system would find it again, too; this keeps its count of users where it is.
static LOADED: Mutex<BTreeMap<PathBuf, &'static libloading::Library>> = Mutex::new(BTreeMap::new());

impl Library {
    /// Loads a library, or finds it where it was loaded before.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Start`] where the system does not load it, [`ErrorKind::Incompatible`] where
    /// it is none of ours.
    pub(super) fn load(path: &Path) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| unseen(path, error))?;
        let loaded = {
            let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
            match loaded.get(&path) {
                Some(library) => library,
                None => {
                    let library: &'static _ = Box::leak(Box::new(open(&path)?));
                    loaded.insert(path.clone(), library);
                    library
                }
            }
        };
        let unfit = |what: String| {
            let what = format!("`{}` {what}", path.display());
            Error::new(ErrorKind::Incompatible, "load").with_context(what)
        };
        // SAFETY: the header says what the symbol of this name is; the library stays for good.
        let entry = unsafe { loaded.get::<Entry>(native::ENTRY) };
        let Ok(entry) = entry else {
            return Err(unfit(format!(
                "exports no `{}`, as libraries of {} do: in Rust `export!` in a `cdylib`, in C `crossplug.h`",
                native::ENTRY,
                super::NAME
            )));
        };
        // SAFETY: it takes nothing and gives the address of a table.
        let table = unsafe { entry() };
        let table = checked(table).map_err(unfit)?;
        // SAFETY: as for the entry.
        let manifest = unsafe { loaded.get::<Manifest>(native::MANIFEST) };
        let manifest = manifest.ok().map(|manifest| *manifest);
        Ok(Self { table, manifest })
    }

    /// The manifest that it carries.
    pub(super) fn manifest(&self) -> Option<Vec<u8>> {
        let manifest = self.manifest?;
        // SAFETY: it takes nothing and gives bytes that stay.
        let bytes = unsafe { manifest() };
        if bytes.data.is_null() || bytes.length == 0 {
            return None;
        }
        // SAFETY: so many bytes are there, for as long as the library is loaded.
        Some(unsafe { std::slice::from_raw_parts(bytes.data, bytes.length) }.to_vec())
    }
}

/// The table, where it is one of ours and whole.
fn checked(table: *const native::Library) -> std::result::Result<&'static native::Library, String> {
    if table.is_null() {
        return Err(format!("gives no table from `{}`", native::ENTRY));
    }
    // SAFETY: every table begins with a head, and stays.
    let head = unsafe { table.cast::<Head>().read() };
    if head.magic != native::MAGIC {
        return Err(format!(
            "gives a table with the magic number {:#010x} and not {:#010x}: it is none of crossplug's",
            head.magic,
            native::MAGIC
        ));
    }
    if head.version != native::VERSION {
        return Err(format!(
            "is of crossplug-abi/{}; this host knows {}: build the plugin for that, or take a newer host",
            head.version,
            super::NAME
        ));
    }
    let least = size_of::<native::Library>();
    if head.size < least {
        return Err(format!(
            "gives a table of {} bytes; one of {} has {least} at least",
            head.size,
            super::NAME
        ));
    }
    // SAFETY: it is of this version and as large as this type, so every member is there.
    let table = unsafe { &*table };
    let empty = [
        ("open", table.open.is_none()),
        ("methods", table.methods.is_none()),
        ("call", table.call.is_none()),
        ("push", table.push.is_none()),
        ("close", table.close.is_none()),
        ("release", table.release.is_none()),
    ];
    match empty.iter().find(|(_, empty)| *empty) {
        Some((name, _)) => Err(format!("has no `{name}` in its table")),
        None => Ok(table),
    }
}

#[cfg(unix)]
fn open(path: &Path) -> Result<libloading::Library> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // At once, so that what is missing is missed here and not in a call.
    // SAFETY: a library runs code of its own when it is loaded, and is trusted to.
    let opened = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
    opened
        .map(Into::into)
        .map_err(|error| unloadable(path, error))
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<libloading::Library> {
    // SAFETY: a library runs code of its own when it is loaded, and is trusted to.
    unsafe { libloading::Library::new(path) }.map_err(|error| unloadable(path, error))
}

fn unloadable(path: &Path, error: libloading::Error) -> Error {
    let why =
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    let what = format!(
        "`{}` cannot be loaded: {why}; it has to be a shared library for {} on {}, with every library that it needs",
        path.display(),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    Error::new(ErrorKind::Start, "load")
        .with_context(what)
        .with_source(error)
}

fn unseen(path: &Path, error: io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::NotFound {
        ErrorKind::NotFound
    } else {
        ErrorKind::Io
    };
    Error::new(kind, "load")
        .with_context(format!("`{}`: {error}", path.display()))
        .with_source(error)
}
