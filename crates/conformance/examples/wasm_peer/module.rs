//! A bare module, entered as `schema/README.md` section 8 says.

use std::time::{Duration, Instant};

use wasmtime::{Engine, Instance, Linker, Memory, Module, Store, TypedFunc};

use super::{Guest, Outbox};

pub(crate) struct Bare {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    begin: Instant,
}

impl Bare {
    pub(crate) fn new(engine: &Engine, module: &Module, begin: Instant) -> Self {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        // What it imports is for hosts of Extism: nobody calls it through this ABI.
        linker.define_unknown_imports_as_traps(module).unwrap();
        let instance = linker.instantiate(&mut store, module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Self {
            store,
            instance,
            memory,
            begin,
        }
    }

    fn export<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
        &mut self,
        name: &str,
    ) -> TypedFunc<P, R> {
        self.instance
            .get_typed_func(&mut self.store, name)
            .expect(name)
    }

    fn now(&self) -> i64 {
        i64::try_from(self.begin.elapsed().as_micros()).unwrap()
    }

    fn read(&self, packed: i64) -> (Vec<u8>, bool) {
        let packed = packed.cast_unsigned();
        let at = usize::try_from(packed & 0xffff_ffff).unwrap();
        let length = usize::try_from(packed >> 32 & 0x1fff_ffff).unwrap();
        let bytes = self.memory.data(&self.store).get(at..at + length).unwrap();
        (bytes.to_vec(), packed >> 62 == 1)
    }

    fn outbox(&mut self, packed: i64) -> wasmtime::Result<Outbox> {
        let (messages, over) = self.read(packed);
        let next = self.export::<(), i64>("crossplug_next");
        let at = u64::try_from(next.call(&mut self.store, ())?).ok();
        Ok(Outbox {
            messages,
            over,
            next: at.map(Duration::from_micros),
        })
    }

    fn timed(&mut self, name: &str) -> wasmtime::Result<Outbox> {
        let export = self.export::<i64, i64>(name);
        let now = self.now();
        let packed = export.call(&mut self.store, now)?;
        self.outbox(packed)
    }
}

impl Guest for Bare {
    fn push(&mut self, frame: &[u8]) -> wasmtime::Result<Outbox> {
        let length = i32::try_from(frame.len()).unwrap();
        let reserve = self.export::<i32, i32>("crossplug_reserve");
        let at = reserve.call(&mut self.store, length)?;
        let at = usize::try_from(at.cast_unsigned()).unwrap();
        self.memory.write(&mut self.store, at, frame).unwrap();
        let push = self.export::<(i32, i64), i64>("crossplug_push");
        let now = self.now();
        let packed = push.call(&mut self.store, (length, now))?;
        self.outbox(packed)
    }

    fn turn(&mut self) -> wasmtime::Result<Outbox> {
        self.timed("crossplug_turn")
    }

    fn close(&mut self) -> wasmtime::Result<Outbox> {
        self.timed("crossplug_close")
    }

    fn last_words(&mut self) -> Vec<u8> {
        let words = self.export::<(), i64>("crossplug_last_words");
        let packed = words.call(&mut self.store, ()).unwrap();
        self.read(packed).0
    }
}
