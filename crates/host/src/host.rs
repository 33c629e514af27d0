//! The host: what a program offers to plugins and how it loads them. It reads manifests and leaves every decision about
//! them to policy, and every way in to a door.

mod builder;
mod load;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossplug_policy::Grants;
use crossplug_protocol::codec::Value;
use crossplug_protocol::handshake::Encoding;

use crate::Limits;
use crate::door::{Door, Patience};
use crate::executor::Executor;
use crate::log::{OnEvent, OnLog};
use crate::service::Services;

pub use builder::HostBuilder;
pub use load::Load;

/// Loads plugins. Clones are the same host.
///
/// ```no_run
/// # fn demo() -> crossplug_host::Result<()> {
/// use crossplug_host::Host;
///
/// let host = Host::builder()
///     .name("demo")
///     .on_log(|log| eprintln!("{}: {}", log.plugin, log.message))
///     .service("kv.get", |call| async move {
///         let key = call.params().as_json().into_owned();
///         Ok(serde_json::json!({ "key": key, "value": null }))
///     })
///     .build();
/// let plugin = host.load("plugins/notes").grant("kv.get")?.blocking()?;
/// println!("{:?}", plugin.interfaces());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Host(Arc<Setup>);

/// Everything that a builder was told.
struct Setup {
    name: String,
    version: String,
    limits: Limits,
    on_log: Option<OnLog>,
    on_event: Option<OnEvent>,
    services: Arc<Services>,
    grants: Grants,
    config: BTreeMap<String, Value>,
    debug: bool,
    timeout: Option<Duration>,
    start_timeout: Duration,
    patience: Patience,
    data_root: Option<PathBuf>,
    encoding: Encoding,
    doors: Vec<Arc<dyn Door>>,
    executor: Executor,
}

impl Host {
    /// A host with the defaults: no services, nothing granted, calls that may take 30 s, every cap on.
    pub fn builder() -> HostBuilder {
        HostBuilder::new()
    }

    /// Loads the plugin of a manifest: `path` is its folder, with a `plugin.json` in it, or the file; or a WebAssembly module
    /// or shared library by itself, `x.wasm` or `x.so`, which carries its manifest or has none. Nothing happens until the
    /// load is awaited, or ended with [`Load::blocking`].
    pub fn load(&self, path: impl Into<PathBuf>) -> Load {
        Load::from_path(self.clone(), path.into())
    }

    /// Opens a plugin that has no manifest, through a door of the program's own.
    pub fn open(&self, name: impl Into<String>, door: impl Door + 'static) -> Load {
        Load::through(self.clone(), name.into(), Arc::new(door))
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}
