//! Calls into an Extism plugin: which instance takes which, on whose thread, and what becomes of them when time is over
//! or nobody waits any more. Knows instances as things that are called, and nothing of WebAssembly.
//!
//! A blocking call runs on its caller's thread when an instance is free. Everything else waits in one queue, which the
//! host's own threads take from, as many at a time as there are instances.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use super::super::leash::Leash;
use super::instance::Instance;
use super::plan::Plan;
use super::settings::Settings;
use crate::door::{Answer, CallKey, Home, Introduction, Opening, Passage, Request};
use crate::executor::Slot;
use crate::home::Ending;
use crate::{Error, ErrorKind, Payload, Result};

/// Calls of one plugin at once, unless the program says otherwise: its own state is one.
const INSTANCES: usize = 1;

/// Asked of every plugin; one whose ABI has no such question is there as long as it can be called.
const PING: &str = "ping";

thread_local! {
    /// The plugins whose guests run on this thread, by their address.
    static INSIDE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Makes a plugin ready and its first instance, on a thread of the host's: compiling takes its time.
///
/// # Errors
/// Whatever is wrong with the plugin; a start that traps or takes too long is [`ErrorKind::Start`].
pub(in crate::door::wasm) async fn open(
    settings: Settings,
    opening: Opening,
    home: Home,
) -> Result<Arc<dyn Passage>> {
    let made = Arc::new(Slot::new());
    let (slot, host) = (Arc::clone(&made), home.clone());
    home.spawn(async move {
        slot.fill(start(&settings, &opening, host));
    });
    let passage: Arc<dyn Passage> = made.taken().await?;
    Ok(passage)
}

fn start(settings: &Settings, opening: &Opening, home: Home) -> Result<Arc<Guests>> {
    let deadline = Instant::now().checked_add(opening.start_timeout);
    let plan = Arc::new(Plan::new(settings)?);
    let leash = plan.leash();
    let first = Instance::new(&plan, &home, &leash, deadline).map_err(|error| {
        let context = match error.kind() {
            ErrorKind::Trap => format!("its start trapped: {}", error.context()),
            ErrorKind::Deadline => {
                "its start took too long; allow more with `Load::start_timeout`".to_owned()
            }
            _ => return error,
        };
        Error::new(ErrorKind::Start, "load").with_context(context)
    })?;
    let name = std::iter::once(("name".to_owned(), opening.name.to_string().into()));
    let introduction = Introduction {
        manifest: name.collect(),
        dialect: super::NAME.to_owned(),
        ..Introduction::default()
    };
    Ok(Arc::new_cyclic(|me| Guests {
        me: Weak::clone(me),
        plan,
        home,
        introduction,
        most_calls: opening.limits.pending_calls,
        most_instances: match settings.instances {
            0 => INSTANCES,
            some => some,
        },
        patience: opening.patience.shutdown,
        stopped: AtomicBool::new(false),
        state: Mutex::new(State {
            idle: vec![(first, leash)],
            ..State::default()
        }),
    }))
}

/// A plugin that was opened.
struct Guests {
    me: Weak<Self>,
    plan: Arc<Plan>,
    home: Home,
    introduction: Introduction,
    most_calls: usize,
    most_instances: usize,
    patience: std::time::Duration,
    stopped: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<(Instance, Arc<Leash>)>,
    queue: VecDeque<Job>,
    running: Vec<(CallKey, Arc<Leash>)>,
    /// Calls that have an instance or are about to.
    busy: usize,
    keys: u64,
}

/// A call that waits.
struct Job {
    key: CallKey,
    export: String,
    input: Payload,
    raw: bool,
    deadline: Option<Instant>,
    answer: Answer,
}

/// One call's right to an instance; given back however the call ends.
struct Turn<'a>(&'a Guests);

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
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of anybody else's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal(&self, pending: usize) -> Option<Error> {
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

    fn call_a_thread(&self) {
        if let Some(me) = self.me.upgrade() {
            self.home.spawn(async move { me.work() });
        }
    }

    fn run(
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

impl Passage for Guests {
    fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    fn carries_bytes(&self) -> bool {
        true
    }

    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey {
        let mut state = self.lock();
        state.keys += 1;
        let key = CallKey(state.keys);
        if let Some(refusal) = self.refusal(state.queue.len() + state.running.len()) {
            drop(state);
            answer.finish(Err(refusal));
            return key;
        }
        let free = state.busy < self.most_instances && state.queue.is_empty();
        if free {
            state.busy += 1;
        }
        // WASI blocks, and on a thread of an async runtime it would refuse to.
        if free && request.lent && !self.plan.wasi {
            drop(state);
            let _turn = Turn(self);
            let input = request.params.as_bytes();
            answer.finish(self.run(key, request.method, input, request.raw, request.deadline));
            return key;
        }
        state.queue.push_back(Job {
            key,
            export: request.method.to_owned(),
            input: request.params.clone(),
            raw: request.raw,
            deadline: request.deadline,
            answer,
        });
        drop(state);
        if free {
            self.call_a_thread();
        }
        key
    }

    fn cancel(&self, call: CallKey) {
        let mut state = self.lock();
        let waiting = state.queue.iter().position(|job| job.key == call);
        let job = waiting.and_then(|index| state.queue.remove(index));
        let leash = state.running.iter().find(|(key, _)| *key == call);
        let leash = leash.map(|(_, leash)| Arc::clone(leash));
        drop(state);
        if let Some(leash) = leash {
            leash.cancel();
        }
        drop(job);
    }

    fn credit(&self, _call: CallKey, _items: u32, _bytes: u32) {}

    fn upload(&self, _call: CallKey, _item: &Payload) -> Result<bool> {
        Err(lacks("upload", "streams"))
    }

    fn end_upload(&self, _call: CallKey) {}

    fn emit(&self, _name: &str, _stream: Option<&str>, _payload: &Payload) -> Result<()> {
        Err(lacks("emit", "events"))
    }

    fn is_alive(&self) -> bool {
        !self.stopped.load(Ordering::Acquire)
    }

    fn stop(&self) {
        if self.stopped.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut state = self.lock();
        let waiting = std::mem::take(&mut state.queue);
        let idle = std::mem::take(&mut state.idle);
        let busy = state.busy > 0;
        drop(state);
        for job in waiting {
            let what = "the plugin is closed: its host stops it";
            job.answer.finish(Err(
                Error::new(ErrorKind::Cancelled, "call").with_context(what)
            ));
        }
        drop(idle);
        if !busy {
            return self.home.ended(Ending::wanted(None));
        }
        // What runs may finish, for so long.
        if let Some(me) = self.me.upgrade() {
            let patience = self.patience;
            self.home.spawn(async move {
                std::thread::sleep(patience);
                for (_, leash) in &me.lock().running {
                    leash.cancel();
                }
            });
        }
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lacks(operation: &str, what: &str) -> Error {
    Error::new(ErrorKind::Incompatible, operation)
        .with_context(format!("Extism's ABI has no {what}"))
}
