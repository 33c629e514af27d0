//! One instance of a guest of ours, as things that can be asked of it. Knows memory, addresses and packed numbers, and
//! nothing of messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::{InstancePre, Linker, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

use super::super::engine::Engine;
use super::super::fault::{self, Halt};
use super::super::leash::Leash;
use super::super::limits::{Meter, WasmLimits};
use crate::{Error, ErrorKind, Result};

/// The version of the ABI.
const VERSION: i32 = 1;
/// An input buffer larger than this is asked for anew each time, so that the guest can give it back.
const KEEP: usize = 1 << 20;
/// How long a guest that broke down may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What all instances of one guest share.
pub(super) struct Plan {
    engine: &'static Engine,
    limits: WasmLimits,
    made: InstancePre<Meter>,
}

/// What became of a direct call.
pub(super) enum Called {
    Done(Vec<u8>),
    Failed(Vec<u8>),
    Pending,
}

/// What a guest has to say.
pub(super) struct Outbox {
    pub(super) bytes: Vec<u8>,
    /// Nothing of the plugin runs any more.
    pub(super) over: bool,
}

/// A guest that can be entered.
pub(super) struct Instance {
    store: Store<Meter>,
    limits: WasmLimits,
    pub(super) leash: Arc<Leash>,
    memory: Memory,
    reserve: TypedFunc<i32, i32>,
    methods: TypedFunc<(), i64>,
    call: TypedFunc<(i32, i32, i64, i64, i64), i64>,
    push: TypedFunc<(i32, i64), i64>,
    turn: TypedFunc<i64, i64>,
    next: TypedFunc<(), i64>,
    close: TypedFunc<i64, i64>,
    last_words: TypedFunc<(), i64>,
    /// Where the guest's input buffer is, and how much it holds.
    room: (usize, usize),
}

/// The parts of a packed result.
struct Packed {
    status: u64,
    news: bool,
    at: usize,
    length: usize,
}

impl Packed {
    fn of(packed: i64) -> Self {
        let packed = packed.cast_unsigned();
        let part = |bits: u64| usize::try_from(bits).unwrap_or(usize::MAX);
        Self {
            status: packed >> 62,
            news: packed >> 61 & 1 == 1,
            at: part(packed & 0xffff_ffff),
            length: part(packed >> 32 & 0x1fff_ffff),
        }
    }
}

