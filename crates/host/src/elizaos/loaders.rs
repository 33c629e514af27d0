//! A bare file or a module's name in, a plugin out.

#[cfg(any(unix, feature = "wasm"))]
use std::path::PathBuf;

#[cfg(any(unix, feature = "wasm"))]
use super::Plugin;
#[cfg(unix)]
use crate::{Error, ErrorKind, door::process::ProgramDoor};
#[cfg(any(unix, feature = "wasm"))]
use crate::{Host, Result};

#[cfg(any(unix, feature = "wasm"))]
fn host() -> Host {
    Host::builder().name("elizaos").build()
}

/// Loads plugins that are WebAssembly modules, whatever they were written in.
#[cfg(feature = "wasm")]
#[derive(Debug, Clone, Copy)]
pub struct WasmPluginLoader;

#[cfg(feature = "wasm")]
impl WasmPluginLoader {
    /// Loads a module. It carries its manifest.
    ///
    /// # Errors
    /// As for [`Load::blocking`](crate::Load::blocking).
    pub async fn load(path: impl Into<PathBuf>) -> Result<Plugin> {
        Self::load_with(&host(), path).await
    }

    /// The same by a host of the program's own.
    ///
    /// # Errors
    /// As for [`WasmPluginLoader::load`].
    pub async fn load_with(host: &Host, path: impl Into<PathBuf>) -> Result<Plugin> {
        Ok(Plugin::new(host.load(path).await?))
    }
}

/// Loads plugins that are modules of Python: of elizaOS, or of the package `crossplug`, which has to be installed for both.
#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
pub struct PythonPluginLoader;

#[cfg(unix)]
impl PythonPluginLoader {
    /// Loads the module of that name, of the working directory or installed, in a process of its own: by the program
    /// `python3` of the PATH, or by the one that `CROSSPLUG_PYTHON` names.
    ///
    /// # Errors
    /// As for [`Load::blocking`](crate::Load::blocking).
    pub async fn load(module: &str) -> Result<Plugin> {
        Self::load_with(&host(), module).await
    }

    /// The same by a host of the program's own.
    ///
    /// # Errors
    /// As for [`PythonPluginLoader::load`].
    pub async fn load_with(host: &Host, module: &str) -> Result<Plugin> {
        let python = std::env::var("CROSSPLUG_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let door = ProgramDoor::new(python, ["-u", "-m", "crossplug.elizaos", module]);
        Ok(Plugin::new(host.open(module, door).await?))
    }
}

/// Loads plugins that are programs for Node.
#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
pub struct TypeScriptPluginLoader;

#[cfg(unix)]
impl TypeScriptPluginLoader {
    /// Loads the plugin of a JavaScript file in a process of its own, by the program `node` of the PATH.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) where there is no such file; else as for
    /// [`Load::blocking`](crate::Load::blocking).
    pub async fn load(path: impl Into<PathBuf>) -> Result<Plugin> {
        Self::load_with(&host(), path).await
    }

    /// The same by a host of the program's own.
    ///
    /// # Errors
    /// As for [`TypeScriptPluginLoader::load`].
    pub async fn load_with(host: &Host, path: impl Into<PathBuf>) -> Result<Plugin> {
        let path: PathBuf = path.into();
        let place = path.display().to_string();
        let file = path.canonicalize().map_err(|error| {
            Error::new(ErrorKind::NotFound, format!("load `{place}`"))
                .with_context(format!("there is no `{place}`; name the JavaScript file"))
                .with_source(error)
        })?;
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let folder = file.parent().map(PathBuf::from).unwrap_or_default();
        let door = ProgramDoor::new("node", [file.to_string_lossy()]).folder(folder);
        Ok(Plugin::new(host.open(name, door).await?))
    }
}
