//! One request of the host while it is being answered: what its context and its streams share.

use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crossplug_protocol::session::Ticket;

use super::direct::Apart;
use super::{Inbox, Opened, Runtime, Task};
use crate::lock::locked;

/// Shared by the runtime, the handler's context and its streams. An event has one too, without a ticket, and so have start and stop.
pub(crate) struct Call {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) opened: Arc<Opened>,
    ticket: OnceLock<Ticket>,
    /// Of a call that came apart from the messages, while it may be answered so.
    pub(super) apart: Apart,
    /// On the session's clock.
    pub(crate) deadline: Option<Duration>,
    pub(crate) traceparent: Option<String>,
    inbox: Inbox,
    flow: Mutex<Flow>,
    /// Kept alive from here while it runs: a handler may wait for something that holds no waker.
    task: Mutex<Option<Arc<Task>>>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("ticket", &self.ticket)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Flow {
    cancelled: bool,
    /// The session has answered already, so that nothing is left to end well.
    answered: bool,
    /// The handler waits for the cancellation, or has asked for it since, so it ends by itself.
    minded: bool,
    /// Who waits for the cancellation.
    waiters: Vec<(u64, Waker)>,
    next_waiter: u64,
    credit: Option<Waker>,
}

impl Call {
    pub(crate) fn new(
        runtime: Arc<Runtime>,
        opened: Arc<Opened>,
        ticket: Option<Ticket>,
        deadline: Option<Duration>,
        traceparent: Option<String>,
    ) -> Self {
        Self {
            runtime,
            opened,
            ticket: ticket.map_or_else(OnceLock::new, OnceLock::from),
            apart: Apart::default(),
            deadline,
            traceparent,
            inbox: Inbox::default(),
            flow: Mutex::default(),
            task: Mutex::default(),
        }
    }

    /// For what runs beside the host's requests: events, the start and the stop.
    pub(crate) fn aside(runtime: &Arc<Runtime>, opened: Arc<Opened>) -> Self {
        Self::new(Arc::clone(runtime), opened, None, None, None)
    }

    /// The right to answer it. A call that came apart becomes a request of the conversation with this.
    pub(crate) fn ticket(self: &Arc<Self>) -> Option<Ticket> {
        self.ticket.get().copied().or_else(|| self.adopt())
    }

    /// The same of a call that is a request already.
    pub(crate) fn known_ticket(&self) -> Option<Ticket> {
        self.ticket.get().copied()
    }

    pub(super) fn set_ticket(&self, ticket: Ticket) -> Ticket {
        *self.ticket.get_or_init(|| ticket)
    }

    pub(super) fn run_by(&self, task: &Arc<Task>) {
        *locked(&self.task) = Some(Arc::clone(task));
    }

    /// The handler has ended.
    pub(super) fn ended(&self) {
        let task = locked(&self.task).take();
        drop(task);
    }

    pub(crate) const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        locked(&self.flow).cancelled
    }

    /// Whether a handler that waits now is to be dropped.
    pub(super) fn is_to_drop(&self) -> bool {
        let flow = locked(&self.flow);
        flow.cancelled && (flow.answered || !flow.minded)
    }

    /// The caller wants no answer any more. `answered`: the session has given one already.
    pub(crate) fn cancel(&self, answered: bool) {
        let waiters = {
            let mut flow = locked(&self.flow);
            flow.cancelled = true;
            flow.answered |= answered;
            flow.minded |= !flow.waiters.is_empty();
            std::mem::take(&mut flow.waiters)
        };
        waiters.into_iter().for_each(|(_, waker)| waker.wake());
        let task = locked(&self.task).clone();
        if let Some(task) = task {
            task.wake_again();
        }
    }

    /// Ready once the call is cancelled. The key names the waiter from one poll to the next.
    pub(crate) fn poll_cancelled(&self, key: &mut Option<u64>, context: &Context<'_>) -> Poll<()> {
        let mut flow = locked(&self.flow);
        if flow.cancelled {
            // It may have come before the handler's first step.
            flow.minded = true;
            return Poll::Ready(());
        }
        let own = *key.get_or_insert_with(|| {
            flow.next_waiter += 1;
            flow.next_waiter
        });
        match flow.waiters.iter_mut().find(|(known, _)| *known == own) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => flow.waiters.push((own, context.waker().clone())),
        }
        Poll::Pending
    }

    /// Nobody waits under the key any more.
    pub(crate) fn forget_waiter(&self, key: u64) {
        locked(&self.flow)
            .waiters
            .retain(|(known, _)| *known != key);
    }

    pub(crate) fn wait_for_credit(&self, waker: &Waker) {
        locked(&self.flow).credit = Some(waker.clone());
    }

    pub(super) fn take_credit_waker(&self) -> Option<Waker> {
        locked(&self.flow).credit.take()
    }
}
