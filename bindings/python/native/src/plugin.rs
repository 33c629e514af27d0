//! A loaded plugin.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::time::Duration;

use crossplug_host::protocol::codec::{Any, Value};
use crossplug_host::protocol::handshake::Encoding;
use crossplug_host::{Call, Payload};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raised;
use crate::operation::{Operation, Outcome};
use crate::owned::Owned;
use crate::stream::Stream;

/// A loaded plugin.
#[pyclass(frozen, module = "crossplug._native")]
pub(crate) struct Plugin(Owned<crossplug_host::Plugin>);

impl Plugin {
    pub(crate) fn new(plugin: crossplug_host::Plugin) -> Self {
        Self(Owned::new(plugin))
    }

    #[allow(clippy::too_many_arguments, reason = "the options of a call")]
    fn prepare(
        &self,
        py: Python<'_>,
        method: &str,
        params: &[u8],
        timeout: Option<f64>,
        traceparent: Option<String>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Call> {
        let plugin = self.0.get()?;
        let mut call = plugin.call(method, payload(py, plugin.encoding(), params)?);
        call = match timeout {
            None => call,
            Some(f64::INFINITY) => call.no_timeout(),
            Some(seconds) => call.timeout(duration(seconds)?),
        };
        if let Some(traceparent) = traceparent {
            call = call.traceparent(traceparent);
        }
        if let Some(on_progress) = on_progress {
            call = call.on_progress(move |progress| {
                Python::try_attach(|py| {
                    let told = on_progress.call1(py, (progress.fraction, progress.message));
                    // What a callback raises is nobody's outcome.
                    if let Err(error) = told {
                        error.write_unraisable(py, Some(on_progress.bind(py)));
                    }
                });
            });
        }
        Ok(call)
    }
}

#[pymethods]
impl Plugin {
    /// A call that is sent when it is first polled or waited for.
    #[pyo3(signature = (method, params, timeout=None, traceparent=None, on_progress=None))]
    fn call(
        &self,
        py: Python<'_>,
        method: &str,
        params: &[u8],
        timeout: Option<f64>,
        traceparent: Option<String>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Operation> {
        let call = self.prepare(py, method, params, timeout, traceparent, on_progress)?;
        Ok(Operation::new(call.into_future()))
    }

    /// A call with bytes as they are, of an export of a module that has no messages.
    #[pyo3(signature = (export, input, timeout=None))]
    fn call_raw(&self, export: &str, input: &[u8], timeout: Option<f64>) -> PyResult<Operation> {
        let mut call = self.0.get()?.call_raw(export, input);
        call = match timeout {
            None => call,
            Some(f64::INFINITY) => call.no_timeout(),
            Some(seconds) => call.timeout(duration(seconds)?),
        };
        Ok(Operation::new(call.into_future()))
    }

    /// A call that streams, sent at once.
    #[pyo3(signature = (method, params, timeout=None, traceparent=None, on_progress=None))]
    fn stream(
        &self,
        py: Python<'_>,
        method: &str,
        params: &[u8],
        timeout: Option<f64>,
        traceparent: Option<String>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Stream> {
        let call = self.prepare(py, method, params, timeout, traceparent, on_progress)?;
        let stream = py.detach(|| call.stream());
        let stream = stream.map_err(|error| raised(py, &error))?;
        let encoding = self.0.get()?.encoding();
        Ok(Stream::new(format!("call `{method}`"), encoding, stream))
    }

    /// Sends an event.
    #[pyo3(signature = (name, payload, stream=None))]
    fn emit(
        &self,
        py: Python<'_>,
        name: &str,
        payload: &[u8],
        stream: Option<&str>,
    ) -> PyResult<()> {
        let plugin = self.0.get()?;
        let payload = self::payload(py, plugin.encoding(), payload)?;
        py.detach(|| plugin.emit(name, payload, stream))
            .map_err(|error| raised(py, &error))
    }

    /// Gives the seconds that the answer took.
    fn ping(&self) -> PyResult<Operation> {
        let plugin = self.0.get()?.clone();
        Ok(Operation::of(async move {
            plugin.ping().await.map(Outcome::Took)
        }))
    }

    /// Stops it. The outcome is that of `wait`.
    fn stop(&self) -> PyResult<Operation> {
        let plugin = self.0.get()?.clone();
        Ok(Operation::of(async move {
            Ok(Outcome::Ending(plugin.stop().await))
        }))
    }

    /// Waits for its end: the error, where nobody wanted it, and how its process ended.
    fn wait(&self) -> PyResult<Operation> {
        let plugin = self.0.get()?.clone();
        Ok(Operation::of(async move {
            Ok(Outcome::Ending(plugin.wait().await))
        }))
    }

    #[getter]
    fn is_alive(&self) -> PyResult<bool> {
        Ok(self.0.get()?.is_alive())
    }

    #[getter]
    fn name(&self) -> PyResult<&str> {
        Ok(self.0.get()?.name())
    }

    #[getter]
    fn instance_id(&self) -> PyResult<&str> {
        Ok(self.0.get()?.instance_id())
    }

    #[getter]
    fn dialect(&self) -> PyResult<&str> {
        Ok(&self.0.get()?.introduction().dialect)
    }

    /// What all of its payloads are in.
    #[getter]
    fn encoding(&self) -> PyResult<&'static str> {
        Ok(self.0.get()?.encoding().name())
    }

    #[getter]
    fn process(&self) -> PyResult<Option<u32>> {
        Ok(self.0.get()?.introduction().process)
    }

    /// The manifest as the plugin told it, as JSON.
    #[getter]
    fn manifest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let manifest = Value::Object(self.0.get()?.manifest().clone());
        let json = Payload::encode::<Any>(&manifest).map_err(|error| raised(py, &error))?;
        Ok(PyBytes::new(py, json.as_bytes()))
    }

    /// Name to version and hash.
    #[getter]
    fn interfaces(&self) -> PyResult<BTreeMap<String, (String, Option<String>)>> {
        let interfaces = self.0.get()?.interfaces().iter();
        Ok(interfaces
            .map(|(name, one)| (name.clone(), (one.version.clone(), one.hash.clone())))
            .collect())
    }
}

/// A document that came from Python, checked.
pub(crate) fn payload(py: Python<'_>, encoding: Encoding, document: &[u8]) -> PyResult<Payload> {
    Payload::parse_in(encoding, document).map_err(|error| raised(py, &error))
}

/// Seconds as Python counts them.
pub(crate) fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| PyValueError::new_err(format!("{seconds} is no number of seconds to wait")))
}
