//! The whole way of a document: read, check, normalise. Knows no language.

use crate::model::Interface;
use crate::{Refusal, check, hash, normalise, read};

/// Reads, checks and normalises a document.
///
/// # Errors
/// Every mistake in it at once, each with a pointer and a cure.
pub fn compile(text: &str, source_name: &str) -> Result<Interface, Vec<Refusal>> {
    let document = read::parse(text, source_name)?;
    let sheet = check::check(&document)?;
    Ok(normalise::normalise(
        &sheet,
        hash::interface_hash(&document.root),
    ))
}
