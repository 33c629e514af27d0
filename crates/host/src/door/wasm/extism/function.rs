//! Functions that a program offers to Extism guests, `extism:host/user` by custom: bytes in, bytes out.

use std::fmt;
use std::sync::Arc;

use wasmtime::{Caller, FuncType, Linker, Val};

use super::super::fault::Halt;
use super::guest::{Blocks, Guest};
use crate::service::ServiceResult;
use crate::{Error, ErrorKind, PluginError, Result};

/// The namespace of functions that name none.
pub(in crate::door::wasm) const MODULE: &str = "extism:host/user";

/// What a function of the host's does: each argument's bytes in, the result's bytes out.
pub(in crate::door::wasm) type Run =
    Arc<dyn Fn(&[Vec<u8>]) -> ServiceResult<Vec<u8>> + Send + Sync>;

/// One function.
#[derive(Clone)]
pub(in crate::door::wasm) struct Function {
    pub(in crate::door::wasm) module: String,
    pub(in crate::door::wasm) name: String,
    pub(in crate::door::wasm) run: Run,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.module, self.name)
    }
}

impl Function {
    /// Adds it with the signature that the guest imports it with, which was judged: handles in, at most one handle out.
    ///
    /// # Errors
    /// [`ErrorKind::Incompatible`] where it is there already.
    pub(super) fn link(&self, linker: &mut Linker<Guest>, signature: FuncType) -> Result<()> {
        let run = Arc::clone(&self.run);
        linker
            .func_new(
                &self.module,
                &self.name,
                signature,
                move |caller, arguments, results| call(caller, &run, arguments, results),
            )
            .map_err(|error| {
                Error::new(ErrorKind::Incompatible, "load").with_context(format!("{error:#}"))
            })?;
        Ok(())
    }
}

fn call(
    mut caller: Caller<'_, Guest>,
    run: &Run,
    arguments: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let mut given = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let handle = argument.i64().unwrap_or_default().cast_unsigned();
        given.push(caller.look(handle)?.unwrap_or_default());
    }
    // A panic must not run through the guest's frames: what the program held there would be in an unknown state.
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&given)));
    let answer = ran
        .unwrap_or_else(|_| Err(PluginError::internal("the host's function panicked")))
        .map_err(Halt::Function)?;
    // It may have taken its time.
    if let Some(halt) = caller.data().leash.halt() {
        return Err(halt.into());
    }
    if let Some(result) = results.first_mut() {
        *result = Val::I64(caller.give(&answer)?.cast_signed());
    }
    Ok(())
}
