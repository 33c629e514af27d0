//! A plugin at the end of a line as a host's calls see it.

use std::sync::Arc;

use crossplug_protocol::session::CallId;

use super::ends::Ends;
use crate::door::conversation::{self, Pending};
use crate::door::{Answer, CallKey, Introduction, Passage, Patience, Request};
use crate::{Payload, Result};

/// The host's handle. Dropped, it lets the plugin be stopped.
pub(super) struct LinePassage {
    pub(super) ends: Arc<Ends>,
    pub(super) introduction: Arc<Introduction>,
}

impl LinePassage {
    fn named(&self, call: CallKey) -> Option<CallId> {
        self.ends.lock().talk.named(call)
    }
}

impl Passage for LinePassage {
    fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey {
        let ends = &*self.ends;
        let (now, origin) = (ends.now(), ends.origin);
        let deadline = request
            .deadline
            .map(|at| at.saturating_duration_since(origin));
        let mut state = ends.lock();
        let call = match state.talk.call(&request, now, deadline) {
            Ok(call) => call,
            Err(error) => {
                drop(state);
                answer.finish(Err(error));
                return CallKey(0);
            }
        };
        let key = CallKey(call.number().unsigned_abs());
        let pending = Pending {
            key,
            answer,
            attended: request.attended,
            deadline: request.deadline,
        };
        state.talk.expect(call, pending);
        drop(state);
        ends.call_plugin();
        key
    }

    fn cancel(&self, call: CallKey) {
        let call = self.ends.given_up(call);
        conversation::cancel(&*self.ends, call);
    }

    fn credit(&self, call: CallKey, items: u32, bytes: u32) {
        conversation::credit(&*self.ends, self.named(call), items, bytes);
    }

    fn upload(&self, call: CallKey, item: &Payload) -> Result<bool> {
        conversation::upload(&*self.ends, self.named(call), item)
    }

    fn end_upload(&self, call: CallKey) {
        conversation::end_upload(&*self.ends, self.named(call));
    }

    fn emit(&self, name: &str, stream: Option<&str>, payload: &Payload) -> Result<()> {
        conversation::emit(&*self.ends, name, stream, payload)
    }

    fn is_alive(&self) -> bool {
        self.ends.lock().talk.closed("call").is_none()
    }

    fn stop(&self) {
        self.ends.stop(self.ends.patience);
    }

    fn stop_with(&self, patience: Patience) {
        self.ends.stop(patience);
    }
}

impl Drop for LinePassage {
    fn drop(&mut self) {
        self.stop();
    }
}
