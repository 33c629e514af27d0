//! One running guest: made, initialised, called, read. Knows the calling convention; whoever holds it calls it from one
//! thread at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use crossplug_policy::extism::{self, ENV, KERNEL};
use wasmtime::{ExternType, Func, Linker, Module, Store, Trap, TypedFunc, Val, ValType};

use super::super::fault::{self, Fault, Halt};
use super::super::leash::Leash;
use super::guest::{Guest, Kernel};
use super::plan::Plan;
use super::wasi;
use crate::door::Home;
use crate::{Error, ErrorKind, PluginError, Result};

/// The entry of a whole program, after which nothing is left to be called.
const START: &str = "_start";

/// A guest.
pub(in crate::door::wasm) struct Instance {
    store: Store<Guest>,
    kernel: Kernel,
    main: wasmtime::Instance,
    entries: HashMap<String, Entry>,
    /// Nothing went wrong in it yet.
    pub(in crate::door::wasm) sound: bool,
}

/// What can be called: nothing in, and a code or nothing out.
#[derive(Clone)]
enum Entry {
    Code(TypedFunc<(), i32>),
    Nothing(TypedFunc<(), ()>),
}

impl Instance {
    /// Makes an instance and initialises it, within the deadline.
    ///
    /// # Errors
    /// [`ErrorKind::Incompatible`] where imports and exports do not fit, [`ErrorKind::Deadline`], [`ErrorKind::Limit`],
    /// [`ErrorKind::Trap`].
    pub(in crate::door::wasm) fn new(
        plan: &Arc<Plan>,
        home: &Home,
        leash: &Arc<Leash>,
        deadline: Option<Instant>,
    ) -> Result<Self> {
        let guest = Guest::new(Arc::clone(plan), home.clone(), Arc::clone(leash));
        let mut store = Store::new(&plan.engine.wasmtime, guest);
        store.limiter(|guest| &mut guest.meter);
        let held = leash.hold(deadline);
        let watched = Arc::clone(leash);
        store.epoch_deadline_callback(move |_| watched.on_epoch());
        if plan.wasi {
            store.data_mut().wasi = Some(wasi::context(&plan.folders, home, leash)?);
        }
        let made = fuel(&mut store).and_then(|()| link(plan, &mut store));
        drop(held);
        let (kernel, main) = made.map_err(|error| unmade(&error))?;
        Ok(Self {
            store,
            kernel,
            main,
            entries: HashMap::new(),
            sound: true,
        })
    }

    /// Calls an export with bytes.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Incompatible`] for another signature, [`ErrorKind::Plugin`] for an error of
    /// the guest's or a code that is not 0, and all that can go wrong on the way.
    pub(in crate::door::wasm) fn call(
        &mut self,
        export: &str,
        input: &[u8],
        deadline: Option<Instant>,
    ) -> Result<Vec<u8>> {
        let entry = self.entry(export)?;
        let leash = Arc::clone(&self.store.data().leash);
        let held = leash.hold(deadline);
        let ran = fuel(&mut self.store)
            .and_then(|()| self.kernel.begin(&mut self.store, input))
            .and_then(|()| match &entry {
                Entry::Code(function) => function.call(&mut self.store, ()),
                Entry::Nothing(function) => function.call(&mut self.store, ()).map(|()| 0),
            });
        drop(held);
        self.sound = ran.is_ok() && export != START;
        let code = match &ran {
            Ok(code) => *code,
            Err(error) => match fault::read(error, "call") {
                Fault::Exit(code) => code,
                Fault::Halt(error) => return Err(error),
                Fault::Trap(what) => return Err(self.trapped(what)),
            },
        };
        let outcome = self.kernel.outcome(&mut self.store).map_err(|error| {
            self.sound = false;
            fault::error(&error, "call")
        });
        match outcome? {
            (output, None) if code == 0 => Ok(output),
            (_, error) => Err(own_error(error, code)),
        }
    }

    /// A trap, with what the guest said before it.
    fn trapped(&mut self, what: String) -> Error {
        let said = self.kernel.outcome(&mut self.store);
        let context = match said {
            Ok((_, Some(said))) => format!("{said} ({what})"),
            _ => what,
        };
        Error::new(ErrorKind::Trap, "call").with_context(context)
    }

