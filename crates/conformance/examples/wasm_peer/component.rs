//! A component, entered through what is generated from `schema/crossplug.wit`.

use std::time::{Duration, Instant};

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

use self::exports::crossplug::plugin::guest;
use super::{Guest, Outbox};

wasmtime::component::bindgen!({ path: "../../schema/crossplug.wit", world: "plugin" });

pub(crate) struct Typed {
    store: Store<()>,
    plugin: Plugin,
    begin: Instant,
}

impl Typed {
    pub(crate) fn new(engine: &Engine, component: &Component, begin: Instant) -> Self {
        let mut store = Store::new(engine, ());
        let linker = Linker::new(engine);
        let plugin = Plugin::instantiate(&mut store, component, &linker).unwrap();
        let outside = guest::Outside {
            now: now(begin),
            wall: 1_700_000_000_000_000,
            seed: vec![7; 32],
        };
        let entered = plugin.crossplug_plugin_guest();
        entered.call_begin(&mut store, &outside).unwrap();
        Self {
            store,
            plugin,
            begin,
        }
    }
}

fn now(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_micros()).unwrap()
}

fn outbox(outbox: guest::Outbox) -> Outbox {
    Outbox {
        messages: outbox.messages.into_bytes(),
        over: outbox.over,
        next: outbox.next.map(Duration::from_micros),
    }
}

impl Guest for Typed {
    fn push(&mut self, frame: &[u8]) -> wasmtime::Result<Outbox> {
        let (text, now) = (std::str::from_utf8(frame)?, now(self.begin));
        let guest = self.plugin.crossplug_plugin_guest();
        guest.call_push(&mut self.store, text, now).map(outbox)
    }

    fn turn(&mut self) -> wasmtime::Result<Outbox> {
        let now = now(self.begin);
        let guest = self.plugin.crossplug_plugin_guest();
        guest.call_turn(&mut self.store, now).map(outbox)
    }

    fn close(&mut self) -> wasmtime::Result<Outbox> {
        let now = now(self.begin);
        let guest = self.plugin.crossplug_plugin_guest();
        guest.call_close(&mut self.store, now).map(outbox)
    }

    fn last_words(&mut self) -> Vec<u8> {
        Vec::new()
    }
}
