//! One request of the plugin to a service of its host, until the answer is there.

use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use crossplug_protocol::error::PluginError;

use super::Inbox;
use crate::lock::locked;

/// Shared by the runtime and whoever waits.
#[derive(Default)]
pub(crate) struct Asked {
    inbox: Inbox,
    flow: Mutex<Flow>,
}

#[derive(Default)]
struct Flow {
    outcome: Option<Result<Vec<u8>, PluginError>>,
    waker: Option<Waker>,
    credit: Option<Waker>,
}

impl Asked {
    pub(super) fn settle(&self, outcome: Result<Vec<u8>, PluginError>) {
        let (waker, credit) = {
            let mut flow = locked(&self.flow);
            flow.outcome = Some(outcome);
            (flow.waker.take(), flow.credit.take())
        };
        self.inbox.end();
        waker.into_iter().chain(credit).for_each(Waker::wake);
    }

    /// The answer, once.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Result<Vec<u8>, PluginError>> {
        let mut flow = locked(&self.flow);
        match flow.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                flow.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(crate) const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(crate) fn wait_for_credit(&self, waker: &Waker) {
        locked(&self.flow).credit = Some(waker.clone());
    }

    pub(super) fn take_credit_waker(&self) -> Option<Waker> {
        locked(&self.flow).credit.take()
    }
}
