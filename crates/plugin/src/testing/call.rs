//! One call of a test, and what came of it.

use std::marker::PhantomData;
use std::time::Duration;

use crossplug_protocol::codec::{self, Any, Value, Wire};
use crossplug_protocol::error::PluginError;

use super::{Progress, TestHost};

/// A call that was not made yet: its result is an `R`, the plugin streams `I`, the test streams `U`. Calls by a wire name
/// have JSON values everywhere; those of the generated clients have types.
#[must_use = "a call is made by `run`"]
pub struct TestCall<'h, R = Any, I = Any, U = Any> {
    host: &'h TestHost,
    asked: Asked,
    types: PhantomData<fn(U) -> (R, I)>,
}

/// What is asked of the plugin, and how the test behaves meanwhile.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) params: Result<Vec<u8>, PluginError>,
    pub(super) upload: Result<Vec<Value>, PluginError>,
    pub(super) timeout: Option<Duration>,
    pub(super) cancelled: bool,
    pub(super) credit: bool,
}

impl<R, I, U> std::fmt::Debug for TestCall<'_, R, I, U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestCall")
            .field("method", &self.asked.method)
            .finish_non_exhaustive()
    }
}

impl<'h, R: Wire, I: Wire, U: Wire> TestCall<'h, R, I, U> {
    pub(super) const fn new(
        host: &'h TestHost,
        method: String,
        params: Result<Vec<u8>, PluginError>,
    ) -> Self {
        Self {
            host,
            asked: Asked {
                method,
                params,
                upload: Ok(Vec::new()),
                timeout: None,
                cancelled: false,
                credit: true,
            },
            types: PhantomData,
        }
    }

    /// Items to stream to the plugin.
    pub fn upload(mut self, items: impl IntoIterator<Item = U::Value>) -> Self {
        let written: Result<Vec<Value>, _> = items
            .into_iter()
            .map(|item| codec::encode_value::<U>(&item))
            .collect();
        self.asked.upload = match (self.asked.upload, written) {
            (Ok(mut before), Ok(more)) => {
                before.extend(more);
                Ok(before)
            }
            (Ok(_), Err(error)) => Err(PluginError::invalid_params(format!("an item {error}"))),
            (Err(error), _) => Err(error),
        };
        self
    }

    /// Gives the call a deadline, which the plugin sees; the test waits for no longer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.asked.timeout = Some(timeout);
        self
    }

    /// Cancels the call once the plugin waits for something.
    pub fn cancelled(mut self) -> Self {
        self.asked.cancelled = true;
        self
    }

    /// Takes no items: the plugin has to wait with its first.
    pub fn taking_nothing(mut self) -> Self {
        self.asked.credit = false;
        self
    }

    /// Makes the call.
    #[must_use]
    pub fn run(self) -> Answer<R::Value, I::Value> {
        let Got {
            result,
            items,
            progress,
        } = self.host.run(self.asked);
        let misfit = |what, error| PluginError::internal(format!("{what} does not fit: {error}"));
        let items: Result<Vec<I::Value>, _> = items.iter().map(codec::decode_value::<I>).collect();
        let result = result.and_then(|result| {
            codec::decode_value::<R>(&result).map_err(|error| misfit("the result", error))
        });
        match items {
            Ok(items) => Answer {
                result,
                items,
                progress,
            },
            Err(error) => Answer {
                result: Err(misfit("an item", error)),
                items: Vec::new(),
                progress,
            },
        }
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer<R = Value, I = Value> {
    /// The result, or the plugin's error; `deadlineExceeded` where no answer came in time, `internal` where what came does not
    /// fit its type.
    pub result: Result<R, PluginError>,
    /// What the plugin streamed.
    pub items: Vec<I>,
    /// How far it said that it was.
    pub progress: Vec<Progress>,
}

/// The same as it stands on the wire.
pub(super) struct Got {
    pub(super) result: Result<Value, PluginError>,
    pub(super) items: Vec<Value>,
    pub(super) progress: Vec<Progress>,
}

impl Got {
    /// Nothing came at all.
    pub(super) const fn failed(error: PluginError) -> Self {
        Self {
            result: Err(error),
            items: Vec::new(),
            progress: Vec::new(),
        }
    }
}
