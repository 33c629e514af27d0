//! One call at the plugin's end of the memory door, and the host as such a plugin sees it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Instant;

use crossplug_protocol::codec::Value;
use crossplug_protocol::handshake::Encoding;

use crate::call::mailbox::{Mailbox, Progress};
use crate::door::{Answer, Home, ServiceReply};
use crate::executor::Slot;
use crate::log::{Level, LogSource};
use crate::service::ServiceResult;
use crate::{IntoPayload, Payload, PluginError, Result};

/// Items that an upload may be ahead of its method.
const UPLOAD: usize = 64;

/// Both ends of one call.
pub(super) struct Shared(Mutex<State>);

struct State {
    /// Taken with the end.
    answer: Option<Answer>,
    cancelled: bool,
    credit: (u64, i64),
    upload: VecDeque<Payload>,
    upload_ended: bool,
    /// Where the method waits, for whatever reason.
    waiting: Vec<Waker>,
}

impl Shared {
    pub(super) fn new(answer: Answer, (items, bytes): (u32, u32)) -> Self {
        Self(Mutex::new(State {
            answer: Some(answer),
            cancelled: false,
            credit: (items.into(), bytes.into()),
            upload: VecDeque::new(),
            upload_ended: false,
            waiting: Vec::new(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something that the method may wait for.
    fn change(&self, how: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        how(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The caller's end, to be told something outside of the lock.
    fn caller(&self) -> Option<Arc<Mailbox>> {
        self.lock()
            .answer
            .as_ref()
            .map(|answer| Arc::clone(answer.mailbox()))
    }

    pub(super) fn is_over(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        wait(&mut state, waker);
        state.cancelled || state.answer.is_none()
    }

    pub(super) fn finish(&self, outcome: Option<Result<Payload>>) {
        let answer = self.lock().answer.take();
        if let (Some(answer), Some(outcome)) = (answer, outcome) {
            answer.finish(outcome);
        }
    }

    pub(super) fn cancel(&self) {
        self.change(|state| state.cancelled = true);
    }

    pub(super) fn credit(&self, items: u32, bytes: u32) {
        self.change(|state| {
            state.credit.0 = state.credit.0.saturating_add(items.into());
            state.credit.1 = state.credit.1.saturating_add(bytes.into());
        });
    }

    pub(super) fn upload(&self, item: &Payload) -> bool {
        if self.lock().upload.len() >= UPLOAD {
            return false;
        }
        self.change(|state| state.upload.push_back(item.clone()));
        true
    }

    pub(super) fn end_upload(&self) {
        self.change(|state| state.upload_ended = true);
    }
}

fn wait(state: &mut State, waker: &Waker) {
    if !state.waiting.iter().any(|known| known.will_wake(waker)) {
        state.waiting.push(waker.clone());
    }
}

/// A call as the plugin's method sees it.
pub struct MemoryCall {
    method: String,
    params: Payload,
    deadline: Option<Instant>,
    shared: Arc<Shared>,
    host: MemoryHost,
}

impl MemoryCall {
    pub(super) fn new(
        method: String,
        params: Payload,
        deadline: Option<Instant>,
        shared: Arc<Shared>,
        host: MemoryHost,
    ) -> Self {
        Self {
            method,
            params,
            deadline,
            shared,
            host,
        }
    }

    /// Wire name of the method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// What it was called with.
    #[must_use]
    pub fn params(&self) -> &Payload {
        &self.params
    }

    /// When the caller stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The host that calls.
    #[must_use]
    pub fn host(&self) -> &MemoryHost {
        &self.host
    }

    /// Passes on progress.
    pub fn progress(&self, fraction: Option<f64>, message: Option<&str>) {
        if let Some(caller) = self.shared.caller() {
            caller.progress(Progress {
                fraction,
                message: message.map(str::to_owned),
            });
        }
    }

    /// Streams an item; waits until the caller takes one.
    ///
    /// # Errors
    /// `internal` for what cannot be written. One whose caller is gone waits until it is dropped.
    pub async fn send(&self, item: impl IntoPayload) -> ServiceResult<()> {
        let item = item
            .into_payload(Encoding::Json)
            .map_err(|error| PluginError::new("internal", error.context()))?;
        let size = u64::try_from(item.as_bytes().len()).unwrap_or(u64::MAX);
        std::future::poll_fn(|context| {
            let mut state = self.shared.lock();
            if state.credit.0 == 0 || state.credit.1 <= 0 {
                wait(&mut state, context.waker());
                return Poll::Pending;
            }
            state.credit.0 -= 1;
            state.credit.1 = state.credit.1.saturating_sub_unsigned(size);
            Poll::Ready(())
        })
        .await;
        if let Some(caller) = self.shared.caller() {
            // One too many: the call has ended, and the method is dropped where it next waits.
            if !caller.item(item, size) {
                self.shared.cancel();
            }
        }
        Ok(())
    }

    /// The next item that the caller streams, none after the last.
    pub async fn next(&self) -> Option<Payload> {
        std::future::poll_fn(|context| {
            let mut state = self.shared.lock();
            if let Some(item) = state.upload.pop_front() {
                let caller = state
                    .answer
                    .as_ref()
                    .map(|answer| Arc::clone(answer.mailbox()));
                drop(state);
                caller.into_iter().for_each(|caller| caller.room());
                return Poll::Ready(Some(item));
            }
            if state.upload_ended {
                return Poll::Ready(None);
            }
            wait(&mut state, context.waker());
            Poll::Pending
        })
        .await
    }
}

impl std::fmt::Debug for MemoryCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryCall")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// What of the host a plugin of the memory door keeps.
pub(super) type Seat = Arc<Kept>;

#[derive(Debug)]
pub(super) struct Kept {
    instance_id: String,
    config: serde_json::Map<String, Value>,
    seq: AtomicU64,
}

impl Kept {
    pub(super) fn host(self: &Arc<Self>, home: &Home) -> MemoryHost {
        MemoryHost {
            kept: Arc::clone(self),
            home: home.clone(),
        }
    }
}

/// The host as a plugin of the memory door sees it.
#[derive(Debug, Clone)]
pub struct MemoryHost {
    kept: Seat,
    home: Home,
}

impl MemoryHost {
    #[allow(
        clippy::new_ret_no_self,
        reason = "a host is made of its seat and a home, for each call"
    )]
    pub(super) fn new(instance_id: String, config: serde_json::Map<String, Value>) -> Seat {
        Arc::new(Kept {
            instance_id,
            config,
            seq: AtomicU64::new(1),
        })
    }

    /// Names this instance.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.kept.instance_id
    }

    /// The plugin's configuration.
    #[must_use]
    pub fn config(&self) -> &serde_json::Map<String, Value> {
        &self.kept.config
    }

    /// Logs a line at the host.
    pub fn log(&self, level: Level, message: &str) {
        self.home.log(LogSource::Plugin, level, message, None);
    }

    /// Emits an event without a stream.
    pub fn emit(&self, name: &str, payload: Payload) {
        self.home.event(
            name,
            None,
            self.kept.seq.fetch_add(1, Ordering::Relaxed),
            payload,
        );
    }

    /// Calls a service of the host. What it streams is passed over.
    ///
    /// # Errors
    /// Whatever the service answers; `permissionDenied` where it was not granted.
    pub async fn call(&self, service: &str, params: impl IntoPayload) -> ServiceResult {
        let params = params
            .into_payload(Encoding::Json)
            .map_err(|error| PluginError::new("internal", error.context()))?;
        let answered = Arc::new(Slot::new());
        let reply = Box::new(Reply(Arc::clone(&answered)));
        let (asked, job) = self.home.service(service, params, None, None, reply);
        // There is no upload.
        asked.end();
        let asked = GivenUp(Some(asked));
        job.run();
        let outcome = answered.taken().await;
        asked.kept();
        outcome
    }
}

/// Cancels a service call that is dropped before its end.
struct GivenUp(Option<crate::door::Asked>);

impl GivenUp {
    fn kept(mut self) {
        self.0 = None;
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        if let Some(asked) = &self.0 {
            asked.cancel();
        }
    }
}

struct Reply(Arc<Slot<ServiceResult>>);

impl ServiceReply for Reply {
    fn reply(&self, outcome: ServiceResult) {
        self.0.fill(outcome);
    }

    fn progress(&self, _fraction: Option<f64>, _message: Option<&str>) {}

    fn item(&self, _item: &Payload) -> Result<bool> {
        Ok(true)
    }

    fn credit(&self, _items: u32, _bytes: u32) {}
}
