//! What a panic says: its text, and with debugging on where it happened.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::sync::Once;

use crossplug_protocol::error::PluginError;
use serde_json::json;

thread_local! {
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs something; with `debug` a panic in it leaves its trace.
pub(super) fn watched<T>(debug: bool, run: impl FnOnce() -> T) -> (T, Option<String>) {
    if !debug {
        return (run(), None);
    }
    install();
    WATCHING.with(|watching| watching.set(true));
    let result = run();
    WATCHING.with(|watching| watching.set(false));
    (result, LAST.with(|last| last.borrow_mut().take()))
}

/// Once, and the author's own hook still runs.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if WATCHING.with(Cell::get) {
                let trace = format!("{info}\n{}", Backtrace::force_capture());
                LAST.with(|last| *last.borrow_mut() = Some(trace));
            }
            before(info);
        }));
    });
}

/// `internal`, with what the panic said.
pub(crate) fn error_of(panic: &(dyn Any + Send), trace: Option<String>) -> PluginError {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let error = PluginError::internal(format!(
        "panic: {}",
        said.unwrap_or("something that is not text")
    ));
    match trace {
        Some(trace) => error.with_details(json!({ "trace": trace })),
        None => error,
    }
}
