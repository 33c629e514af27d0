//! The instances of an Extism plugin, and the calls that want one: which of them takes which, on whose thread. Knows instances as
//! things that are called, and nothing of WebAssembly.
//!
//! A blocking call runs on its caller's thread when an instance is free. Everything else waits in one queue, which the
//! host's own threads take from, as many at a time as there are instances.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::super::leash::Leash;
use super::instance::Instance;
use super::plan::Plan;
use crate::door::{Answer, CallKey, Home, Introduction};
use crate::home::Ending;
use crate::{Error, ErrorKind, Payload, Result};

/// Asked of every plugin; one whose ABI has no such question is there as long as it can be called.
const PING: &str = "ping";

thread_local! {
    /// The plugins whose guests run on this thread, by their address.
    static INSIDE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// A plugin that was opened.
pub(super) struct Guests {
    pub(super) me: Weak<Self>,
    pub(super) plan: Arc<Plan>,
    pub(super) home: Home,
    pub(super) introduction: Introduction,
    pub(super) most_calls: usize,
    pub(super) most_instances: usize,
    pub(super) patience: Duration,
    pub(super) stopped: AtomicBool,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) idle: Vec<(Instance, Arc<Leash>)>,
    pub(super) queue: VecDeque<Job>,
    pub(super) running: Vec<(CallKey, Arc<Leash>)>,
    /// Calls that have an instance or are about to.
    pub(super) busy: usize,
    pub(super) keys: u64,
}

/// A call that waits.
pub(super) struct Job {
    pub(super) key: CallKey,
    pub(super) export: String,
    pub(super) input: Payload,
    pub(super) raw: bool,
    pub(super) deadline: Option<Instant>,
    pub(super) answer: Answer,
}

/// One call's right to an instance; given back however the call ends.
pub(super) struct Turn<'a>(pub(super) &'a Guests);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.turn_over();
    }
}

/// This thread runs a guest of that plugin.
struct Inside;

impl Inside {
    fn of(guests: &Guests) -> Self {
        INSIDE.with_borrow_mut(|inside| inside.push(address(guests)));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with_borrow_mut(Vec::pop);
    }
}

fn address(guests: &Guests) -> usize {
    std::ptr::from_ref(guests).addr()
}

impl Guests {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No code of anybody else's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn refusal(&self, pending: usize) -> Option<Error> {
        let refuse = |kind, what: String| Some(Error::new(kind, "call").with_context(what));
        if self.stopped.load(Ordering::Acquire) {
            return refuse(ErrorKind::Died, "the plugin was stopped".to_owned());
        }
        if INSIDE.with_borrow(|inside| inside.contains(&address(self))) {
            let what = "a function of the host may not call the plugin that called it";
            return refuse(ErrorKind::Denied, what.to_owned());
        }
        if pending >= self.most_calls {
            let what = format!(
                "{} calls are in flight, and no more are allowed",
                self.most_calls
            );
            return refuse(ErrorKind::Limit, what);
        }
        None
    }

    /// Runs the next call that waits. Where more wait, the end of this one's turn calls another thread, so that no
    /// thread of the host's belongs to one plugin.
    fn work(&self) {
        let _turn = Turn(self);
        let Some(job) = self.lock().queue.pop_front() else {
            return;
        };
        let outcome = match job.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(crate::call::flight::late()),
            _ => self.run(
                job.key,
                &job.export,
                job.input.as_bytes(),
                job.raw,
                job.deadline,
            ),
        };
        job.answer.finish(outcome);
    }

    /// A call has ended: the next one gets its turn.
    fn turn_over(&self) {
        let mut state = self.lock();
        state.busy -= 1;
        if !state.queue.is_empty() && state.busy < self.most_instances {
            state.busy += 1;
            drop(state);
            self.call_a_thread();
        } else if state.busy == 0 && self.stopped.load(Ordering::Acquire) {
            drop(state);
            self.home.ended(Ending::wanted(None));
        }
    }

    pub(super) fn call_a_thread(&self) {
        if let Some(me) = self.me.upgrade() {
            self.home.spawn(async move { me.work() });
        }
    }

    pub(super) fn run(
        &self,
        key: CallKey,
        export: &str,
        input: &[u8],
        raw: bool,
        deadline: Option<Instant>,
    ) -> Result<Payload> {
        let own = self
            .plan
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let deadline = [deadline, own].into_iter().flatten().min();
        let mut state = self.lock();
        let idle = state.idle.pop();
        let leash = idle
            .as_ref()
            .map_or_else(|| self.plan.leash(), |(_, leash)| Arc::clone(leash));
        state.running.push((key, Arc::clone(&leash)));
        drop(state);
        let inside = Inside::of(self);
        let mut instance = idle.map_or_else(
            || Instance::new(&self.plan, &self.home, &leash, deadline),
            |(instance, _)| Ok(instance),
        );
        let outcome = match &mut instance {
            Ok(instance) => {
                if export == PING && !raw && !instance.has(export) {
                    Ok(Payload::null())
                } else {
                    let output = instance.call(export, input, deadline);
                    output.and_then(|output| answer(output, raw))
                }
            }
            Err(error) => Err(error.clone()),
        };
        drop(inside);
        let mut state = self.lock();
        state.running.retain(|(running, _)| *running != key);
        let broken = match instance {
            Ok(instance) if instance.sound => {
                state.idle.push((instance, leash));
                None
            }
            broken => Some(broken),
        };
        drop(state);
        // Its memory is given back outside of the lock.
        drop(broken);
        outcome
    }
}

/// What came out, as it is or as JSON.
fn answer(output: Vec<u8>, raw: bool) -> Result<Payload> {
    if raw {
        return Ok(Payload::trust(output));
    }
    if output.is_empty() {
        return Ok(Payload::null());
    }
    Payload::parse(output).map_err(|error| {
        let what = format!(
            "its output is not JSON ({}); call it with `Plugin::call_raw`",
            error.context()
        );
        Error::new(error.kind(), "call").with_context(what)
    })
}
