//! The WebAssembly door: plugins in a sandbox, on wasmtime. Knows where modules come from and what they may do; what a
//! module and its host say to each other is an ABI's business, in a folder of its own.
//!
//! Whatever a guest does, the call ends: a deadline interrupts endless loops, memory, tables, stack and output have
//! caps, and what a guest may reach it was given. A guest that traps loses its instance, and the next call gets a new
//! one. Compiled code is kept in the user's folder for caches.
//!
//! A module that has no manifest is opened by itself:
//!
//! ```
//! use crossplug_host::Host;
//! use crossplug_host::door::wasm::WasmDoor;
//!
//! let text = r#"(module
//!   (import "extism:host/env" "input_offset" (func $offset (result i64)))
//!   (import "extism:host/env" "input_length" (func $length (result i64)))
//!   (import "extism:host/env" "output_set" (func $output (param i64 i64)))
//!   (func (export "echo") (result i32) (call $output (call $offset) (call $length)) (i32.const 0)))"#;
//! let plugin = Host::builder().build().open("echo", WasmDoor::from_bytes(text)).blocking()?;
//! assert_eq!(plugin.call_raw("echo", b"hello").blocking()?, b"hello");
//! # Ok::<(), crossplug_host::Error>(())
//! ```

mod abi;
mod cache;
mod code;
mod component;
mod engine;
mod extism;
mod fault;
mod leash;
mod limits;
mod ours;
mod pool;
mod tether;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use crossplug_policy::{Abilities, Door as Way};

use super::{Door, Home, Opening, Passage};
use crate::service::ServiceResult;
use crate::{Error, ErrorKind, Result};

use code::Kept;
use extism::{Function, Module, Settings, Source};
pub use limits::WasmLimits;
pub(crate) use ours::manifest_in;
use pool::Pool;
pub use pool::WasmPool;

/// A way into WebAssembly modules, and what is granted to those who come through it.
///
/// [`WasmDoor::new`] enters the modules that manifests name; the others enter one module without a manifest of ours,
/// through [`Host::open`](crate::Host::open). Nothing is granted by default: no host, no folder, no function.
#[derive(Debug, Clone, Default)]
pub struct WasmDoor {
    settings: Settings,
    whose: Whose,
    /// Clones have it together.
    pool: Option<Arc<Pool>>,
}

/// Where the module comes from.
#[derive(Debug, Clone, Default)]
enum Whose {
    /// A manifest of ours names it.
    #[default]
    Manifest,
    /// It is among the settings.
    Given,
    /// Extism's own manifest names it: a file, or a text with the folder that its paths are relative to.
    ExtismFile(PathBuf),
    ExtismText(String, PathBuf),
}

