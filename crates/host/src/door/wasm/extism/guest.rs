//! What the host keeps beside one instance of a guest, and how host functions read and write the kernel's blocks. Knows
//! the kernel and none of the imports.

use std::sync::Arc;

use wasmtime::{AsContextMut, Caller, Instance, Memory, Store, TypedFunc};
use wasmtime_wasi::p1::WasiP1Ctx;

use super::super::fault::Halt;
use super::super::leash::Leash;
use super::super::limits::Meter;
use super::http::Answer;
use super::plan::Plan;
use super::variables::Variables;
use crate::door::Home;

/// Below this there is nothing of a guest's.
const FIRST_BLOCK: u64 = 512;

/// The host's side of one instance.
pub(super) struct Guest {
    pub(super) plan: Arc<Plan>,
    pub(super) home: Home,
    pub(super) leash: Arc<Leash>,
    pub(super) meter: Meter,
    pub(super) variables: Variables,
    /// Of the last HTTP request.
    pub(super) answer: Answer,
    pub(super) wasi: Option<WasiP1Ctx>,
    kernel: Option<Kernel>,
}

/// The kernel's functions that the host calls.
#[derive(Clone)]
pub(super) struct Kernel {
    pub(super) memory: Memory,
    input_new: TypedFunc<u64, u64>,
    alloc: TypedFunc<u64, u64>,
    free: TypedFunc<u64, ()>,
    length: TypedFunc<u64, u64>,
}

impl Guest {
    pub(super) fn new(plan: Arc<Plan>, home: Home, leash: Arc<Leash>) -> Self {
        Self {
            meter: Meter::new(&plan.limits),
            variables: Variables::new(plan.limits.variable_bytes),
            answer: Answer::default(),
            wasi: None,
            kernel: None,
            plan,
            home,
            leash,
        }
    }

    fn kernel(&self) -> Result<Kernel, Halt> {
        // It is there before any guest runs.
        self.kernel
            .clone()
            .ok_or_else(|| Halt::Abi("there is no kernel yet".to_owned()))
    }
}

impl Kernel {
    /// Takes hold of a kernel that was made for a guest.
    pub(super) fn settle(store: &mut Store<Guest>, instance: &Instance) -> wasmtime::Result<Self> {
        let kernel = Self {
            memory: instance
                .get_memory(&mut *store, "memory")
                .ok_or_else(|| Halt::Abi("the kernel has no memory".to_owned()))?,
            input_new: instance.get_typed_func(&mut *store, "input_new")?,
            alloc: instance.get_typed_func(&mut *store, "alloc")?,
            free: instance.get_typed_func(&mut *store, "free")?,
            length: instance.get_typed_func(&mut *store, "length")?,
        };
        store.data_mut().kernel = Some(kernel.clone());
        Ok(kernel)
    }

    /// Begins a call with its input.
    pub(super) fn begin(&self, store: &mut Store<Guest>, input: &[u8]) -> wasmtime::Result<()> {
        let at = self.input_new.call(&mut *store, size(input))?;
        if at == 0 && !input.is_empty() {
            return Err(full("its input", input.len()).into());
        }
        Ok(self.write(store, at, input)?)
    }

    /// What the guest set as its output, and its error, if it set one.
    pub(super) fn outcome(
        &self,
        store: &mut Store<Guest>,
    ) -> wasmtime::Result<(Vec<u8>, Option<String>)> {
        let cells = self.read(&mut *store, 24, 24).unwrap_or_default();
        let cell = |index: usize| {
            let bytes = cells.get(index * 8..).and_then(<[u8]>::first_chunk);
            bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        let (offset, length, error) = (cell(0), cell(1), cell(2));
        let error = match error {
            0 => None,
            handle => {
                let length = self.length.call(&mut *store, handle)?;
                let text = self.read(&mut *store, handle, length).unwrap_or_default();
                Some(String::from_utf8_lossy(&text).into_owned())
            }
        };
        if length == 0 {
            return Ok((Vec::new(), error));
        }
        let most = store.data().plan.limits.output_bytes;
        if length > most {
            let what = format!(
                "its output is larger than {most} bytes; allow more with `WasmLimits::output`"
            );
            return Err(Halt::Limit(what).into());
        }
        let output = (offset >= FIRST_BLOCK).then(|| self.read(&mut *store, offset, length));
        match output.flatten() {
            Some(output) => Ok((output, error)),
            None => {
                let what = format!(
                    "its output is said to be {length} bytes at {offset}, which is not in the kernel's memory"
                );
                Err(Halt::Abi(what).into())
            }
        }
    }

    fn read(&self, store: impl AsContextMut, at: u64, length: u64) -> Option<Vec<u8>> {
        let at = usize::try_from(at).ok()?;
        let end = at.checked_add(usize::try_from(length).ok()?)?;
        self.memory.data(&store).get(at..end).map(<[u8]>::to_vec)
    }

    fn write(&self, mut store: impl AsContextMut, at: u64, bytes: &[u8]) -> Result<(), Halt> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        self.memory
            .write(&mut store, at, bytes)
            .map_err(|_| Halt::Abi("the kernel gave a block that is not in its memory".to_owned()))
    }
}

/// What host functions do with the blocks of the guest that calls them.
pub(super) trait Blocks {
    /// The bytes of a block; none for the null handle. The guest keeps the block.
    fn look(&mut self, handle: u64) -> wasmtime::Result<Option<Vec<u8>>>;

    /// The same, and the block is freed.
    fn take(&mut self, handle: u64) -> wasmtime::Result<Option<Vec<u8>>>;

    /// A new block of the guest's; the null handle for no bytes.
    fn give(&mut self, bytes: &[u8]) -> wasmtime::Result<u64>;

    /// Takes text.
    fn take_text(&mut self, handle: u64, what: &str) -> wasmtime::Result<String> {
        let bytes = self.take(handle)?.unwrap_or_default();
        let text = String::from_utf8(bytes);
        Ok(text.map_err(|_| Halt::Abi(format!("{what} is not UTF-8")))?)
    }
}

impl Blocks for Caller<'_, Guest> {
    fn look(&mut self, handle: u64) -> wasmtime::Result<Option<Vec<u8>>> {
        if handle == 0 {
            return Ok(None);
        }
        let kernel = self.data().kernel()?;
        let length = kernel.length.call(&mut *self, handle)?;
        // A block has at least one byte.
        let bytes = (length > 0).then(|| kernel.read(&mut *self, handle, length));
        match bytes.flatten() {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(Halt::Abi(format!("{handle} is no handle of a block")).into()),
        }
    }

    fn take(&mut self, handle: u64) -> wasmtime::Result<Option<Vec<u8>>> {
        let bytes = self.look(handle)?;
        if bytes.is_some() {
            let kernel = self.data().kernel()?;
            kernel.free.call(&mut *self, handle)?;
        }
        Ok(bytes)
    }

    fn give(&mut self, bytes: &[u8]) -> wasmtime::Result<u64> {
        let kernel = self.data().kernel()?;
        let handle = kernel.alloc.call(&mut *self, size(bytes))?;
        if handle == 0 && !bytes.is_empty() {
            return Err(full("what the host gives it", bytes.len()).into());
        }
        kernel.write(&mut *self, handle, bytes)?;
        Ok(handle)
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn full(what: &str, length: usize) -> Halt {
    Halt::Limit(format!(
        "out of memory: there is no room for {what}, {length} bytes"
    ))
}
