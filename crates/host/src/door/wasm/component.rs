//! A component as a guest: `crossplug-abi/1` with the types of `schema/crossplug.wit` in place of addresses. Knows names and
//! types, and nothing of messages.
//!
//! A component is known by the first bytes of its file. One that trapped cannot be entered any more, so it cannot be asked for
//! last words: it has said them before, to an import, or what the trap says is all that is known.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, InstancePre, Lift, Linker,
    Lower, TypedFunc, WasmStr,
};
use wasmtime::{Store, StoreContextMut, Trap, WasmBacktrace};

use super::abi::instance::{self, Called};
use super::engine::Engine;
use super::fault::{self, Halt};
use super::leash::Leash;
use super::limits::{Meter, WasmLimits};
use super::tether::Tether;
use crate::{Error, ErrorKind, Result};

/// The interface that a plugin exports.
const GUEST: &str = "crossplug:plugin/guest@1.0.0";
/// The only thing that one may import and that is there: a function that takes its last words.
const BREAKDOWN: &str = "crossplug:plugin/breakdown@1.0.0";
const LAST_WORDS: &str = "last-words";
/// More than this is not kept of them.
const MOST_WORDS: usize = 1 << 20;
/// Microseconds since the host's clock began.
type Time = u64;

/// What a component cannot know by itself.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Outside {
    now: Time,
    wall: Time,
    seed: Vec<u8>,
}

