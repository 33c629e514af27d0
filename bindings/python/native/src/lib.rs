//! `crossplug._native`: crossplug-host for the Python package `crossplug`, whose pure part is its only caller.
//!
//! It converts and never decides: payloads cross as bytes in the encoding that is spoken, errors as their kind and words,
//! waiting as an `Operation` that is either polled by an event loop (a `Bell` tells it when) or waited for by a thread that
//! has let go of the interpreter. Nothing here knows a type of the IDL.

mod bell;
mod errors;
mod host;
mod module;
mod operation;
mod owned;
mod plugin;
mod reports;
mod service;
mod stream;

use pyo3::prelude::*;

/// The native half of `crossplug.host`. Private: everything in it may change with every version.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::bell::Bell;
    #[pymodule_export]
    use super::host::Host;
    #[pymodule_export]
    use super::module::Line;
    #[pymodule_export]
    use super::operation::Operation;
    #[pymodule_export]
    use super::plugin::Plugin;
    #[pymodule_export]
    use super::service::ServiceCall;
    #[pymodule_export]
    use super::stream::Stream;

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let kinds = crossplug_host::ErrorKind::ALL.map(crossplug_host::ErrorKind::as_str);
        module.add("ERROR_KINDS", kinds.to_vec())
    }
}
