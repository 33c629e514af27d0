//! Errors on their way to Python, where `crossplug/host/errors.py` has a class for every kind.

use crossplug_host::{Error, ErrorKind, Payload, PluginError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

const MODULE: &str = "crossplug.host.errors";

/// An error of the host as the exception of its kind.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || {
        let plugin = error
            .plugin_error()
            .map(|error| parts(py, error))
            .transpose()?;
        let (kind, operation) = (error.kind().as_str(), error.operation());
        let arguments = (kind, operation, error.context(), plugin);
        MAKE.import(py, MODULE, "from_native")?.call1(arguments)
    };
    match make() {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

type Parts<'py> = (String, String, Option<Bound<'py, PyBytes>>, bool);

fn parts<'py>(py: Python<'py>, error: &PluginError) -> PyResult<Parts<'py>> {
    let details = match error.details.as_deref() {
        None => None,
        Some(details) => {
            let json = Payload::encode::<crossplug_host::protocol::codec::Any>(details)
                .map_err(|error| raised(py, &error))?;
            Some(PyBytes::new(py, json.as_bytes()))
        }
    };
    let (code, message) = (error.code.clone(), error.message.clone());
    Ok((code, message, details, error.retryable))
}

/// The program uses what it may not use here.
pub(crate) fn usage(what: &'static str) -> PyErr {
    Python::attach(|py| {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let made = CLASS
            .import(py, "crossplug.errors", "UsageError")
            .and_then(|class| class.call1((what,)));
        made.map_or_else(|error| error, PyErr::from_value)
    })
}

pub(crate) fn forked() -> PyErr {
    usage(
        "the host belongs to the process that made it, and this is a fork of that one; make another host here, or start \
         processes without fork (multiprocessing: the method `spawn`)",
    )
}

/// A call that its caller has given up and asks of again.
pub(crate) fn given_up(operation: &str) -> Error {
    Error::new(ErrorKind::Cancelled, operation).with_context("the call was given up")
}
