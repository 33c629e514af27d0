//! The module door: plugins that are modules of this interpreter. `crossplug/host/inside.py` finds and runs them; this is the
//! line between it and the host, which waits for Python only where a plugin is started.

use std::sync::Arc;

use async_trait::async_trait;
use crossplug_host::door::{Door, Home, Opening, Passage, line};
use crossplug_host::policy::{Abilities, Door as Way, door::ModuleLanguage};
use crossplug_host::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use crate::owned::Owned;

/// A way into modules of Python.
pub(crate) struct ModuleDoor {
    /// What the program has in hand, in place of what a manifest names.
    source: Option<Py<PyAny>>,
}

impl ModuleDoor {
    pub(crate) fn new(source: Option<Py<PyAny>>) -> Self {
        Self { source }
    }

    fn enter(&self, py: Python<'_>, opening: &Opening, line: line::Line) -> PyResult<()> {
        static ENTER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let (name, folder) = match &opening.way {
            Some(Way::Module(way)) => (way.python.as_deref(), Some(opening.folder.as_path())),
            _ => (None, None),
        };
        let source = self.source.as_ref().map(|source| source.bind(py));
        let name = name.unwrap_or(&opening.name);
        let line = Py::new(py, Line(Owned::new(line)))?;
        ENTER
            .import(py, "crossplug.host.inside", "enter")?
            .call1((source, name, folder, opening.file.as_deref(), line))
            .map(drop)
    }
}

#[async_trait]
impl Door for ModuleDoor {
    fn name(&self) -> &str {
        "module"
    }

    fn abilities(&self, host: Abilities) -> Abilities {
        host.module(ModuleLanguage::Python)
    }

    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let started = |opening: &Opening, line| {
            let failed = |what: String| Error::new(ErrorKind::Start, "load").with_context(what);
            match Python::try_attach(|py| self.enter(py, opening, line)) {
                Some(entered) => entered.map_err(|error| failed(error.to_string())),
                None => Err(failed("the interpreter is ending".to_owned())),
            }
        };
        line::open(opening, home, started).await
    }
}

/// A plugin's end of a line to the host around it.
#[pyclass(frozen, module = "crossplug._native")]
pub(crate) struct Line(Owned<line::Line>);

#[pymethods]
impl Line {
    /// Waits for what the host has to say: messages; none at the end.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let line = self.0.get()?;
        let said = py.detach(|| line.read());
        Ok(PyBytes::new(py, &said.unwrap_or_default()))
    }

    /// Tells the host something.
    fn write(&self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        let line = self.0.get()?;
        py.detach(|| line.say(data));
        Ok(())
    }

    /// Nothing of the plugin runs any more.
    #[pyo3(signature = (why=None))]
    fn close(&self, py: Python<'_>, why: Option<String>) -> PyResult<()> {
        let line = self.0.get()?;
        py.detach(|| line.hang_up(why));
        Ok(())
    }
}
