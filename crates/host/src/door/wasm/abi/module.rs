//! A bare module as a guest. Knows memory, addresses and packed numbers, and nothing of messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::{InstancePre, Linker, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

use super::super::engine::Engine;
use super::super::fault::{self, Halt};
use super::super::leash::Leash;
use super::super::limits::{Meter, WasmLimits};
use super::super::tether::Tether;
use super::instance::{self, Called, Outbox};
use crate::{Error, ErrorKind, Result};

/// The version of the ABI.
const VERSION: i32 = 1;
/// An input buffer larger than this is asked for anew each time, so that the guest can give it back.
const KEEP: usize = 1 << 20;
/// How long a guest that broke down may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What all instances of one module share.
pub(in crate::door::wasm) struct Plan {
    engine: &'static Engine,
    limits: WasmLimits,
    made: InstancePre<Meter>,
}

/// A module that can be entered.
struct Instance {
    tether: Tether,
    limits: WasmLimits,
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
    pub(in crate::door::wasm) fn new(
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

impl instance::Plan for Plan {
    fn instance(
        &self,
        _now: Duration,
        deadline: Option<Instant>,
    ) -> Result<Box<dyn instance::Instance>> {
        Ok(Box::new(Instance::new(self, deadline)?))
    }
}

fn unfit(what: String) -> Error {
    Error::new(ErrorKind::Incompatible, "load").with_context(what)
}

impl Instance {
    fn new(plan: &Plan, deadline: Option<Instant>) -> Result<Self> {
        let mut tether = Tether::new(plan.engine, &plan.limits);
        let instance = tether
            .enter(deadline, |store| {
                fault::past_busy(|| plan.made.instantiate(&mut *store))
            })
            .map_err(|error| fault::error(&error, "start"))?;
        let store = &mut tether.store;
        let memory = instance
            .get_memory(&mut *store, "memory")
            .ok_or_else(|| unfit("the module exports no `memory`".to_owned()))?;
        let abi: TypedFunc<(), i32> = export(&instance, store, super::MARK)?;
        let mut made = Self {
            reserve: export(&instance, store, "crossplug_reserve")?,
            methods: export(&instance, store, "crossplug_methods")?,
            call: export(&instance, store, "crossplug_call")?,
            push: export(&instance, store, "crossplug_push")?,
            turn: export(&instance, store, "crossplug_turn")?,
            next: export(&instance, store, "crossplug_next")?,
            close: export(&instance, store, "crossplug_close")?,
            last_words: export(&instance, store, "crossplug_last_words")?,
            tether,
            limits: plan.limits,
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
        self.tether
            .enter(deadline, |store| export.call(store, arguments))
    }

    /// What a packed outbox holds, and when the guest wants to be entered again.
    fn outbox(&mut self, packed: i64, deadline: Option<Instant>) -> wasmtime::Result<Outbox> {
        let packed = Packed::of(packed);
        let bytes = self.read(&packed)?;
        let at = self.enter(&self.next.clone(), (), deadline)?;
        Ok(Outbox {
            bytes,
            over: packed.status == 1,
            due: u64::try_from(at).ok().map(Duration::from_micros),
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
            .write(&mut self.tether.store, at, bytes)
            .map_err(|_| Halt::Abi(format!("its input buffer at {at} is not in its memory")))?;
        Ok(length)
    }

    fn read(&self, packed: &Packed) -> std::result::Result<Vec<u8>, Halt> {
        let Packed { at, length, .. } = *packed;
        self.limits.output_fits(length)?;
        let end = at.saturating_add(length);
        match self.memory.data(&self.tether.store).get(at..end) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => Err(Halt::Abi(format!(
                "its output is said to be {length} bytes at {at}, which is not in its memory"
            ))),
        }
    }
}

impl instance::Instance for Instance {
    fn leash(&self) -> &Arc<Leash> {
        &self.tether.leash
    }

    fn methods(&mut self, deadline: Option<Instant>) -> wasmtime::Result<HashMap<String, i32>> {
        let packed = Packed::of(self.enter(&self.methods.clone(), (), deadline)?);
        let list = self.read(&packed)?;
        let names: Vec<String> = serde_json::from_slice(&list)
            .map_err(|error| Halt::Abi(format!("`crossplug_methods` gives no list: {error}")))?;
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

    fn push(
        &mut self,
        frame: &[u8],
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<Outbox> {
        let length = self.write(frame, deadline)?;
        let packed = self.enter(&self.push.clone(), (length, whole_us(now)), deadline)?;
        self.outbox(packed, deadline)
    }

    fn turn(&mut self, now: Duration, deadline: Option<Instant>) -> wasmtime::Result<Outbox> {
        let packed = self.enter(&self.turn.clone(), whole_us(now), deadline)?;
        self.outbox(packed, deadline)
    }

    fn close(&mut self, now: Duration, deadline: Option<Instant>) -> wasmtime::Result<Outbox> {
        let packed = self.enter(&self.close.clone(), whole_us(now), deadline)?;
        self.outbox(packed, deadline)
    }

    fn last_words(&mut self) -> Option<Vec<u8>> {
        let soon = Instant::now().checked_add(LAST_WORDS);
        let packed = self.enter(&self.last_words.clone(), (), soon).ok()?;
        let words = self.read(&Packed::of(packed)).ok()?;
        (!words.is_empty()).then_some(words)
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
