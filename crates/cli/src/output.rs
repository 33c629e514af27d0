//! What the program writes to stdout: data, one value a line, or a plugin's own bytes. Must not talk.

use std::io::Write;

use serde_json::Value;

use crate::exit::{Exit, Failure};

/// Writes text and a line feed.
///
/// # Errors
/// If stdout is closed, as by `| head`: there is nothing left to do, and nobody to tell.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes bytes as they are.
///
/// # Errors
/// As [`line()`].
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|_| Failure::said(Exit::Fine))
}

/// Writes a value in one line.
///
/// # Errors
/// As [`line()`].
pub(crate) fn compact(value: &Value) -> Result<(), Failure> {
    line(&value.to_string())
}

/// Writes a value in as many lines as a person likes.
///
/// # Errors
/// As [`line()`].
pub(crate) fn pretty(value: &Value) -> Result<(), Failure> {
    line(&format!("{value:#}"))
}
