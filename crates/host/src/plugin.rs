//! A plugin that is loaded, as the program holds it: calls, events, its end. It knows a passage as a seam only.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crossplug_policy::Record;
use crossplug_protocol::codec::Value;
use crossplug_protocol::handshake::Encoding;

use crate::call::{self, Call, Flight, RawCall};
use crate::door::{InterfaceVersion, Introduction, Passage, Patience, Request};
use crate::executor::{Executor, block_on};
use crate::home::{Ending, Home};
use crate::{IntoPayload, Payload, Result};

/// A loaded plugin. Clones are the same plugin; with the last of them, and the last call, it is stopped in the
/// background. [`Plugin::stop`] stops it now and waits.
///
/// ```no_run
/// # fn demo() -> crossplug_host::Result<()> {
/// use crossplug_host::Host;
/// let host = Host::builder().name("demo").build();
/// let plugin = host.load("plugins/notes").blocking()?;
/// let count = plugin.call_blocking("note.count", serde_json::json!({ "in": "inbox" }))?;
/// println!("{}", count.as_json());
/// plugin.stop_blocking();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) home: Home,
    pub(crate) passage: Arc<dyn Passage>,
    pub(crate) record: Option<Arc<Record>>,
    pub(crate) instance_id: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) executor: Executor,
}

impl Plugin {
    pub(crate) fn new(inner: Inner) -> Self {
        let inner = Arc::new(inner);
        // Set once, here.
        let _ = inner.home.0.plugin.set(Arc::downgrade(&inner));
        Self(inner)
    }

    /// Calls a method. Nothing is sent until the call is awaited, or ended with [`Call::blocking`] or [`Call::stream`].
    ///
    /// Params are a JSON tree, `()`, or a [`Payload`]; generated clients make the latter from their types.
    pub fn call(&self, method: impl Into<String>, params: impl IntoPayload) -> Call {
        Call::new(
            self.clone(),
            method.into(),
            params.into_payload(self.encoding()),
        )
    }

    /// Calls a method and waits on this thread, which does the reading itself: no other thread is woken.
    ///
    /// # Errors
    /// As for [`Call::blocking`].
    pub fn call_blocking(&self, method: &str, params: impl IntoPayload) -> Result<Payload> {
        call::blocking(self, method, params.into_payload(self.encoding()))
    }

    /// Calls an export with bytes as they are, where the plugin's door carries such: a WebAssembly module with Extism's
    /// ABI. Nothing is sent until the call is awaited, or ended with [`RawCall::blocking`].
    ///
    /// ```no_run
    /// # async fn demo(plugin: crossplug_host::Plugin) -> crossplug_host::Result<()> {
    /// let thumbnail: Vec<u8> = plugin.call_raw("thumbnail", std::fs::read("photo.jpg").unwrap_or_default()).await?;
    /// # Ok(()) }
    /// ```
    pub fn call_raw(&self, export: impl Into<String>, input: impl Into<Vec<u8>>) -> RawCall {
        RawCall::new(Call::with_bytes(self.clone(), export.into(), input.into()))
    }

    pub(crate) fn carries_bytes(&self) -> bool {
        self.0.passage.carries_bytes()
    }

    pub(crate) fn start(&self, request: Request<'_>) -> Flight {
        let unread = &self.0.home.0.unread;
        Flight::start(&self.0.passage, &self.0.executor, unread, request)
    }

    pub(crate) fn default_timeout(&self) -> Option<Duration> {
        self.0.timeout
    }

    /// Sends an event to the plugin. `stream` names the ordered sequence that it belongs to.
    ///
    /// # Errors
    /// [`Incompatible`](crate::ErrorKind::Incompatible) where the plugin's dialect has no events,
    /// [`Limit`](crate::ErrorKind::Limit) where too much waits already, [`Died`](crate::ErrorKind::Died).
    pub fn emit(&self, name: &str, payload: impl IntoPayload, stream: Option<&str>) -> Result<()> {
        self.0
            .passage
            .emit(name, stream, &payload.into_payload(self.encoding())?)
            .map_err(|error| error.in_operation("emit"))
    }

