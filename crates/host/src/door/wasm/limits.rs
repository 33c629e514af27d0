//! What a guest may take, and who watches that it takes no more. Knows wasmtime's questions and no ABI.

use wasmtime::ResourceLimiter;

use super::fault::Halt;

/// Instances, memories and tables of one store: a guest, its kernel and what is linked beside it.
const MOST_PARTS: usize = 64;

/// What a WebAssembly guest may take. Whoever takes more fails with [`ErrorKind::Limit`](crate::ErrorKind::Limit), and its
/// instance is thrown away.
///
/// ```
/// use crossplug_host::door::wasm::WasmLimits;
/// let limits = WasmLimits::default().memory(16 << 20).fuel(1_000_000_000);
/// assert_eq!(limits.memory_bytes, 16 << 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WasmLimits {
    /// Bytes of all linear memories of one instance together. Default 1 GiB.
    pub memory_bytes: u64,
    /// Elements of all its tables together. Default 1,000,000.
    pub table_elements: usize,
    /// Bytes of one result. Default 64 MiB, as for messages.
    pub output_bytes: u64,
    /// Steps of one call, as wasmtime counts them; counting makes every call slower. Default: not counted.
    pub fuel: Option<u64>,
    /// Bytes of a guest's variables, 48 for each one counted in. Default 1 MiB; 0: it may have none.
    pub variable_bytes: u64,
    /// Bytes of the body of an HTTP response. Default 50 MiB.
    pub http_bytes: u64,
    /// Bytes of a module. Default 256 MiB.
    pub module_bytes: u64,
}

impl Default for WasmLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            table_elements: 1_000_000,
            output_bytes: 64 << 20,
            fuel: None,
            variable_bytes: 1 << 20,
            http_bytes: 50 << 20,
            module_bytes: 256 << 20,
        }
    }
}

impl WasmLimits {
    /// Another cap for linear memory.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// Another cap for tables.
    #[must_use]
    pub fn tables(mut self, elements: usize) -> Self {
        self.table_elements = elements;
        self
    }

    /// Another cap for results.
    #[must_use]
    pub fn output(mut self, bytes: u64) -> Self {
        self.output_bytes = bytes;
        self
    }

    /// Counts steps, and allows so many in a call.
    #[must_use]
    pub fn fuel(mut self, steps: u64) -> Self {
        self.fuel = Some(steps);
        self
    }

    /// Another cap for variables.
    #[must_use]
    pub fn variables(mut self, bytes: u64) -> Self {
        self.variable_bytes = bytes;
        self
    }

    /// Another cap for HTTP responses.
    #[must_use]
    pub fn http(mut self, bytes: u64) -> Self {
        self.http_bytes = bytes;
        self
    }

    /// Another cap for modules.
    #[must_use]
    pub fn module(mut self, bytes: u64) -> Self {
        self.module_bytes = bytes;
        self
    }
}

impl WasmLimits {
    /// Holds what a guest gives to the cap for results.
    ///
    /// # Errors
    /// [`Halt::Limit`] above it.
    pub(super) fn output_fits(&self, length: usize) -> Result<(), Halt> {
        let most = self.output_bytes;
        if u64::try_from(length).is_ok_and(|length| length <= most) {
            return Ok(());
        }
        let what =
            format!("its output is larger than {most} bytes; allow more with `WasmLimits::output`");
        Err(Halt::Limit(what))
    }
}

/// Counts what one instance has, and keeps what it leaves behind.
pub(super) struct Meter {
    /// What it said before it broke down.
    pub(super) last_words: Option<Vec<u8>>,
    most: u64,
    memory_left: u64,
    table_left: usize,
}

impl Meter {
    pub(super) fn new(limits: &WasmLimits) -> Self {
        Self {
            last_words: None,
            most: limits.memory_bytes,
            memory_left: limits.memory_bytes,
            table_left: limits.table_elements,
        }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // The module's own maximum: the guest is told that the memory does not grow.
            return Ok(false);
        }
        let more = u64::try_from(desired.saturating_sub(current)).unwrap_or(u64::MAX);
        match self.memory_left.checked_sub(more) {
            Some(left) => {
                self.memory_left = left;
                Ok(true)
            }
            None => Err(Halt::Limit(format!(
                "out of memory: its memories may have {} bytes together; allow more with `WasmLimits::memory`",
                self.most
            ))
            .into()),
        }
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        match self.table_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.table_left = left;
                Ok(true)
            }
            None => Err(Halt::Limit(
                "its tables have too many elements; allow more with `WasmLimits::tables`"
                    .to_owned(),
            )
            .into()),
        }
    }

    fn instances(&self) -> usize {
        MOST_PARTS
    }

    fn tables(&self) -> usize {
        MOST_PARTS
    }

    fn memories(&self) -> usize {
        MOST_PARTS
    }
}
