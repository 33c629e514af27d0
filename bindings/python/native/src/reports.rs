//! Log lines and events on their way to Python, on the host's threads.

use crossplug_host::protocol::codec::{Any, Value};
use crossplug_host::{Event, Log, LogSource, Payload};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A callback as `HostBuilder::on_log` takes it: `(plugin, source, level, message, fields)`.
pub(crate) fn on_log(callback: Py<PyAny>) -> impl Fn(&Log) + Send + Sync + 'static {
    move |log| {
        let source = match log.source {
            LogSource::Plugin => "plugin",
            LogSource::Stderr => "stderr",
            LogSource::Stdout => "stdout",
            _ => "host",
        };
        let fields = match &log.fields {
            Value::Null => None,
            fields => Payload::encode::<Any>(fields).ok(),
        };
        tell(&callback, |py| {
            let fields = fields.map(|fields| PyBytes::new(py, fields.as_bytes()));
            let line = (&*log.plugin, source, log.level.name(), &log.message, fields);
            callback.call1(py, line)
        });
    }
}

/// A callback as `HostBuilder::on_event` takes it: `(plugin, name, stream, seq, payload, encoding)`.
pub(crate) fn on_event(callback: Py<PyAny>) -> impl Fn(&Event) + Send + Sync + 'static {
    move |event| {
        tell(&callback, |py| {
            let payload = PyBytes::new(py, event.payload.as_bytes());
            let stream = event.stream.as_deref();
            let (name, encoding) = (&event.name, event.payload.encoding().name());
            let parts = (&*event.plugin, name, stream, event.seq, payload, encoding);
            callback.call1(py, parts)
        });
    }
}

/// An interpreter that is ending hears nothing more.
fn tell(callback: &Py<PyAny>, call: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>>) {
    Python::try_attach(|py| {
        if let Err(error) = call(py) {
            error.write_unraisable(py, Some(callback.bind(py)));
        }
    });
}