/// What became of a direct call.
#[derive(ComponentType, Lift)]
#[component(variant)]
enum Answer {
    #[component(name = "done")]
    Done(String),
    #[component(name = "failed")]
    Failed(String),
    #[component(name = "pending")]
    Pending,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct Answered {
    answer: Answer,
    news: bool,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct Outbox {
    messages: String,
    over: bool,
    next: Option<Time>,
}

/// What a call is given: the method's number, params, its id, what its caller still waits, the time.
type Call<'a> = (u32, &'a str, u64, Option<Time>, Time);

/// What all instances of one component share.
pub(super) struct Plan {
    engine: &'static Engine,
    limits: WasmLimits,
    made: InstancePre<Meter>,
    entries: Entries,
}

/// Where the component's functions are.
struct Entries {
    begin: ComponentExportIndex,
    methods: ComponentExportIndex,
    call: ComponentExportIndex,
    push: ComponentExportIndex,
    turn: ComponentExportIndex,
    close: ComponentExportIndex,
}

/// A component that can be entered.
struct Instance {
    tether: Tether,
    limits: WasmLimits,
    methods: TypedFunc<(), (Vec<String>,)>,
    call: TypedFunc<Call<'static>, (Answered,)>,
    push: TypedFunc<(&'static str, Time), (Outbox,)>,
    turn: TypedFunc<(Time,), (Outbox,)>,
    close: TypedFunc<(Time,), (Outbox,)>,
}

impl Plan {
    /// # Errors
    /// [`ErrorKind::Incompatible`] where the component is no plugin, or cannot be linked.
    pub(super) fn new(
        engine: &'static Engine,
        limits: WasmLimits,
        component: &Component,
    ) -> Result<Self> {
        let entries = Entries::of(component)?;
        let mut linker = Linker::new(&engine.wasmtime);
        (linker.instance(BREAKDOWN))
            .and_then(|mut breakdown| breakdown.func_wrap(LAST_WORDS, hear_last_words))
            .map_err(|error| unfit(format!("{error:#}")))?;
        // Nobody needs more; what a tool left there is not for a plugin of ours.
        linker
            .define_unknown_imports_as_traps(component)
            .map_err(|error| unfit(format!("{error:#}")))?;
        let made = linker
            .instantiate_pre(component)
            .map_err(|error| unfit(format!("{error:#}")))?;
        Ok(Self {
            engine,
            limits,
            made,
            entries,
        })
    }
}

/// Keeps what a guest says before it breaks down.
fn hear_last_words(
    mut store: StoreContextMut<'_, Meter>,
    (words,): (WasmStr,),
) -> wasmtime::Result<()> {
    let words = words.to_str(&store)?;
    let words = (words.len() <= MOST_WORDS).then(|| words.into_owned().into_bytes());
    store.data_mut().last_words = words;
    Ok(())
}

fn unfit(what: String) -> Error {
    Error::new(ErrorKind::Incompatible, "load").with_context(what)
}

impl Entries {
    fn of(component: &Component) -> Result<Self> {
        let guest = component.get_export_index(None, GUEST).ok_or_else(|| {
            unfit(format!(
                "the component does not export `{GUEST}`, as plugins do; build it with `crossplug build --door wasm`"
            ))
        })?;
        let find = |name: &str| {
            component
                .get_export_index(Some(&guest), name)
                .ok_or_else(|| unfit(format!("the component's `{GUEST}` has no `{name}`")))
        };
        Ok(Self {
            begin: find("begin")?,
            methods: find("methods")?,
            call: find("call")?,
            push: find("push")?,
            turn: find("turn")?,
            close: find("close")?,
        })
    }
}

impl instance::Plan for Plan {
    fn instance(
        &self,
        now: Duration,
        deadline: Option<Instant>,
    ) -> Result<Box<dyn instance::Instance>> {
        let mut tether = Tether::new(self.engine, &self.limits);
        let made = tether
            .enter(deadline, |store| {
                fault::past_busy(|| self.made.instantiate(&mut *store))
            })
            .map_err(|error| fault::error(&error, "start"))?;
        let (store, entries) = (&mut tether.store, &self.entries);
        let begin: TypedFunc<(Outside,), ()> = find(&made, store, "begin", &entries.begin)?;
        let instance = Instance {
            methods: find(&made, store, "methods", &entries.methods)?,
            call: find(&made, store, "call", &entries.call)?,
            push: find(&made, store, "push", &entries.push)?,
            turn: find(&made, store, "turn", &entries.turn)?,
            close: find(&made, store, "close", &entries.close)?,
            limits: self.limits,
            tether,
        };
        let mut instance = Box::new(instance);
        let outside = Outside::at(now);
        instance
            .enter(deadline, |store| begin.call(store, (outside,)))
            .map_err(|error| fault::error(&error, "start"))?;
        Ok(instance)
    }
}

impl Outside {
    fn at(now: Duration) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        // Keyed by the operating system, anew for each.
        let random = || RandomState::new().hash_one(now).to_le_bytes();
        Self {
            now: whole_us(now),
            wall: whole_us(wall.unwrap_or_default()),
            seed: (0..4).flat_map(|_| random()).collect(),
        }
    }
}

fn whole_us(time: Duration) -> Time {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// JSON, which the session and payloads have made sure of.
fn text(bytes: &[u8]) -> wasmtime::Result<&str> {
    Ok(std::str::from_utf8(bytes)?)
}

/// What stopped the guest. An error that is neither its trap nor the host's halt is about what it gave: no text, or none in
/// its memory.
fn told(error: wasmtime::Error) -> wasmtime::Error {
    let is_known = error.is::<Trap>() || error.is::<WasmBacktrace>() || error.is::<Halt>();
    if is_known {
        return error;
    }
    Halt::Abi(format!("what it gave is not of its type: {error:#}")).into()
}

fn find<P: ComponentNamedList + Lower, R: ComponentNamedList + Lift>(
    instance: &wasmtime::component::Instance,
    store: &mut Store<Meter>,
    name: &str,
    at: &ComponentExportIndex,
) -> Result<TypedFunc<P, R>> {
    instance
        .get_typed_func(store, at)
        .map_err(|error| unfit(format!("`{name}` of the component's `{GUEST}`: {error:#}")))
}

impl Instance {
    fn enter<T>(
        &mut self,
        deadline: Option<Instant>,
        run: impl FnOnce(&mut Store<Meter>) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        self.tether.enter(deadline, run).map_err(told)
    }

    /// What an entry gives that ends with an outbox.
    fn said(
        &mut self,
        deadline: Option<Instant>,
        run: impl FnOnce(&mut Store<Meter>) -> wasmtime::Result<(Outbox,)>,
    ) -> wasmtime::Result<instance::Outbox> {
        let (outbox,) = self.enter(deadline, run)?;
        Ok(instance::Outbox {
            bytes: self.fitting(outbox.messages)?,
            over: outbox.over,
            due: outbox.next.map(Duration::from_micros),
        })
    }

    fn fitting(&self, text: String) -> wasmtime::Result<Vec<u8>> {
        self.limits.output_fits(text.len())?;
        Ok(text.into_bytes())
    }
}

impl instance::Instance for Instance {
    fn leash(&self) -> &Arc<Leash> {
        &self.tether.leash
    }

    fn methods(&mut self, deadline: Option<Instant>) -> wasmtime::Result<HashMap<String, i32>> {
        let methods = self.methods;
        let (names,) = self.enter(deadline, |store| methods.call(store, ()))?;
        Ok(names.into_iter().zip(0..).collect())
    }

    fn call(
        &mut self,
        method: i32,
        params: &[u8],
        id: i64,
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<(Called, bool)> {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let call: TypedFunc<Call<'_>, _> = self.call;
        let arguments = (
            method.cast_unsigned(),
            text(params)?,
            id.cast_unsigned(),
            left.map(whole_us),
            whole_us(now),
        );
        let (Answered { answer, news },) =
            self.enter(deadline, |store| call.call(store, arguments))?;
        let called = match answer {
            Answer::Done(result) => Called::Done(self.fitting(result)?),
            Answer::Failed(error) => Called::Failed(self.fitting(error)?),
            Answer::Pending => Called::Pending,
        };
        Ok((called, news))
    }

    fn push(
        &mut self,
        frame: &[u8],
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<instance::Outbox> {
        let push: TypedFunc<(&str, Time), _> = self.push;
        let arguments = (text(frame)?, whole_us(now));
        self.said(deadline, |store| push.call(store, arguments))
    }

    fn turn(
        &mut self,
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<instance::Outbox> {
        let turn = self.turn;
        self.said(deadline, |store| turn.call(store, (whole_us(now),)))
    }

    fn close(
        &mut self,
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<instance::Outbox> {
        let close = self.close;
        self.said(deadline, |store| close.call(store, (whole_us(now),)))
    }

    fn last_words(&mut self) -> Option<Vec<u8>> {
        self.tether.store.data_mut().last_words.take()
    }
}