impl WasmDoor {
    /// The door to modules that manifests name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The door to one module: a file of WebAssembly, in binary or as text.
    #[must_use]
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self::given(Source::File(path.into()))
    }

    /// The door to one module that is in memory already, in binary or as text.
    #[must_use]
    pub fn from_bytes(module: impl Into<Vec<u8>>) -> Self {
        Self::given(Source::Bytes(module.into()))
    }

    /// The door to the plugin of one of Extism's own manifests, as JSON. Its paths are relative to the file; what it
    /// allows is allowed.
    #[must_use]
    pub fn from_extism_manifest(path: impl Into<PathBuf>) -> Self {
        Self {
            whose: Whose::ExtismFile(path.into()),
            ..Self::default()
        }
    }

    /// The same for the manifest's text, whose paths are relative to `folder`.
    #[must_use]
    pub fn from_extism_json(json: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            whose: Whose::ExtismText(json.into(), folder.into()),
            ..Self::default()
        }
    }

    fn given(source: Source) -> Self {
        let mut door = Self {
            whose: Whose::Given,
            ..Self::default()
        };
        door.settings.modules.push(Module {
            name: None,
            hash: None,
            source,
        });
        door
    }

    /// Other caps than the default ones. Extism's own manifest can lower them for its plugin, never raise them.
    #[must_use]
    pub fn limits(mut self, limits: WasmLimits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Holds the plugins of `crossplug-abi/1` that come through this door in a pool: no more of them at once, and loads that are
    /// quick. What a plugin of Extism's ABI may have at once is [`WasmDoor::instances`].
    #[must_use]
    pub fn pool(mut self, pool: WasmPool) -> Self {
        self.pool = Some(Arc::new(Pool::new(pool)));
        self
    }

    /// How long a call may take, whatever its caller allows.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// How many calls run at the same time, each in an instance of its own with variables and memory of its own.
    /// Default 1: calls come one after another and see what earlier ones left.
    #[must_use]
    pub fn instances(mut self, most: usize) -> Self {
        self.settings.instances = most;
        self
    }

    /// Sets what a guest reads as its configuration. What the manifest and the load say goes over it.
    #[must_use]
    pub fn config(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.config.insert(name.into(), value.into());
        self
    }

    /// Lets guests make HTTP requests to a host: `api.example.org`, `*.example.org:443`. One whose manifest is ours has
    /// to ask for it, too. Addresses that are not on the public internet need
    /// [`WasmDoor::allow_private_addresses`] as well.
    #[must_use]
    pub fn allow_host(mut self, pattern: &str) -> Self {
        self.settings.hosts.grant(pattern);
        self
    }

    /// Lets the hosts that are allowed be on this machine or in its networks.
    #[must_use]
    pub fn allow_private_addresses(mut self) -> Self {
        self.settings.hosts.private = true;
        self
    }

    /// Lets guests see the headers of HTTP responses.
    #[must_use]
    pub fn allow_response_headers(mut self) -> Self {
        self.settings.response_headers = true;
        self
    }

    /// Gives guests a folder, from the host's path to the guest's name for it. `ro:` in front of the host's path: to
    /// read only.
    #[must_use]
    pub fn allow_path(mut self, host: &str, guest: &str) -> Self {
        self.settings.folders.push(extism::folder(host, guest));
        self
    }

    /// Offers a function that guests may import from `extism:host/user`: each argument's bytes in, the result's bytes
    /// out. It runs on the thread that runs the guest, which waits for it; it may not call the same plugin.
    ///
    /// ```
    /// use crossplug_host::door::wasm::WasmDoor;
    /// let door = WasmDoor::from_file("shop.wasm").function("price", |arguments| {
    ///     let article = arguments.first().map(Vec::as_slice).unwrap_or_default();
    ///     Ok(if article == b"bread" { b"3".to_vec() } else { Vec::new() })
    /// });
    /// ```
    #[must_use]
    pub fn function<F>(self, name: impl Into<String>, run: F) -> Self
    where
        F: Fn(&[Vec<u8>]) -> ServiceResult<Vec<u8>> + Send + Sync + 'static,
    {
        self.function_in(extism::USER, name, run)
    }

    /// The same in another namespace.
    #[must_use]
    pub fn function_in<F>(
        mut self,
        module: impl Into<String>,
        name: impl Into<String>,
        run: F,
    ) -> Self
    where
        F: Fn(&[Vec<u8>]) -> ServiceResult<Vec<u8>> + Send + Sync + 'static,
    {
        self.settings.functions.push(Function {
            module: module.into(),
            name: name.into(),
            run: Arc::new(run),
        });
        self
    }

    /// Keeps compiled modules in this folder, which must belong to this user alone, in place of the usual one.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.kept = Kept::In(folder.into());
        self
    }

    /// Compiles at each load.
    #[must_use]
    pub fn no_cache(mut self) -> Self {
        self.settings.kept = Kept::Nowhere;
        self
    }

    /// The settings for one plugin.
    fn settings_for(&self, opening: &Opening) -> Result<Settings> {
        let mut settings = self.settings.clone();
        match &self.whose {
            Whose::Given => {}
            Whose::ExtismFile(path) => {
                let folder = path.parent().map(PathBuf::from).unwrap_or_default();
                let text = code::read(path, settings.limits.module_bytes)?;
                settings.apply(extism::read_manifest(&text, &folder)?);
            }
            Whose::ExtismText(text, folder) => {
                settings.apply(extism::read_manifest(text.as_bytes(), folder)?);
            }
            Whose::Manifest => {
                let Some(Way::Wasm(way)) = &opening.way else {
                    let what = "no manifest names a WebAssembly module; open one with `WasmDoor::from_file`";
                    return Err(Error::new(ErrorKind::Incompatible, "load").with_context(what));
                };
                settings.modules.push(Module {
                    name: None,
                    hash: None,
                    source: Source::File(opening.inside(&way.path)?),
                });
                let asked = opening
                    .record
                    .iter()
                    .filter_map(|record| record.manifest.permissions.as_ref()?.net.as_ref());
                settings.hosts.ask(asked.flatten().map(String::as_str));
            }
        }
        settings
            .config
            .extend(opening.config.iter().map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                (name.clone(), text)
            }));
        Ok(settings)
    }
}

#[async_trait]
impl Door for WasmDoor {
    fn name(&self) -> &str {
        "wasm"
    }

    fn abilities(&self, host: Abilities) -> Abilities {
        host.wasm([abi::NAME, extism::NAME])
    }

    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let settings = self.settings_for(&opening)?;
        let wished = match &opening.way {
            Some(Way::Wasm(way)) => way.abi.as_deref(),
            _ => None,
        };
        // A manifest of Extism's means its ABI, also of a module that answers both.
        let is_extism = matches!(self.whose, Whose::ExtismFile(_) | Whose::ExtismText(..));
        if is_extism || wished == Some(extism::NAME) {
            return extism::open(settings, opening, home).await;
        }
        match ours::plan(&settings, self.pool.as_deref(), wished.is_some())? {
            Some(plan) => {
                let place = self.pool.as_ref().map(Pool::place).transpose()?;
                abi::open(plan, place, opening, home).await
            }
            None => extism::open(settings, opening, home).await,
        }
    }
}
