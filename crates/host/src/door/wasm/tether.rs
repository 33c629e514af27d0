//! A store with its leash, memory limits and steps: whoever enters a guest of ours enters through one. Knows no ABI.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::Store;

use super::engine::Engine;
use super::leash::Leash;
use super::limits::{Meter, WasmLimits};

/// What one instance runs in.
pub(super) struct Tether {
    pub(super) store: Store<Meter>,
    pub(super) leash: Arc<Leash>,
    fuel: Option<u64>,
}

impl Tether {
    pub(super) fn new(engine: &Engine, limits: &WasmLimits) -> Self {
        let leash = engine.ticker.leash();
        let mut store = Store::new(&engine.wasmtime, Meter::new(limits));
        store.limiter(|meter| meter);
        let watched = Arc::clone(&leash);
        store.epoch_deadline_callback(move |_| watched.on_epoch());
        Self {
            store,
            leash,
            fuel: limits.fuel,
        }
    }

    /// Runs something in the guest, which has until then, and as many steps as a call may take.
    ///
    /// # Errors
    /// Whatever stops the guest.
    pub(super) fn enter<T>(
        &mut self,
        deadline: Option<Instant>,
        run: impl FnOnce(&mut Store<Meter>) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        let _held = self.leash.hold(deadline);
        if let Some(steps) = self.fuel {
            self.store.set_fuel(steps)?;
        }
        run(&mut self.store)
    }
}
