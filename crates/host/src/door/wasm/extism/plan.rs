//! A plugin made ready: modules compiled, imports judged, everything that each instance shares. Instantiates nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossplug_policy::extism::{self, Folder, Import, Outline, Signature};
use wasmtime::{ExternType, FuncType, InstancePre, Linker, Module, ValType};

use super::super::code;
use super::super::engine::Engine;
use super::super::leash::Leash;
use super::super::limits::WasmLimits;
use super::function::Function;
use super::guest::Guest;
use super::http::Http;
use super::module::{self, Source, refused};
use super::settings::Settings;
use super::{env, wasi};
use crate::{Error, ErrorKind, Result};

/// The kernel's text.
const KERNEL: &str = include_str!("kernel.wat");

/// What the instances of one plugin share.
pub(in crate::door::wasm) struct Plan {
    pub(super) engine: &'static Engine,
    pub(super) limits: WasmLimits,
    pub(super) config: BTreeMap<String, String>,
    pub(super) http: Http,
    pub(super) response_headers: bool,
    pub(super) folders: Vec<Folder>,
    /// How long a call may take, whatever its caller says.
    pub(in crate::door::wasm) timeout: Option<Duration>,
    /// Everything but the kernel and the modules.
    pub(super) linker: Linker<Guest>,
    pub(super) kernel: InstancePre<Guest>,
    /// Modules that are linked beside the main one, in the order in which they need each other.
    pub(super) beside: Vec<(String, Module)>,
    pub(super) main: Module,
    /// Whether a module imports WASI.
    pub(in crate::door::wasm) wasi: bool,
}

impl Plan {
    /// Reads, compiles and judges.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Io`], [`ErrorKind::Manifest`] for a hash that differs,
    /// [`ErrorKind::Incompatible`] for what is no module or imports what there is not, [`ErrorKind::Limit`].
    pub(in crate::door::wasm) fn new(settings: &Settings) -> Result<Self> {
        let engine = Engine::shared(settings.limits.fuel.is_some())?;
        let cache = settings.kept.open()?;
        let mut modules = Vec::new();
        for module in &settings.modules {
            let bytes = bytes(module, &settings.limits)?;
            modules.push(code::compile(engine, cache.as_ref(), &bytes)?);
        }
        let outlines: Vec<Outline> = (settings.modules.iter().zip(&modules))
            .map(|(named, module)| outline(named.name.as_ref(), module))
            .collect();
        let offered: Vec<(&str, &str)> = (settings.functions.iter())
            .map(|function| (function.module.as_str(), function.name.as_str()))
            .collect();
        let plan = extism::plan(&outlines, &offered).map_err(refused)?;
        let mut linker = Linker::new(&engine.wasmtime);
        let kernel = linker
            .instantiate_pre(kernel(engine)?)
            .map_err(|error| incompatible(format!("the kernel: {error:#}")))?;
        env::link(&mut linker).map_err(|error| incompatible(format!("{error:#}")))?;
        for function in
            (plan.functions.iter()).filter_map(|(place, _)| settings.functions.get(*place))
        {
            if let Some(signature) = imported(&modules, function) {
                function.link(&mut linker, signature)?;
            }
        }
        if plan.wasi {
            wasi::link(&mut linker).map_err(|error| incompatible(format!("WASI: {error:#}")))?;
        }
        let linked = plan.order.iter().filter_map(|place| {
            let (name, module) = (plan.names.get(*place)?, modules.get(*place)?);
            Some((name.clone(), module.clone()))
        });
        let mut beside: Vec<(String, Module)> = linked.collect();
        // There is at least one, and the main one needs the others.
        let Some((_, main)) = beside.pop() else {
            return Err(incompatible("there is no module".to_owned()));
        };
        Ok(Self {
            engine,
            limits: settings.limits,
            config: settings.config.clone(),
            http: Http::new(settings.hosts.clone(), settings.limits.http_bytes),
            response_headers: settings.response_headers,
            folders: settings.folders.clone(),
            timeout: settings.timeout,
            linker,
            kernel,
            beside,
            main,
            wasi: plan.wasi,
        })
    }

    /// A leash for one more instance.
    pub(in crate::door::wasm) fn leash(&self) -> Arc<Leash> {
        self.engine.ticker.leash()
    }
}

/// The kernel, compiled once a process for each engine: it is small.
fn kernel(engine: &Engine) -> Result<&'static Module> {
    static KERNELS: [OnceLock<Result<Module>>; 2] = [OnceLock::new(), OnceLock::new()];
    let [plain, counting] = &KERNELS;
    let place = if engine.counts { counting } else { plain };
    let compiled = place.get_or_init(|| code::compile(engine, None, KERNEL.as_bytes()));
    compiled.as_ref().map_err(Clone::clone)
}

fn bytes(module: &module::Module, limits: &WasmLimits) -> Result<Vec<u8>> {
    let bytes = match &module.source {
        Source::File(path) => code::read(path, limits.module_bytes)?,
        Source::Bytes(bytes) => code::fits(bytes.clone(), limits.module_bytes)?,
    };
    let Some(expected) = &module.hash else {
        return Ok(bytes);
    };
    let found = code::hash(&bytes);
    if found.eq_ignore_ascii_case(expected) {
        return Ok(bytes);
    }
    let what = format!("Hash mismatch, found {found} but expected {expected}");
    Err(Error::new(ErrorKind::Manifest, "load").with_context(what))
}

/// What policy is told about a compiled module.
fn outline(name: Option<&String>, module: &Module) -> Outline {
    let imports = module.imports().map(|import| Import {
        module: import.module().to_owned(),
        name: import.name().to_owned(),
        signature: match import.ty() {
            ExternType::Func(signature) => Some(Signature {
                params: short(signature.params()),
                results: short(signature.results()),
            }),
            _ => None,
        },
    });
    Outline {
        name: name.cloned(),
        imports: imports.collect(),
    }
}

fn short(kinds: impl Iterator<Item = ValType>) -> String {
    kinds
        .map(|kind| match kind {
            ValType::I32 => 'i',
            ValType::I64 => 'l',
            ValType::F32 => 'f',
            ValType::F64 => 'd',
            _ => '?',
        })
        .collect()
}

/// As what a module imports a function; policy has seen that all import it alike.
fn imported(modules: &[Module], function: &Function) -> Option<FuncType> {
    let mut imports = modules.iter().flat_map(Module::imports);
    imports.find_map(|import| match import.ty() {
        ExternType::Func(signature)
            if import.module() == function.module && import.name() == function.name =>
        {
            Some(signature)
        }
        _ => None,
    })
}

fn incompatible(what: String) -> Error {
    Error::new(ErrorKind::Incompatible, "load").with_context(what)
}