    /// Asks whether the plugin still answers; gives how long that took.
    ///
    /// # Errors
    /// As for [`Call::blocking`]; [`Incompatible`](crate::ErrorKind::Incompatible) where the dialect has no such question.
    pub async fn ping(&self) -> Result<Duration> {
        let begin = Instant::now();
        self.call("ping", ()).await?;
        Ok(begin.elapsed())
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// As for [`Plugin::ping`].
    pub fn ping_blocking(&self) -> Result<Duration> {
        let begin = Instant::now();
        self.call_blocking("ping", ())?;
        Ok(begin.elapsed())
    }

    /// Stops the plugin: it finishes what is in flight, then its input is closed, then it is told to end, then it is
    /// ended, each with its time ([`Patience`](crate::door::Patience)). Gives how it ended, when nothing of it is left
    /// and everything it said was handed out (a callback that is at work then is waited for for a second at most).
    pub async fn stop(&self) -> Ending {
        self.0.passage.stop();
        self.wait().await
    }

    /// The same on this thread. Not from a service handler that is polled by the thread that reads from the plugin: it
    /// would wait for itself; there, `await` it.
    pub fn stop_blocking(&self) -> Ending {
        block_on(self.stop())
    }

    /// The same with a patience of its own in place of the [host's](crate::HostBuilder::patience). A stop that is under
    /// way goes on with it.
    ///
    /// ```no_run
    /// # async fn demo(plugin: crossplug_host::Plugin) {
    /// use std::time::Duration;
    /// use crossplug_host::door::Patience;
    /// // Somebody is waiting.
    /// let second = Duration::from_secs(1);
    /// plugin.stop_with(Patience { shutdown: second, end_of_input: second, terminate: second }).await;
    /// # }
    /// ```
    pub async fn stop_with(&self, patience: Patience) -> Ending {
        self.0.passage.stop_with(patience);
        self.wait().await
    }

    /// The same on this thread; see [`Plugin::stop_blocking`].
    pub fn stop_with_blocking(&self, patience: Patience) -> Ending {
        block_on(self.stop_with(patience))
    }

    /// Waits until the plugin has ended, for whatever reason.
    pub async fn wait(&self) -> Ending {
        self.0.home.ending().await
    }

    /// The same on this thread.
    pub fn wait_blocking(&self) -> Ending {
        block_on(self.wait())
    }

    /// Whether it can be called. A plugin that looks alive may still die before the call.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.0.passage.is_alive()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.home.name()
    }

    /// Names this running instance; unique across hosts.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.0.instance_id
    }

    /// The manifest as the plugin itself told it.
    #[must_use]
    pub fn manifest(&self) -> &serde_json::Map<String, Value> {
        &self.introduction().manifest
    }

    /// The manifest as it was read from its file. None for a plugin without one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.0.record.as_deref()
    }

    /// What is spoken with it: its payloads are in this encoding.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.introduction().encoding
    }

    /// What it implements: name to version and hash.
    #[must_use]
    pub fn interfaces(&self) -> &BTreeMap<String, InterfaceVersion> {
        &self.introduction().interfaces
    }

    /// All that it said about itself.
    #[must_use]
    pub fn introduction(&self) -> &Introduction {
        self.0.passage.introduction()
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, id) = (self.name(), self.instance_id());
        f.debug_struct("Plugin")
            .field("name", &name)
            .field("instance_id", &id)
            .finish_non_exhaustive()
    }
}

/// A plugin that is not kept alive: what its own service calls hold.
#[derive(Clone)]
pub(crate) struct WeakPlugin {
    name: Arc<str>,
    inner: Weak<Inner>,
}

impl WeakPlugin {
    pub(crate) fn new(name: Arc<str>, inner: Weak<Inner>) -> Self {
        Self { name, inner }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn upgrade(&self) -> Option<Plugin> {
        self.inner.upgrade().map(Plugin)
    }
}

impl std::fmt::Debug for WeakPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}
