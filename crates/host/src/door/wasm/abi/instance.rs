//! The seam between a guest and what it is made of: one instance, as things that can be asked of it. A bare module and a
//! component answer alike. Knows bytes and nothing of messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::leash::Leash;
use crate::Result;

/// How instances of one guest are made.
pub(in crate::door::wasm) trait Plan: Send + Sync {
    /// Makes one.
    ///
    /// # Errors
    /// [`ErrorKind::Incompatible`](crate::ErrorKind::Incompatible) where exports are missing or other than they should be,
    /// and whatever can go wrong while it starts.
    fn instance(&self, now: Duration, deadline: Option<Instant>) -> Result<Box<dyn Instance>>;
}

/// What became of a direct call.
pub(in crate::door::wasm) enum Called {
    Done(Vec<u8>),
    Failed(Vec<u8>),
    Pending,
}

/// What a guest has to say.
pub(in crate::door::wasm) struct Outbox {
    pub(in crate::door::wasm) bytes: Vec<u8>,
    /// Nothing of the plugin runs any more.
    pub(in crate::door::wasm) over: bool,
    /// When the guest wants to be entered by itself.
    pub(in crate::door::wasm) due: Option<Duration>,
}

/// A guest that can be entered. Every entry fails with whatever stops the guest; after that the instance is good for its
/// last words alone.
pub(in crate::door::wasm) trait Instance: Send {
    /// What stops it from outside.
    fn leash(&self) -> &Arc<Leash>;

    /// The numbers of its methods.
    fn methods(&mut self, deadline: Option<Instant>) -> wasmtime::Result<HashMap<String, i32>>;

    /// Calls a method by its number. True: there is something to take out with [`Instance::turn`].
    fn call(
        &mut self,
        method: i32,
        params: &[u8],
        id: i64,
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<(Called, bool)>;

    /// Gives the guest a message.
    fn push(
        &mut self,
        frame: &[u8],
        now: Duration,
        deadline: Option<Instant>,
    ) -> wasmtime::Result<Outbox>;

    /// Lets the guest run what is due or ready.
    fn turn(&mut self, now: Duration, deadline: Option<Instant>) -> wasmtime::Result<Outbox>;

    /// Tells the guest that nothing more comes.
    fn close(&mut self, now: Duration, deadline: Option<Instant>) -> wasmtime::Result<Outbox>;

    /// What a guest that broke down says about it.
    fn last_words(&mut self) -> Option<Vec<u8>>;
}
