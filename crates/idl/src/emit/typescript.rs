//! Emitter for typescript.

use super::{File, Options};
use crate::model::Interface;

/// The files of an interface.
#[must_use]
pub fn emit(_interface: &Interface, _options: &Options) -> Vec<File> {
    Vec::new()
}
