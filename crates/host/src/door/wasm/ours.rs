//! Whether a module or a component answers our own ABI, and how instances of it are made: compiled, or kept from an earlier
//! load. Knows the ABI by its marks alone.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use super::abi::{self, instance::Plan};
use super::engine::Engine;
use super::extism::{Settings, Source};
use super::limits::WasmLimits;
use super::pool::{Pool, Whose};
use super::{code, component};
use crate::{Error, ErrorKind, Result};

/// What answers our ABI: a module, known by its exports, or a component, known by its first bytes.
enum Ours {
    Module,
    Component,
}

impl Ours {
    fn of(binary: &[u8]) -> Option<Self> {
        let outline = abi::Outline::of(binary);
        if outline.is_component() {
            Some(Self::Component)
        } else {
            outline.exports(abi::MARK).then_some(Self::Module)
        }
    }
}

/// The plan of a guest of ours, where it is one. `wished`: it has to be.
///
/// # Errors
/// It has to be one and is not, cannot be read or is larger than it may be, or cannot be compiled.
pub(super) fn plan(
    settings: &Settings,
    pool: Option<&Pool>,
    wished: bool,
) -> Result<Option<Arc<dyn Plan>>> {
    let [module] = settings.modules.as_slice() else {
        return if wished { Err(unmarked()) } else { Ok(None) };
    };
    let limits = pool.map_or(settings.limits, |pool| pool.limits(settings.limits));
    // Looked at before it is read, so that a file that changes meanwhile is another one the next time.
    let mut whose = match (&module.source, pool) {
        (Source::File(path), Some(_)) => Whose::file(path, SystemTime::now()),
        _ => None,
    };
    let found = |whose: &Option<Whose>| pool?.find(whose.as_ref()?, &limits);
    if let Some(plan) = found(&whose) {
        return Ok(Some(plan));
    }
    let bytes = match &module.source {
        Source::File(path) => code::read(path, limits.module_bytes)?,
        Source::Bytes(bytes) => code::fits(bytes.clone(), limits.module_bytes)?,
    };
    if whose.is_none() && pool.is_some() {
        whose = Some(Whose::content(&bytes));
        if let Some(plan) = found(&whose) {
            return Ok(Some(plan));
        }
    }
    let Some(plan) = made(settings, limits, &bytes)? else {
        return if wished { Err(unmarked()) } else { Ok(None) };
    };
    if let (Some(pool), Some(whose)) = (pool, whose) {
        pool.keep(whose, limits, &plan);
    }
    Ok(Some(plan))
}

fn made(settings: &Settings, limits: WasmLimits, bytes: &[u8]) -> Result<Option<Arc<dyn Plan>>> {
    // What is no text either is refused by the compiler, with a better error.
    let kind = wat::parse_bytes(bytes)
        .ok()
        .and_then(|binary| Ours::of(&binary));
    let Some(kind) = kind else { return Ok(None) };
    let engine = Engine::shared(limits.fuel.is_some())?;
    let cache = settings.kept.open()?;
    Ok(Some(match kind {
        Ours::Module => {
            let module = code::compile(engine, cache.as_ref(), bytes)?;
            Arc::new(abi::module::Plan::new(engine, limits, &module)?)
        }
        Ours::Component => {
            let component = code::compile(engine, cache.as_ref(), bytes)?;
            Arc::new(component::Plan::new(engine, limits, &component)?)
        }
    }))
}

fn unmarked() -> Error {
    let what = format!(
        "the module does not export `{}`, as modules of {} do",
        abi::MARK,
        abi::NAME
    );
    Error::new(ErrorKind::Incompatible, "load").with_context(what)
}

/// The manifest that a module or component of ours carries, where it carries one.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn manifest_in(module: &Path) -> Result<Option<Vec<u8>>> {
    let bytes = code::read(module, WasmLimits::default().module_bytes)?;
    Ok(abi::Outline::of(&bytes)
        .custom(abi::SECTION)
        .map(<[u8]>::to_vec))
}
