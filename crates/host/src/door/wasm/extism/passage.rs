//! The way into an Extism plugin: how it begins and ends, and what becomes of calls when time is over or nobody waits any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use super::instance::Instance;
use super::plan::Plan;
use super::settings::Settings;
use super::turns::{Guests, Job, State, Turn};
use crate::door::{Answer, CallKey, Home, Introduction, Opening, Passage, Request};
use crate::executor::Slot;
use crate::home::Ending;
use crate::{Error, ErrorKind, Payload, Result};

/// Calls of one plugin at once, unless the program says otherwise: its own state is one.
const INSTANCES: usize = 1;

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
