//! What the plugin was doing, and what it said when it broke. A panic ends a module for good, so all that its host can do is
//! to ask for this: the answer that the call would have had.

#[cfg(target_arch = "wasm32")]
use std::cell::Cell;
use std::cell::RefCell;
use std::sync::Arc;
#[cfg(target_arch = "wasm32")]
use std::sync::Once;

use crossplug_protocol::message::RequestId;

use crate::runtime::{Runtime, Task};

thread_local! {
    static DOING: RefCell<Doing> = const { RefCell::new(Doing { id: None, debug: false }) };
    #[cfg(target_arch = "wasm32")]
    static LAST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    #[cfg(target_arch = "wasm32")]
    static TELL: Cell<Option<fn(&str)>> = const { Cell::new(None) };
}

/// What runs.
struct Doing {
    id: Option<RequestId>,
    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "a panic elsewhere is told otherwise")
    )]
    debug: bool,
}

/// Something runs for as long as this lives.
pub(super) struct Told;

impl Drop for Told {
    fn drop(&mut self) {
        DOING.with_borrow_mut(|doing| doing.id = None);
    }
}

/// The request of that id is being answered.
pub(super) fn about_id(runtime: &Runtime, id: i64) -> Told {
    let debug = runtime.with(|state| state.is_debugged());
    let id = Some(RequestId::Int(id));
    DOING.with_borrow_mut(|doing| *doing = Doing { id, debug });
    Told
}

/// The request of that task is.
pub(super) fn about(runtime: &Runtime, task: &Arc<Task>) -> Told {
    let ticket = task.call().known_ticket();
    let id = ticket.and_then(|ticket| runtime.with(|state| state.session.request_id(ticket)));
    let debug = task.call().opened.debug;
    DOING.with_borrow_mut(|doing| *doing = Doing { id, debug });
    Told
}

/// From now on a panic leaves its words behind.
#[cfg(target_arch = "wasm32")]
pub(super) fn listen() {
    // Once: where a host enters a module again that has panicked, the hook is there, and another one is not taken.
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let error = crate::runtime::error_of_panic(
                info.payload(),
                DOING
                    .with_borrow(|doing| doing.debug)
                    .then(|| info.to_string()),
            );
            DOING.with_borrow(|doing| {
                let words =
                    crate::runtime::error_reply(doing.id.as_ref().map(RequestId::as_id), &error);
                LAST.set(words);
            });
            if let Some(tell) = TELL.get() {
                tell(&error.to_string());
            }
            #[cfg(feature = "component")]
            with_last(super::breakdown::last_words);
        }));
    });
}

/// From now on a panic says its words by this, too: a host that cannot ask for them is told.
#[cfg(all(
    target_arch = "wasm32",
    not(any(feature = "component", feature = "wasm-bindgen"))
))]
pub(super) fn tell_by(tell: Option<fn(&str)>) {
    TELL.set(tell);
}

/// What was left behind.
#[cfg(target_arch = "wasm32")]
pub(super) fn with_last<T>(look: impl FnOnce(&[u8]) -> T) -> T {
    LAST.with_borrow(|last| look(last))
}
