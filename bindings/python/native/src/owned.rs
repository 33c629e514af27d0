//! What belongs to one process. A forked child has a copy of it and none of the threads behind it, so there it is neither
//! used nor dropped: a drop would wait for locks that nobody opens, or stop the parent's plugins.

use pyo3::PyResult;

use crate::errors;

/// A value that only the process that made it may touch.
pub(crate) struct Owned<T> {
    /// Always there; an option so that it can be forgotten.
    value: Option<T>,
    process: u32,
}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Some(value),
            process: std::process::id(),
        }
    }

    /// The value, in the process that made it.
    pub(crate) fn get(&self) -> PyResult<&T> {
        match &self.value {
            Some(value) if self.process == std::process::id() => Ok(value),
            _ => Err(errors::forked()),
        }
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(self.value.take());
        }
    }
}
