//! The exports: bytes of the host's memory in, bytes out, an error as its text and its number.

use std::cell::Cell;

use crossplug_protocol::error;
use crossplug_protocol::message::Level;
use extism_pdk::{Memory, config, extism, input_bytes};

use super::Lone;
use crate::export::wasm::ffi::{Make, guest};
use crate::export::wasm::words;

thread_local! {
    /// Taken out while it runs: after a panic the next call finds none, and makes a fresh one.
    static PLUGIN: Cell<Option<Lone>> = const { Cell::new(None) };
}

/// Under this key hosts give the plugin its config: a JSON object.
const CONFIG: &str = "crossplug";

/// What the export of a method does. Gives 0, or the number of the error whose text was set.
#[must_use]
pub fn answer(make: Make, method: &str) -> i32 {
    words::tell_by(Some(tell));
    let mut plugin = PLUGIN.take().unwrap_or_else(|| Lone::new(guest(make)));
    let config = || config::get(CONFIG).ok().flatten();
    let outcome = plugin.call(method, &input_bytes(), config);
    for (level, message) in plugin.take_logs() {
        log(level, &message);
    }
    PLUGIN.set(Some(plugin));
    words::tell_by(None);
    match outcome {
        Ok(result) => match Memory::from_bytes(result) {
            Ok(block) => {
                block.set_output();
                0
            }
            Err(error) => fail("resourceExhausted", &error.to_string()),
        },
        Err(error) => fail(&error.code, &error.to_string()),
    }
}

fn fail(code: &str, text: &str) -> i32 {
    tell(text);
    error::number_of(code)
}

/// Sets the text of the error.
fn tell(text: &str) {
    if let Ok(block) = Memory::from_bytes(text) {
        #[allow(unsafe_code, reason = "the kit has no safe name for it")]
        // SAFETY: the block was made by this host and is its from now on.
        unsafe {
            extism::error_set(block.offset());
        }
    }
}

fn log(level: Level, message: &str) {
    let Ok(block) = Memory::from_bytes(message) else {
        return;
    };
    #[allow(
        unsafe_code,
        reason = "the kit's safe name imports what older hosts lack"
    )]
    // SAFETY: the block was made by this host and is its from now on.
    unsafe {
        match level {
            // Not every host has a level below this one.
            Level::Trace | Level::Debug => extism::log_debug(block.offset()),
            Level::Info => extism::log_info(block.offset()),
            Level::Warn => extism::log_warn(block.offset()),
            Level::Error => extism::log_error(block.offset()),
        }
    }
}
