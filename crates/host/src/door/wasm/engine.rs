//! The engines that run WebAssembly: one for the whole process, and one more where a guest's steps are counted. Knows
//! wasmtime's switches and no ABI.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use wasmtime::{Config, OptLevel};

use super::leash::Ticker;
use crate::{Error, ErrorKind, Result};

/// What a guest's calls may take of the stack of the thread that runs it: a quarter of what Rust gives a thread.
const STACK: usize = 512 << 10;

/// An engine and what belongs to it.
pub(super) struct Engine {
    pub(super) wasmtime: wasmtime::Engine,
    pub(super) ticker: Arc<Ticker>,
    /// Changes with everything that compiled code depends on: wasmtime's version, its switches, the processor.
    pub(super) fingerprint: [u8; 32],
    /// Whether steps are counted.
    pub(super) counts: bool,
}

impl Engine {
    /// The engine of this process. Guests whose steps are counted run on slower code, so they have one of their own.
    ///
    /// # Errors
    /// [`ErrorKind::Incompatible`] where wasmtime cannot compile for this machine.
    pub(super) fn shared(counts: bool) -> Result<&'static Self> {
        static PLAIN: OnceLock<Result<Engine>> = OnceLock::new();
        static COUNTING: OnceLock<Result<Engine>> = OnceLock::new();
        let place = if counts { &COUNTING } else { &PLAIN };
        place
            .get_or_init(|| Self::new(counts))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn new(counts: bool) -> Result<Self> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .consume_fuel(counts)
            .max_wasm_stack(STACK)
            .cranelift_opt_level(OptLevel::Speed)
            // What Extism's own host switches on beside the defaults: guests of other languages are built with it.
            .wasm_tail_call(true)
            .wasm_function_references(true)
            .wasm_gc(true);
        let wasmtime = wasmtime::Engine::new(&config).map_err(|error| {
            let what = format!("WebAssembly cannot be run on this machine: {error:#}");
            Error::new(ErrorKind::Incompatible, "load").with_context(what)
        })?;
        let mut fingerprint = Fingerprint(Sha256::new());
        wasmtime
            .precompile_compatibility_hash()
            .hash(&mut fingerprint);
        Ok(Self {
            ticker: Ticker::new(wasmtime.clone()),
            wasmtime,
            fingerprint: fingerprint.0.finalize().into(),
            counts,
        })
    }
}

/// A hasher whose result is as long as a file's name needs it, and the same in every process.
struct Fingerprint(Sha256);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        digest
            .first_chunk()
            .map_or(0, |first| u64::from_le_bytes(*first))
    }
}
