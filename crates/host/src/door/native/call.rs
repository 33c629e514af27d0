//! Direct calls: a thread goes into the library, and what it comes out with is the answer, or the promise of one.

use std::sync::MutexGuard;
use std::time::Instant;

use crossplug_protocol::frame::Framing;
use crossplug_protocol::session::{CallId, Session};
use crossplug_protocol::violation::{Violation, ViolationKind};

use super::crew;
use super::instance::{Called, Instance};
use super::seat::{Job, Seat, State};
use crate::door::conversation::{broke, result_of};

/// Threads that make calls to one plugin at the same time, beside callers' own. Handlers that block hold one each.
const MOST: usize = 256;

impl Seat {
    /// Has a call made by a thread that may be lost. Until that is there the call lies in the queue, where its caller can
    /// still take it back.
    pub(super) fn call_elsewhere(&self, state: &mut State, job: Job) {
        state.queue.push_back(job);
        if state.busy < MOST
            && let Some(me) = self.me.upgrade()
        {
            state.busy += 1;
            crew::run(move || me.work());
        }
    }

    /// Makes calls that wait.
    fn work(&self) {
        loop {
            let mut state = self.lock();
            let instance = state.instance.clone().filter(|_| !state.leaving);
            let (Some(instance), Some(job)) = (instance, state.queue.pop_front()) else {
                state.busy -= 1;
                return;
            };
            state.inside.insert(job.id, false);
            drop(state);
            let params = job.params.as_bytes();
            self.enter(&instance, job.id, job.method, params, job.deadline);
        }
    }

    /// Makes a call on this thread.
    pub(super) fn enter(
        &self,
        instance: &Instance,
        id: CallId,
        method: u32,
        params: &[u8],
        deadline: Option<Instant>,
    ) {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        match instance.call(method, params, id.number(), left) {
            Called::Done(result) => {
                let result = result_of(result);
                let (mut state, _) = self.comes_out(id);
                state.talk.session.answered_apart(id);
                let settled = state.talk.settled(id);
                drop(state);
                let lie = result.as_ref().err().cloned();
                if let Some(pending) = settled {
                    pending.answer.finish(result);
                }
                if let Some(error) = lie {
                    self.broke(error);
                }
            }
            Called::Failed(error) => {
                drop(self.comes_out(id));
                self.hear(&Session::reply_apart(id, &error));
            }
            Called::Pending => {
                let (mut state, given_up) = self.comes_out(id);
                if given_up {
                    // The plugin may not have known the call when it was told so.
                    cancel_again(&mut state, id);
                    self.carry(&mut state);
                }
            }
            Called::Wrong(status) => {
                drop(self.comes_out(id));
                let what = format!("a call gave the status {status}, which there is not");
                self.broke(broke(Violation::new(ViolationKind::InvalidMessage, what)));
            }
        }
    }

    /// The thread is out of the library again. Gives whether the call was given up meanwhile.
    fn comes_out(&self, id: CallId) -> (MutexGuard<'_, State>, bool) {
        let mut state = self.lock();
        let given_up = state.inside.remove(&id).unwrap_or(false);
        if state.stopping.is_some() || state.leaving {
            self.change.notify_all();
        }
        (state, given_up)
    }

    /// The caller gives a call up. Where a thread is inside for it, or in the way of its message, that thread has until the
    /// call's deadline and some more; then the plugin is given up.
    pub(super) fn look_after(&self, state: &mut State, id: CallId) {
        let pending = state.talk.calls.get(&id);
        let deadline = pending.and_then(|pending| pending.deadline);
        let inside = state.inside.get_mut(&id);
        let concerned = inside.is_some() || state.carrying.is_some();
        if let Some(given_up) = inside {
            *given_up = true;
        }
        if let (Some(deadline), true) = (deadline, concerned) {
            self.watch(deadline, id);
        }
    }
}

fn cancel_again(state: &mut State, id: CallId) {
    let text = format!(
        r#"{{"jsonrpc":"2.0","method":"$/cancel","params":{{"id":{}}}}}"#,
        id.number()
    );
    let mut frame = state.talk.out.begin(Framing::Ndjson);
    frame.extend_from_slice(text.as_bytes());
    // It is far smaller than any limit.
    let _ = frame.finish(usize::MAX);
}
