//! A plugin made ready: modules compiled, imports judged, everything that each instance shares. Instantiates nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use wasmtime::{ExternType, FuncType, ImportType, InstancePre, Linker, Module, ValType};

use super::super::code;
use super::super::engine::Engine;
use super::super::leash::Leash;
use super::super::limits::WasmLimits;
use super::function::Function;
use super::guest::Guest;
use super::http::Http;
use super::manifest::{self, Source};
use super::settings::Settings;
use super::wasi::Folder;
use super::{env, wasi};
use crate::{Error, ErrorKind, Result};

/// The kernel's text.
const KERNEL: &str = include_str!("kernel.wat");
/// What the module is called that is called.
const MAIN: &str = "main";

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
        for (name, module) in named(&settings.modules)? {
            let bytes = bytes(&name, module, &settings.limits)?;
            modules.push((name, code::compile(engine, cache.as_ref(), &bytes)?));
        }
        let mut linker = Linker::new(&engine.wasmtime);
        let kernel = linker
            .instantiate_pre(kernel(engine)?)
            .map_err(|error| incompatible(format!("the kernel: {error:#}")))?;
        env::link(&mut linker).map_err(|error| incompatible(format!("{error:#}")))?;
        let wasi = judge(&modules, &settings.functions, &mut linker)?;
        if wasi {
            wasi::link(&mut linker).map_err(|error| incompatible(format!("WASI: {error:#}")))?;
        }
        let mut beside = in_order(modules)?;
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
            wasi,
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

/// Gives each module its name: the main one is the one that is called so, else the last.
fn named(modules: &[manifest::Module]) -> Result<Vec<(String, &manifest::Module)>> {
    let called = modules
        .iter()
        .any(|module| module.name.as_deref() == Some(MAIN));
    let last = modules.len().saturating_sub(1);
    let mut named: Vec<(String, &manifest::Module)> = Vec::new();
    for (index, module) in modules.iter().enumerate() {
        let name = match &module.name {
            _ if !called && index == last => MAIN.to_owned(),
            Some(name) => name.clone(),
            None => index.to_string(),
        };
        if named.iter().any(|(known, _)| *known == name) {
            let what = format!("two modules are called `{name}`");
            return Err(Error::new(ErrorKind::Manifest, "load").with_context(what));
        }
        named.push((name, module));
    }
    Ok(named)
}

fn bytes(name: &str, module: &manifest::Module, limits: &WasmLimits) -> Result<Vec<u8>> {
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
    let what =
        format!("Hash mismatch, found {found} but expected {expected}, for the module `{name}`");
    Err(Error::new(ErrorKind::Manifest, "load").with_context(what))
}

/// Judges every import, and links the program's functions as they are imported. Gives whether WASI is needed.
fn judge(
    modules: &[(String, Module)],
    functions: &[Function],
    linker: &mut Linker<Guest>,
) -> Result<bool> {
    let mut wasi = false;
    let mut linked: Vec<(String, FuncType)> = Vec::new();
    for import in modules.iter().flat_map(|(_, module)| module.imports()) {
        let place = format!("{}::{}", import.module(), import.name());
        if import.module() == env::MODULE {
            judge_env(&import)?;
        } else if modules.iter().any(|(name, _)| name == import.module()) {
            // Judged when they are linked.
        } else if import.module() == wasi::MODULE {
            wasi = true;
        } else {
            let function = functions.iter().find(|function| {
                function.module == import.module() && function.name == import.name()
            });
            let (Some(function), ExternType::Func(signature)) = (function, import.ty()) else {
                return Err(incompatible(format!(
                    "it imports `{place}`, which this host does not have; offer it with `WasmDoor::function`"
                )));
            };
            match linked.iter().find(|(known, _)| *known == place) {
                Some((_, known)) if FuncType::eq(known, &signature) => {}
                Some((_, known)) => {
                    return Err(incompatible(format!(
                        "one module imports `{place}` as {known}, another as {signature}"
                    )));
                }
                None => {
                    function.link(linker, signature.clone())?;
                    linked.push((place, signature));
                }
            }
        }
    }
    Ok(wasi)
}

fn judge_env(import: &ImportType<'_>) -> Result<()> {
    let (module, name) = (import.module(), import.name());
    let known = env::KERNEL
        .iter()
        .chain(&env::HOST)
        .find(|(known, ..)| *known == name);
    let ExternType::Func(signature) = import.ty() else {
        return Err(incompatible(format!(
            "it imports `{module}::{name}`, which is no function; a guest may import functions only from there"
        )));
    };
    let Some((_, params, results)) = known else {
        return Err(incompatible(format!(
            "it imports `{module}::{name}`, which this host does not have: it may be meant for a newer host, or for the host alone"
        )));
    };
    if short(signature.params()) == *params && short(signature.results()) == *results {
        return Ok(());
    }
    Err(incompatible(format!(
        "it imports `{module}::{name}` as {signature}, which is not its signature"
    )))
}

fn short(kinds: impl Iterator<Item = ValType>) -> String {
    kinds
        .map(|kind| match kind {
            ValType::I32 => 'i',
            ValType::I64 => 'l',
            _ => '?',
        })
        .collect()
}

/// Puts modules behind those that they import from; the main one comes last.
fn in_order(modules: Vec<(String, Module)>) -> Result<Vec<(String, Module)>> {
    let (mut main, mut waiting): (Vec<_>, Vec<_>) =
        modules.into_iter().partition(|(name, _)| name == MAIN);
    let mut ordered: Vec<(String, Module)> = Vec::new();
    while !waiting.is_empty() {
        let needs = |module: &Module| {
            waiting
                .iter()
                .any(|(name, _)| module.imports().any(|import| import.module() == name))
        };
        let Some(next) = waiting.iter().position(|(_, module)| !needs(module)) else {
            let names: Vec<&str> = waiting.iter().map(|(name, _)| name.as_str()).collect();
            return Err(incompatible(format!(
                "the modules {} import from each other in a circle",
                names.join(", ")
            )));
        };
        ordered.push(waiting.remove(next));
    }
    if let Some((name, _)) = ordered
        .iter()
        .find(|(_, module)| module.imports().any(|import| import.module() == MAIN))
    {
        return Err(incompatible(format!(
            "the module `{name}` imports from `{MAIN}`, which imports from the others"
        )));
    }
    ordered.append(&mut main);
    Ok(ordered)
}

fn incompatible(what: String) -> Error {
    Error::new(ErrorKind::Incompatible, "load").with_context(what)
}
