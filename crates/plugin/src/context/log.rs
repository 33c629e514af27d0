//! Lines for the host's log, with facts for a machine.

use std::sync::Arc;

use crossplug_protocol::codec::{JsonMap, Value};
use crossplug_protocol::message::Level;

use crate::runtime::Runtime;

/// Writes lines to the host's log; see [`Context::log`](crate::Context::log). What is logged before the session is open is
/// held back until then.
#[must_use = "a line is written by `debug`, `info`, `warn` or `error`"]
pub struct Log<'c> {
    runtime: &'c Arc<Runtime>,
    fields: JsonMap,
}

impl std::fmt::Debug for Log<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log")
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

impl<'c> Log<'c> {
    pub(super) fn new(runtime: &'c Arc<Runtime>) -> Self {
        Self {
            runtime,
            fields: JsonMap::new(),
        }
    }

    /// Puts a fact beside the message.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// What only helps to find out how something happens.
    pub fn trace(&self, message: impl AsRef<str>) {
        self.line(Level::Trace, message.as_ref());
    }

    /// What helps to find a mistake.
    pub fn debug(&self, message: impl AsRef<str>) {
        self.line(Level::Debug, message.as_ref());
    }

    /// What happens when all is well.
    pub fn info(&self, message: impl AsRef<str>) {
        self.line(Level::Info, message.as_ref());
    }

    /// What somebody should look at.
    pub fn warn(&self, message: impl AsRef<str>) {
        self.line(Level::Warn, message.as_ref());
    }

    /// What failed.
    pub fn error(&self, message: impl AsRef<str>) {
        self.line(Level::Error, message.as_ref());
    }

    fn line(&self, level: Level, message: &str) {
        let fields = Some(&self.fields).filter(|fields| !fields.is_empty());
        self.runtime.log(level, message, fields);
    }
}
