//! From the bytes of a module to code that can run: read, compared with its hash, compiled or taken from the cache.
//! Knows no ABI.

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Module;
use wasmtime::component::Component;

use super::cache::{self, Cache};
use super::engine::Engine;
use crate::{Error, ErrorKind, Result};

/// What a few hundred plugins need.
const CACHE_BYTES: u64 = 1 << 30;

/// Where compiled modules are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Kept {
    /// In the user's folder for caches, where there is one that is private.
    #[default]
    Usual,
    /// In this folder.
    In(PathBuf),
    /// Nowhere.
    Nowhere,
}

impl Kept {
    /// The cache; none where there should be none, or the usual one cannot be had.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] for a folder that the program named and that cannot be used.
    pub(super) fn open(&self) -> Result<Option<Cache>> {
        match self {
            Self::Nowhere => Ok(None),
            Self::Usual => {
                Ok(cache::usual_folder().and_then(|folder| Cache::open(&folder, CACHE_BYTES).ok()))
            }
            Self::In(folder) => Cache::open(folder, CACHE_BYTES).map(Some).map_err(|error| {
                let what = format!(
                    "compiled modules cannot be kept in `{}`: {error}",
                    folder.display()
                );
                Error::new(ErrorKind::Io, "load")
                    .with_context(what)
                    .with_source(error)
            }),
        }
    }
}

/// Reads a module's file.
///
/// # Errors
/// [`ErrorKind::NotFound`], [`ErrorKind::Io`]; [`ErrorKind::Limit`] above the cap.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    file.and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| {
            let kind = if error.kind() == std::io::ErrorKind::NotFound {
                ErrorKind::NotFound
            } else {
                ErrorKind::Io
            };
            Error::new(kind, "load")
                .with_context(format!("`{}` cannot be read: {error}", path.display()))
                .with_source(error)
        })?;
    fits(bytes, most)
}

/// Holds a module to the cap.
///
/// # Errors
/// [`ErrorKind::Limit`].
pub(super) fn fits(bytes: Vec<u8>, most: u64) -> Result<Vec<u8>> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        return Ok(bytes);
    }
    let what = format!(
        "the module is larger than {most} bytes; allow more with `WasmLimits::module` if it should be"
    );
    Err(Error::new(ErrorKind::Limit, "load").with_context(what))
}

/// SHA-256 in lower-case hex.
pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// What a compiler makes: of a module, or of a component.
pub(super) trait Code: Sized {
    fn compile(engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<Self>;

    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;

    /// # Safety
    /// The bytes are those that [`Code::serialize`] gave.
    #[allow(unsafe_code, reason = "compiled code is trusted")]
    unsafe fn deserialize(engine: &wasmtime::Engine, kept: &[u8]) -> wasmtime::Result<Self>;
}

macro_rules! code {
    ($($kind:ty),*) => {
        $(
            impl Code for $kind {
                fn compile(engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<Self> {
                    <$kind>::from_binary(engine, binary)
                }

                fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
                    <$kind>::serialize(self)
                }

                #[allow(unsafe_code, reason = "the trait's condition is wasmtime's")]
                unsafe fn deserialize(
                    engine: &wasmtime::Engine,
                    kept: &[u8],
                ) -> wasmtime::Result<Self> {
                    // SAFETY: the caller keeps the trait's condition, which is the same.
                    unsafe { <$kind>::deserialize(engine, kept) }
                }
            }
        )*
    };
}

code!(Module, Component);

/// Compiles a module or a component, in its binary form or as text, or takes it from the cache. (What is kept of the two is
/// never mixed up: the first bytes, by which they differ, are part of the key.)
///
/// # Errors
/// [`ErrorKind::Incompatible`] for what is neither, or needs what the engine has not.
pub(super) fn compile<C: Code>(engine: &Engine, cache: Option<&Cache>, bytes: &[u8]) -> Result<C> {
    let refused = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Incompatible, "load").with_context(format!(
            "it is no WebAssembly module that this host can run: {error}"
        ))
    };
    let binary = wat::parse_bytes(bytes).map_err(|error| refused(&error))?;
    let key = cache.map(|_| {
        let mut key = Sha256::new();
        key.update(engine.fingerprint);
        key.update(Sha256::digest(&binary));
        let key: [u8; 32] = key.finalize().into();
        hash(&key)
    });
    let place = cache.zip(key.as_deref());
    if let Some(code) = place.and_then(|place| taken(engine, place)) {
        return Ok(code);
    }
    let turn = place.map(|(cache, key)| cache.turn(key));
    if turn.as_ref().is_some_and(|turn| turn.has_waited)
        && let Some(code) = place.and_then(|place| taken(engine, place))
    {
        return Ok(code);
    }
    let code =
        C::compile(&engine.wasmtime, &binary).map_err(|error| refused(&format!("{error:#}")))?;
    if let Some((cache, key)) = place
        && let Ok(bytes) = code.serialize()
    {
        // A cache that cannot be written costs time, no more.
        let _ = cache.put(key, &bytes);
    }
    Ok(code)
}

/// What the cache has under the key, if it is of use.
fn taken<C: Code>(engine: &Engine, (cache, key): (&Cache, &str)) -> Option<C> {
    let kept = cache.get(key)?;
    #[allow(
        unsafe_code,
        reason = "code that this program wrote and kept is taken back"
    )]
    // SAFETY: `deserialize` trusts its bytes. These were written by `serialize` above, by this user: the folder is
    // closed to everybody else, the checksum says that they are whole, and the key that they come from an engine
    // that fits. They are in memory, so nobody changes them after the check.
    let code = unsafe { C::deserialize(&engine.wasmtime, &kept) };
    if code.is_err() {
        cache.forget(key);
    }
    code.ok()
}