fn whole_us(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

impl Plan {
    /// # Errors
    /// [`ErrorKind::Incompatible`] where the module cannot be linked.
    pub(super) fn new(
        engine: &'static Engine,
        limits: WasmLimits,
        module: &Module,
    ) -> Result<Self> {
        let mut linker = Linker::new(&engine.wasmtime);
        // A module may answer another ABI, too, with imports that nobody calls through this one.
        linker
            .define_unknown_imports_as_traps(module)
            .map_err(|error| unfit(format!("{error:#}")))?;
        let made = linker
            .instantiate_pre(module)
            .map_err(|error| unfit(format!("{error:#}")))?;
        Ok(Self {
            engine,
            limits,
            made,
        })
    }
}

fn unfit(what: String) -> Error {
    Error::new(ErrorKind::Incompatible, "load").with_context(what)
}

impl Instance {
    /// Makes one.
    ///
    /// # Errors
    /// [`ErrorKind::Incompatible`] where exports are missing or other than they should be, and whatever can go wrong while
    /// it starts.
    pub(super) fn new(plan: &Plan, deadline: Option<Instant>) -> Result<Self> {
        let leash = plan.engine.ticker.leash();
        let mut store = Store::new(&plan.engine.wasmtime, Meter::new(&plan.limits));
        store.limiter(|meter| meter);
        let watched = Arc::clone(&leash);
        store.epoch_deadline_callback(move |_| watched.on_epoch());
        let held = leash.hold(deadline);
        let began = fuel(&mut store, &plan.limits).and_then(|()| plan.made.instantiate(&mut store));
        drop(held);
        let instance = began.map_err(|error| fault::error(&error, "start"))?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| unfit("the module exports no `memory`".to_owned()))?;
        let abi: TypedFunc<(), i32> = export(&instance, &mut store, super::MARK)?;
        let mut made = Self {
            reserve: export(&instance, &mut store, "crossplug_reserve")?,
            methods: export(&instance, &mut store, "crossplug_methods")?,
            call: export(&instance, &mut store, "crossplug_call")?,
            push: export(&instance, &mut store, "crossplug_push")?,
            turn: export(&instance, &mut store, "crossplug_turn")?,
            next: export(&instance, &mut store, "crossplug_next")?,
            close: export(&instance, &mut store, "crossplug_close")?,
            last_words: export(&instance, &mut store, "crossplug_last_words")?,
            store,
            limits: plan.limits,
            leash,
            memory,
            room: (0, 0),
        };
        let version = made
            .enter(&abi, (), deadline)
            .map_err(|error| fault::error(&error, "start"))?;
        if version != VERSION {
            return Err(unfit(format!(
                "the module speaks version {version} of the ABI, this host version {VERSION}"
            )));
        }
        Ok(made)
    }

    fn enter<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &TypedFunc<P, R>,
        arguments: P,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<R> {
        let held = self.leash.hold(deadline);
        let ran = fuel(&mut self.store, &self.limits)
            .and_then(|()| export.call(&mut self.store, arguments));
        drop(held);
        ran
    }

    /// The plugin's methods and their numbers.
    ///
    /// # Errors
    /// Whatever stops the guest.
    pub(super) fn methods(
        &mut self,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<HashMap<String, i32>> {
        let packed = Packed::of(self.enter(&self.methods.clone(), (), deadline)?);
        let list = self.read(&packed)?;
        let names: Vec<String> = serde_json::from_slice(&list)
            .map_err(|error| Halt::Abi(format!("`crossplug_methods` gives no list: {error}")))?;
        Ok(names.into_iter().zip(0..).collect())
    }

    /// Calls a method by its number. True: there is something to take out with [`Instance::turn`].
    ///
    /// # Errors
    /// Whatever stops the guest.
    pub(super) fn call(
        &mut self,
        method: i32,
        params: &[u8],
        id: i64,
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<(Called, bool)> {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let length = self.write(params, deadline)?;
        let arguments = (method, length, id, left.map_or(-1, whole_us), whole_us(now));
        let packed = Packed::of(self.enter(&self.call.clone(), arguments, deadline)?);
        let called = match packed.status {
            0 => Called::Done(self.read(&packed)?),
            1 => Called::Failed(self.read(&packed)?),
            2 => Called::Pending,
            other => return Err(Halt::Abi(format!("a call has the status {other}")).into()),
        };
        Ok((called, packed.news))
    }

    /// Gives the guest a message.
    ///
    /// # Errors
    /// Whatever stops the guest.
    pub(super) fn push(
        &mut self,
        frame: &[u8],
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<Outbox> {
        let length = self.write(frame, deadline)?;
        let packed = self.enter(&self.push.clone(), (length, whole_us(now)), deadline)?;
        self.outbox(packed)
    }

    /// Lets the guest run what is due or ready.
    ///
    /// # Errors
    /// Whatever stops the guest.
    pub(super) fn turn(
        &mut self,
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<Outbox> {
        let packed = self.enter(&self.turn.clone(), whole_us(now), deadline)?;
        self.outbox(packed)
    }

    /// Tells the guest that nothing more comes.
    ///
    /// # Errors
    /// Whatever stops the guest.
    pub(super) fn close(
        &mut self,
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<Outbox> {
        let packed = self.enter(&self.close.clone(), whole_us(now), deadline)?;
        self.outbox(packed)
    }

    /// When the guest wants to be entered by itself.
    ///
    /// # Errors
    /// Whatever stops the guest.
    pub(super) fn next(&mut self, deadline: Option<Instant>) -> wasmtime::Result<Option<Duration>> {
        let at = self.enter(&self.next.clone(), (), deadline)?;
        Ok(u64::try_from(at).ok().map(Duration::from_micros))
    }

    /// What a guest that broke down says about it.
    pub(super) fn last_words(&mut self) -> Option<Vec<u8>> {
        let soon = Instant::now().checked_add(LAST_WORDS);
        let packed = self.enter(&self.last_words.clone(), (), soon).ok()?;
        let words = self.read(&Packed::of(packed)).ok()?;
        (!words.is_empty()).then_some(words)
    }

    fn outbox(&self, packed: i64) -> wasmtime::Result<Outbox> {
        let packed = Packed::of(packed);
        Ok(Outbox {
            bytes: self.read(&packed)?,
            over: packed.status == 1,
        })
    }

    /// Puts bytes where the guest takes its input from.
    fn write(&mut self, bytes: &[u8], deadline: Option<Instant>) -> wasmtime::Result<i32> {
        let length = i32::try_from(bytes.len())
            .map_err(|_| Halt::Limit("a message above 2 GiB".to_owned()))?;
        let (mut at, room) = self.room;
        if bytes.len() > room || room == 0 {
            let address = self.enter(&self.reserve.clone(), length, deadline)?;
            at = usize::try_from(address.cast_unsigned()).unwrap_or(usize::MAX);
            if at == 0 {
                let what = format!("out of memory: it has no room for {length} bytes of input");
                return Err(Halt::Limit(what).into());
            }
            self.room = if bytes.len() > KEEP {
                (0, 0)
            } else {
                (at, bytes.len())
            };
        }
        self.memory
            .write(&mut self.store, at, bytes)
            .map_err(|_| Halt::Abi(format!("its input buffer at {at} is not in its memory")))?;
        Ok(length)
    }

    fn read(&self, packed: &Packed) -> std::result::Result<Vec<u8>, Halt> {
        let Packed { at, length, .. } = *packed;
        let most = self.limits.output_bytes;
        if u64::try_from(length).unwrap_or(u64::MAX) > most {
            let what = format!(
                "its output is larger than {most} bytes; allow more with `WasmLimits::output`"
            );
            return Err(Halt::Limit(what));
        }
        let end = at.saturating_add(length);
        match self.memory.data(&self.store).get(at..end) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => Err(Halt::Abi(format!(
                "its output is said to be {length} bytes at {at}, which is not in its memory"
            ))),
        }
    }
}

fn fuel(store: &mut Store<Meter>, limits: &WasmLimits) -> wasmtime::Result<()> {
    match limits.fuel {
        Some(steps) => store.set_fuel(steps),
        None => Ok(()),
    }
}

fn export<P: WasmParams, R: WasmResults>(
    instance: &wasmtime::Instance,
    store: &mut Store<Meter>,
    name: &str,
) -> Result<TypedFunc<P, R>> {
    instance
        .get_typed_func(store, name)
        .map_err(|error| unfit(format!("the export `{name}` of {}: {error:#}", super::NAME)))
}
