//! The host and what it is told before it loads anything.

use std::future::IntoFuture;
use std::path::PathBuf;

use crossplug_host::door::Patience;
use crossplug_host::door::process::ProgramDoor;
use crossplug_host::door::wasm::{WasmDoor, WasmPool};
use crossplug_host::protocol::handshake::Encoding;
use crossplug_host::{Grants, HostBuilder, Limits, Load, Offer};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyDictMethods};

use crate::bell::Bell;
use crate::errors::{raised, usage};
use crate::module::ModuleDoor;
use crate::operation::{Operation, Outcome};
use crate::owned::Owned;
use crate::plugin::{duration, payload};
use crate::reports;
use crate::service::Services;

/// A host. Everything that was not given is as crossplug-host has it.
#[pyclass(frozen, module = "crossplug._native")]
pub(crate) struct Host(Owned<crossplug_host::Host>);

#[pymethods]
impl Host {
    /// `services`: name, permission, and whether it is a coroutine of the bell's loop; `serve` answers the others.
    #[new]
    #[pyo3(signature = (*, name=None, version=None, timeout=None, start_timeout=None, debug=false, encoding=None,
        data_root=None, grants=Vec::new(), config=None, limits=None, patience=None, wasm_pool=None, services=Vec::new(), serve=None,
        bell=None, on_log=None, on_event=None))]
    #[allow(clippy::too_many_arguments, reason = "the options of a host")]
    fn new(
        py: Python<'_>,
        name: Option<String>,
        version: Option<String>,
        timeout: Option<f64>,
        start_timeout: Option<f64>,
        debug: bool,
        encoding: Option<&str>,
        data_root: Option<PathBuf>,
        grants: Vec<String>,
        config: Option<&[u8]>,
        limits: Option<&Bound<'_, PyDict>>,
        patience: Option<&Bound<'_, PyDict>>,
        wasm_pool: Option<&Bound<'_, PyDict>>,
        services: Vec<(String, Option<String>, bool)>,
        serve: Option<Py<PyAny>>,
        bell: Option<&Bell>,
        on_log: Option<Py<PyAny>>,
        on_event: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let mut builder = crossplug_host::Host::builder()
            .debug(debug)
            .door(ModuleDoor::new(None));
        if let Some(name) = name {
            builder = builder.name(name);
        }
        if let Some(version) = version {
            builder = builder.version(version);
        }
        builder = match timeout {
            None => builder,
            Some(f64::INFINITY) => builder.call_timeout(None),
            Some(seconds) => builder.call_timeout(Some(duration(seconds)?)),
        };
        if let Some(seconds) = start_timeout {
            builder = builder.start_timeout(duration(seconds)?);
        }
        if let Some(encoding) = encoding {
            builder = builder.encoding(named(encoding)?);
        }
        if let Some(folder) = data_root {
            builder = builder.data_root(folder);
        }
        let grants = Grants::parse(grants).map_err(|error| {
            let what = crossplug_host::Error::new(crossplug_host::ErrorKind::NotFound, "host");
            raised(py, &what.with_context(error.to_string()))
        })?;
        builder = builder.grants(grants);
        for (name, value) in members(py, config)? {
            builder = builder.config(name, value);
        }
        builder = waits(builder, limits, patience)?;
        if let Some(pool) = wasm_pool {
            builder = builder.door(WasmDoor::new().pool(pool_of(pool)?));
        }
        if let Some(serve) = serve {
            builder = builder.services(Services {
                offers: services.into_iter().map(offer).collect(),
                bell: bell.map(Bell::shared),
                serve,
            });
        }
        if let Some(callback) = on_log {
            builder = builder.on_log(reports::on_log(callback));
        }
        if let Some(callback) = on_event {
            builder = builder.on_event(reports::on_event(callback));
        }
        Ok(Self(Owned::new(builder.build())))
    }

    /// Loads the plugin of a manifest, or of a bare module of WebAssembly.
    #[pyo3(signature = (path, *, door=None, dialect=None, config=None, grants=Vec::new(), data_dir=None, start_timeout=None,
        encoding=None, token=None))]
    #[allow(clippy::too_many_arguments, reason = "the options of a load")]
    fn load(
        &self,
        py: Python<'_>,
        path: PathBuf,
        door: Option<String>,
        dialect: Option<String>,
        config: Option<&[u8]>,
        grants: Vec<String>,
        data_dir: Option<PathBuf>,
        start_timeout: Option<f64>,
        encoding: Option<&str>,
        token: Option<&str>,
    ) -> PyResult<Operation> {
        let mut load = self.0.get()?.load(path);
        if let Some(door) = door {
            load = load.door(door);
        }
        if let Some(dialect) = dialect {
            load = load.dialect(dialect);
        }
        if let Some(token) = token {
            load = load.token(token);
        }
        let load = encoded(load, encoding)?;
        begun(py, load, config, grants, data_dir, start_timeout)
    }

    /// Starts a program that is a plugin and has no manifest.
    #[pyo3(signature = (name, command, folder, *, dialect=None, config=None, grants=Vec::new(), data_dir=None, start_timeout=None,
        encoding=None))]
    #[allow(clippy::too_many_arguments, reason = "the options of a load")]
    fn load_program(
        &self,
        py: Python<'_>,
        name: String,
        command: Vec<String>,
        folder: PathBuf,
        dialect: Option<String>,
        config: Option<&[u8]>,
        grants: Vec<String>,
        data_dir: Option<PathBuf>,
        start_timeout: Option<f64>,
        encoding: Option<&str>,
    ) -> PyResult<Operation> {
        let mut command = command.into_iter();
        let program = command.next().unwrap_or_default();
        let mut door = ProgramDoor::new(program, command).folder(folder);
        if let Some(dialect) = dialect {
            door = door.dialect(dialect);
        }
        let load = self.0.get()?.open(name, door);
        let load = encoded(load, encoding)?;
        begun(py, load, config, grants, data_dir, start_timeout)
    }

    /// Loads a plugin of this interpreter: the module of the name, or what the program has in hand.
    #[pyo3(signature = (name, source=None, *, config=None, grants=Vec::new(), data_dir=None, start_timeout=None,
        encoding=None))]
    #[allow(clippy::too_many_arguments, reason = "the options of a load")]
    fn load_module(
        &self,
        py: Python<'_>,
        name: String,
        source: Option<Py<PyAny>>,
        config: Option<&[u8]>,
        grants: Vec<String>,
        data_dir: Option<PathBuf>,
        start_timeout: Option<f64>,
        encoding: Option<&str>,
    ) -> PyResult<Operation> {
        let load = self.0.get()?.open(name, ModuleDoor::new(source));
        let load = encoded(load, encoding)?;
        begun(py, load, config, grants, data_dir, start_timeout)
    }
}

