//! Fake services of a test host, and the calls of the plugin that they answer. Knows values; must not know messages.

use std::collections::{HashMap, VecDeque};

use crossplug_protocol::codec::Value;
use crossplug_protocol::error::PluginError;

/// What a fake that streams gives: the items, and the result behind them.
type Streamed = Result<(Vec<Value>, Value), PluginError>;
type Answer = Box<dyn FnMut(Value, Vec<Value>) -> Streamed + Send>;

/// What stands for a service.
pub(super) struct Fake {
    /// None: it never answers.
    answer: Option<Answer>,
    /// It waits for everything that the plugin streams.
    pub(super) takes_upload: bool,
}

impl Fake {
    pub(super) fn plain(
        mut answer: impl FnMut(Value) -> Result<Value, PluginError> + Send + 'static,
    ) -> Self {
        Self::streaming(move |params| answer(params).map(|result| (Vec::new(), result)))
    }

    pub(super) fn streaming(mut answer: impl FnMut(Value) -> Streamed + Send + 'static) -> Self {
        Self {
            answer: Some(Box::new(move |params, _| answer(params))),
            takes_upload: false,
        }
    }

    pub(super) fn uploaded(
        answer: impl FnMut(Value, Vec<Value>) -> Streamed + Send + 'static,
    ) -> Self {
        Self {
            answer: Some(Box::new(answer)),
            takes_upload: true,
        }
    }

    pub(super) const fn silent() -> Self {
        Self {
            answer: None,
            takes_upload: false,
        }
    }
}

/// A call of the plugin that is not answered yet.
pub(super) struct Served {
    service: String,
    /// Until the fake was asked.
    params: Option<Value>,
    pub(super) uploaded: Vec<Value>,
    pub(super) upload_ended: bool,
    /// What is still to be streamed.
    pub(super) items: VecDeque<Value>,
    /// What ends it.
    pub(super) outcome: Option<Result<Value, PluginError>>,
}

impl Served {
    pub(super) const fn new(service: String, params: Value) -> Self {
        Self {
            service,
            params: Some(params),
            uploaded: Vec::new(),
            upload_ended: false,
            items: VecDeque::new(),
            outcome: None,
        }
    }

    /// Asks the fake, once and when it is time. False where nothing happened.
    pub(super) fn ask(&mut self, fakes: &mut HashMap<String, Fake>) -> bool {
        let Some(fake) = fakes.get_mut(&self.service) else {
            let what = format!("`{}` was not granted in this test", self.service);
            self.outcome = Some(Err(PluginError::new("permissionDenied", what)));
            return self.params.take().is_some();
        };
        let Some(answer) = &mut fake.answer else {
            return false;
        };
        if fake.takes_upload && !self.upload_ended {
            return false;
        }
        let Some(params) = self.params.take() else {
            return false;
        };
        match answer(params, std::mem::take(&mut self.uploaded)) {
            Ok((items, result)) => {
                self.items = items.into();
                self.outcome = Some(Ok(result));
            }
            Err(error) => self.outcome = Some(Err(error)),
        }
        true
    }
}
