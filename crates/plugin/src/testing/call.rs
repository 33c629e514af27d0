//! One call of a test, and what came of it.

use std::time::Duration;

use crossplug_protocol::codec::{self, Value, Wire};
use crossplug_protocol::error::PluginError;

use super::{Progress, TestHost};

/// A call that was not made yet.
#[must_use = "a call is made by `run`"]
pub struct TestCall<'h> {
    pub(super) host: &'h TestHost,
    pub(super) method: String,
    pub(super) params: Result<Vec<u8>, PluginError>,
    pub(super) upload: Vec<Value>,
    pub(super) timeout: Option<Duration>,
    pub(super) cancelled: bool,
    pub(super) credit: bool,
}

impl std::fmt::Debug for TestCall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestCall")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl TestCall<'_> {
    /// Items to stream to the plugin, as they stand on the wire: a 64-bit integer is a string.
    pub fn upload(mut self, items: impl IntoIterator<Item = Value>) -> Self {
        self.upload.extend(items);
        self
    }

    /// Gives the call a deadline, which the plugin sees; the test waits for no longer.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Cancels the call once the plugin waits for something.
    pub const fn cancelled(mut self) -> Self {
        self.cancelled = true;
        self
    }

    /// Takes no items: the plugin has to wait with its first.
    pub const fn taking_nothing(mut self) -> Self {
        self.credit = false;
        self
    }

    /// Makes the call.
    #[must_use]
    pub fn run(self) -> Answer {
        TestHost::run(self)
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The result, or the plugin's error. `deadlineExceeded` where no answer came in time.
    pub result: Result<Value, PluginError>,
    /// What the plugin streamed.
    pub items: Vec<Value>,
    /// How far it said that it was.
    pub progress: Vec<Progress>,
}

impl Answer {
    /// The result as a generated type.
    ///
    /// # Errors
    /// The plugin's own, or `internal` where the result does not fit its type.
    pub fn result_as<W: Wire>(&self) -> Result<W::Value, PluginError> {
        let result = self.result.as_ref().map_err(Clone::clone)?;
        codec::decode_value::<W>(result)
            .map_err(|error| PluginError::internal(format!("the result does not fit: {error}")))
    }

    /// The items as a generated type.
    ///
    /// # Errors
    /// `internal` for one that does not fit its type.
    pub fn items_as<W: Wire>(&self) -> Result<Vec<W::Value>, PluginError> {
        let read = |item| codec::decode_value::<W>(item);
        let items: Result<Vec<_>, _> = self.items.iter().map(read).collect();
        items.map_err(|error| PluginError::internal(format!("an item does not fit: {error}")))
    }
}
