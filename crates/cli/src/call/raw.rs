//! Bytes as they are, and modules without a manifest. Must not know what is in them.

use std::io::Read;
use std::path::Path;

use crossplug_host::Plugin;
use crossplug_host::door::wasm::WasmDoor;

use super::CallFailure;
use crate::args::Call;
use crate::exit::Failure;

/// The door to a bare module, and what it is called; none where the path leads to a manifest.
pub(super) fn module(path: &Path) -> Option<(String, WasmDoor)> {
    let ending = path.extension()?.to_str()?;
    if !["wasm", "wat"].contains(&ending) || path.is_dir() {
        return None;
    }
    let name = path.file_stem()?.to_string_lossy().into_owned();
    Some((name, WasmDoor::from_file(path)))
}

/// All of stdin.
///
/// # Errors
/// It cannot be read.
pub(super) fn input() -> Result<Vec<u8>, Failure> {
    let mut input = Vec::new();
    match std::io::stdin().read_to_end(&mut input) {
        Ok(_) => Ok(input),
        Err(error) => Err(Failure::usage(format!("stdin cannot be read: {error}"))),
    }
}

/// Calls with bytes.
pub(super) fn call(
    arguments: &Call,
    plugin: &Plugin,
    input: Vec<u8>,
) -> Result<Vec<u8>, CallFailure> {
    let mut call = plugin.call_raw(&arguments.method, input);
    if let Some(timeout) = arguments.timeout {
        call = call.timeout(timeout);
    }
    Ok(call.blocking()?)
}
