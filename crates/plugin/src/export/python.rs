//! A plugin as a module of Python: its object `plugin`, which a host in Python loads through its module door, or which a
//! program opens and calls by itself. Knows Python and an instance, and nothing of what is said.
//!
//! The crate needs the feature `python`, a `cdylib`, and the module's name in [`export!`](crate::export!), which is that of
//! the library:
//!
//! ```text
//! crossplug_plugin::export!(Greeter: Agent; python = my_greeter);
//! ```
//!
//! `maturin build --release --features python` makes a wheel of it, and then
//!
//! ```text
//! import crossplug, my_greeter
//! with crossplug.Host() as host:
//!     plugin = host.load_module_blocking(my_greeter)       # calls, streams, services, events, as through any door
//! with my_greeter.plugin.open({"greeting": "Ahoy"}) as opened:
//!     opened.call("action.invoke", {"action": "GREET", …})  # by itself, without the package crossplug
//! ```
//!
//! Handlers run on threads of the plugin's own and without the interpreter's lock. What they print is the program's.

mod opened;

use std::time::Duration;

use crossplug_protocol::codec::DecodeError;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::{FrameReader, Framing};
pub use pyo3;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::native::Instance;
use crate::definition::Plugin;
use opened::{Opened, PythonError};

/// How the author's crate makes its plugin.
pub type Make = fn() -> Result<Plugin, DecodeError>;

/// What is in flight may take so long after the host's last word.
const GRACE: Duration = Duration::from_secs(6);

/// Fills the module of a plugin. What [`export!`](crate::export!) calls.
///
/// # Errors
/// Python refuses.
pub fn fill(module: &Bound<'_, PyModule>, make: Make) -> PyResult<()> {
    module.add("PluginError", module.py().get_type::<PythonError>())?;
    module.add_class::<Opened>()?;
    module.add("plugin", PythonPlugin { make })
}

/// A plugin written in Rust.
#[pyclass(frozen, name = "Plugin", module = "crossplug")]
#[derive(Debug)]
struct PythonPlugin {
    make: Make,
}

impl PythonPlugin {
    /// The plugin, with the manifest by which a host found it.
    fn made(&self, manifest: Option<&str>) -> PyResult<Plugin> {
        let plugin = (self.make)();
        let plugin = match manifest {
            None => plugin,
            Some(text) => plugin.and_then(|plugin| plugin.with_manifest_text(text)),
        };
        plugin.map_err(|error| PyValueError::new_err(format!("the manifest: {error}")))
    }
}

#[pymethods]
impl PythonPlugin {
    /// What it says it is.
    #[getter]
    fn manifest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let plugin = self.made(None)?;
        let text = serde_json::to_string(plugin.manifest());
        loads(py, &text.unwrap_or_else(|_| "{}".to_owned()))
    }

    /// Opens the plugin without a host, which offers it no services. Close it, or use it in a `with`.
    #[pyo3(signature = (config=None))]
    fn open(&self, py: Python<'_>, config: Option<&Bound<'_, PyDict>>) -> PyResult<Opened> {
        let config = match config {
            Some(config) => dumps(config.as_any())?,
            None => "{}".to_owned(),
        };
        let plugin = self.made(None)?;
        py.detach(|| Opened::new(plugin, &config))
            .map_err(|error| raised(py, &error))
    }

    /// Serves a host at the other end of a line, which has `read` and `write`, until it has no more to say.
    #[pyo3(signature = (line, manifest=None))]
    fn __crossplug_serve__(
        &self,
        py: Python<'_>,
        line: &Bound<'_, PyAny>,
        manifest: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let manifest = manifest.map(dumps).transpose()?;
        let plugin = self.made(manifest.as_deref())?;
        let host = line.clone().unbind();
        let said = move |message: &[u8]| {
            Python::try_attach(|py| {
                let line = PyBytes::new(py, &[message, b"\n"].concat());
                if let Err(error) = host.call_method1(py, "write", (line,)) {
                    error.write_unraisable(py, Some(host.bind(py)));
                }
            });
        };
        let instance = py.detach(|| Instance::new(plugin, Box::new(said)));
        let instance = instance.map_err(|error| raised(py, &error))?;
        // The instance keeps the limit itself.
        let mut reader = FrameReader::new(usize::MAX);
        loop {
            let given = line.call_method0("read")?;
            let bytes = given.cast::<PyBytes>()?.as_bytes();
            if bytes.is_empty() {
                break;
            }
            let taken = py.detach(|| {
                reader.push(bytes);
                while let Ok(Some(frame)) = reader.next_frame(Framing::Ndjson) {
                    if !instance.push(frame) {
                        return false;
                    }
                }
                true
            });
            if !taken {
                break;
            }
        }
        py.detach(|| instance.close(GRACE));
        Ok(())
    }

    fn __repr__(&self) -> PyResult<String> {
        let plugin = self.made(None)?;
        let name = plugin.manifest().get("name").and_then(|name| name.as_str());
        Ok(format!("<Plugin {}>", name.unwrap_or_default()))
    }
}

/// A plugin's error as an exception.
fn raised(py: Python<'_>, error: &PluginError) -> PyErr {
    let details = match &error.details {
        None => Ok(py.None()),
        Some(details) => loads(py, &details.to_string()).map(Bound::unbind),
    };
    let made = details.and_then(|details| {
        let raised = PythonError::new_err(error.to_string());
        let value = raised.value(py);
        value.setattr("code", &error.code)?;
        value.setattr("message", &error.message)?;
        value.setattr("details", details)?;
        value.setattr("retryable", error.retryable)?;
        Ok(raised)
    });
    made.unwrap_or_else(|error| error)
}

fn dumps(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let json = value.py().import("json")?;
    let options = PyDict::new(value.py());
    options.set_item("allow_nan", false)?;
    json.call_method("dumps", (value,), Some(&options))?
        .extract()
}

fn loads<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (text,))
}
