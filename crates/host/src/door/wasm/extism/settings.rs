//! What a program says about a plugin before it is loaded. Does nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crossplug_policy::extism::{Folder, Hosts};

use super::super::code::Kept;
use super::super::limits::WasmLimits;
use super::function::Function;
use super::module::{Module, Placed};

/// Everything that a door was told.
#[derive(Debug, Clone, Default)]
pub(in crate::door::wasm) struct Settings {
    pub(in crate::door::wasm) modules: Vec<Module>,
    pub(in crate::door::wasm) limits: WasmLimits,
    pub(in crate::door::wasm) config: BTreeMap<String, String>,
    pub(in crate::door::wasm) hosts: Hosts,
    pub(in crate::door::wasm) response_headers: bool,
    pub(in crate::door::wasm) folders: Vec<Folder>,
    pub(in crate::door::wasm) timeout: Option<Duration>,
    pub(in crate::door::wasm) functions: Vec<Function>,
    pub(in crate::door::wasm) kept: Kept,
    /// Instances; 0 stands for the default.
    pub(in crate::door::wasm) instances: usize,
}

impl Settings {
    /// What a manifest of Extism's says, on top of what there is. It can lower a cap of the program's, never raise one.
    pub(in crate::door::wasm) fn apply(&mut self, placed: Placed) {
        let Placed { manifest, modules } = placed;
        let lower =
            |own: &mut u64, said: Option<u64>| *own = said.map_or(*own, |said| said.min(*own));
        self.modules = modules;
        lower(&mut self.limits.memory_bytes, manifest.memory_bytes);
        lower(&mut self.limits.http_bytes, manifest.http_bytes);
        lower(&mut self.limits.variable_bytes, manifest.variable_bytes);
        self.config.extend(manifest.config);
        for host in &manifest.hosts {
            self.hosts.grant(host);
        }
        self.folders.extend(manifest.folders);
        let said = manifest.timeout_ms.map(Duration::from_millis);
        self.timeout = [self.timeout, said].into_iter().flatten().min();
    }
}