    fn entry(&mut self, export: &str) -> Result<Entry> {
        if let Some(entry) = self.entries.get(export) {
            return Ok(entry.clone());
        }
        let Some(function) = self.main.get_func(&mut self.store, export) else {
            let what = format!("Function not found: {export}");
            return Err(Error::new(ErrorKind::NotFound, "call").with_context(what));
        };
        let entry = if let Ok(function) = function.typed(&self.store) {
            Entry::Code(function)
        } else if let Ok(function) = function.typed(&self.store) {
            Entry::Nothing(function)
        } else {
            let what = format!(
                "the export `{export}` is {}; a plugin's function takes nothing and gives a code (i32) or nothing",
                function.ty(&self.store)
            );
            return Err(Error::new(ErrorKind::Incompatible, "call").with_context(what));
        };
        self.entries.insert(export.to_owned(), entry.clone());
        Ok(entry)
    }

    /// Whether there is an export of the name.
    pub(in crate::door::wasm) fn has(&mut self, export: &str) -> bool {
        self.main.get_func(&mut self.store, export).is_some()
    }
}

/// An error that the guest gave itself.
fn own_error(said: Option<String>, code: i32) -> Error {
    let text = said.unwrap_or_else(|| format!("Error code: {code}"));
    let mut error = PluginError::internal(text);
    if code != 0 {
        error.details = Some(Box::new(serde_json::json!({ "code": code })));
    }
    Error::from_plugin("call", error)
}

fn fuel(store: &mut Store<Guest>) -> wasmtime::Result<()> {
    match store.data().plan.limits.fuel {
        Some(steps) => store.set_fuel(steps),
        None => Ok(()),
    }
}

/// The kernel, what lies beside, and the main module.
fn link(plan: &Plan, store: &mut Store<Guest>) -> wasmtime::Result<(Kernel, wasmtime::Instance)> {
    let mut linker: Linker<Guest> = plan.linker.clone();
    let instance = fault::past_busy(|| plan.kernel.instantiate(&mut *store))?;
    let kernel = Kernel::settle(store, &instance)?;
    for (name, ..) in KERNEL {
        if let Some(export) = instance.get_export(&mut *store, name) {
            linker.define(&mut *store, ENV, name, export)?;
        }
    }
    for (name, module) in &plan.beside {
        let made = make(&linker, store, module)?;
        linker.instance(&mut *store, name, made)?;
    }
    let main = make(&linker, store, &plan.main)?;
    Ok((kernel, main))
}

fn make(
    linker: &Linker<Guest>,
    store: &mut Store<Guest>,
    module: &Module,
) -> wasmtime::Result<wasmtime::Instance> {
    let instance = fault::past_busy(|| linker.instantiate(&mut *store, module))?;
    for function in initialisers(module, store, &instance) {
        let arguments: Vec<Val> = (function.ty(&*store).params())
            .map(|kind| zero(&kind))
            .collect();
        let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
        function.call(&mut *store, &arguments, &mut results)?;
    }
    Ok(instance)
}

/// What a guest's language wants to be called before anything else.
fn initialisers(
    module: &Module,
    store: &mut Store<Guest>,
    instance: &wasmtime::Instance,
) -> Vec<Func> {
    let names = extism::initialisers(|name| match module.get_export(name) {
        Some(ExternType::Func(signature)) => {
            Some(signature.params().len() == 0 && signature.results().len() == 0)
        }
        _ => None,
    });
    names
        .iter()
        .filter_map(|name| instance.get_func(&mut *store, name))
        .collect()
}

fn zero(kind: &ValType) -> Val {
    Val::default_for_ty(kind).unwrap_or(Val::I32(0))
}

/// Why no instance could be made: what is no fault of the guest's running is one of its imports.
fn unmade(error: &wasmtime::Error) -> Error {
    let ran = error.is::<Trap>() || error.is::<Halt>() || error.is::<wasmtime_wasi::I32Exit>();
    if ran {
        return fault::error(error, "start");
    }
    Error::new(ErrorKind::Incompatible, "start").with_context(format!("{error:#}"))
}