fn encoded(load: Load, encoding: Option<&str>) -> PyResult<Load> {
    Ok(match encoding {
        Some(encoding) => load.encoding(named(encoding)?),
        None => load,
    })
}

fn named(encoding: &str) -> PyResult<Encoding> {
    Encoding::from_name(encoding).ok_or_else(|| usage("there is no such encoding"))
}

fn begun(
    py: Python<'_>,
    mut load: Load,
    config: Option<&[u8]>,
    grants: Vec<String>,
    data_dir: Option<PathBuf>,
    start_timeout: Option<f64>,
) -> PyResult<Operation> {
    for (name, value) in members(py, config)? {
        load = load.config(name, value);
    }
    for grant in grants {
        load = load.grant(&grant).map_err(|error| raised(py, &error))?;
    }
    if let Some(folder) = data_dir {
        load = load.data_dir(folder);
    }
    if let Some(seconds) = start_timeout {
        load = load.start_timeout(duration(seconds)?);
    }
    let load = load.into_future();
    Ok(Operation::of(
        async move { load.await.map(Outcome::Plugin) },
    ))
}

fn offer((name, permission, is_coroutine): (String, Option<String>, bool)) -> (Offer, bool) {
    let offer = Offer::new(name);
    let offer = match permission {
        Some(permission) => offer.with_permission(permission),
        None => offer,
    };
    (offer, is_coroutine)
}

/// The members of a JSON object.
fn members(
    py: Python<'_>,
    config: Option<&[u8]>,
) -> PyResult<Vec<(String, crossplug_host::protocol::codec::Value)>> {
    let Some(json) = config else {
        return Ok(Vec::new());
    };
    let value = payload(py, Encoding::Json, json)?
        .value()
        .map_err(|error| raised(py, &error))?;
    match value {
        crossplug_host::protocol::codec::Value::Object(members) => {
            Ok(members.into_iter().collect())
        }
        _ => Err(usage("the config is an object: a dict of names to values")),
    }
}

fn pool_of(given: &Bound<'_, PyDict>) -> PyResult<WasmPool> {
    // Who names no number gets no plugin.
    let mut pool = WasmPool::new(0);
    for (name, value) in given.iter() {
        match name.extract::<String>()?.as_str() {
            "instances" => pool.instances = value.extract()?,
            "memory_bytes" => pool.memory_bytes = value.extract()?,
            "modules" => pool.modules = value.extract()?,
            _ => {
                return Err(usage(
                    "a pool has no such member; there are instances, memory_bytes and modules",
                ));
            }
        }
    }
    Ok(pool)
}

fn waits(
    builder: HostBuilder,
    limits: Option<&Bound<'_, PyDict>>,
    patience: Option<&Bound<'_, PyDict>>,
) -> PyResult<HostBuilder> {
    let mut builder = builder;
    if let Some(given) = limits {
        let mut limits = Limits::default();
        for (name, value) in given.iter() {
            match name.extract::<String>()?.as_str() {
                "frame_bytes" => limits.frame_bytes = value.extract()?,
                "depth" => limits.depth = value.extract()?,
                "pending_calls" => limits.pending_calls = value.extract()?,
                "open_streams" => limits.open_streams = value.extract()?,
                "buffered_bytes" => limits.buffered_bytes = value.extract()?,
                _ => {
                    return Err(usage(
                        "no such limit; there are frame_bytes, depth, pending_calls, open_streams and buffered_bytes",
                    ));
                }
            }
        }
        builder = builder.limits(limits);
    }
    if let Some(given) = patience {
        let mut patience = Patience::default();
        for (name, value) in given.iter() {
            let time = duration(value.extract()?)?;
            match name.extract::<String>()?.as_str() {
                "shutdown" => patience.shutdown = time,
                "end_of_input" => patience.end_of_input = time,
                "terminate" => patience.terminate = time,
                _ => {
                    return Err(usage(
                        "no such patience; there are shutdown, end_of_input and terminate",
                    ));
                }
            }
        }
        builder = builder.patience(patience);
    }
    Ok(builder)
}
