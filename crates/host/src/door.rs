//! The seam between a host and a way into a plugin: what every door is asked for, and whom it reports to.
//!
//! A [`Door`] opens plugins; what it opens is a [`Passage`], which carries calls in and brings answers back. Doors of the
//! host's own live below this file; a program may bring one of its own with
//! [`HostBuilder::door`](crate::HostBuilder::door). A door knows its way in and nothing of who calls.

mod conversation;
pub mod line;
pub mod memory;
pub mod native;
mod place;
#[cfg(unix)]
pub mod process;
#[cfg(unix)]
pub mod socket;
#[cfg(unix)]
mod stream;
#[cfg(feature = "wasm")]
pub mod wasm;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossplug_policy::{Abilities, Allowed, Record};
use crossplug_protocol::codec::Value;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::Encoding;

pub use crate::call::mailbox::Answer;
pub use crate::home::Home;
pub use crate::service::{Asked, Job};

use crate::{Limits, Payload, Result};

/// A way into plugins.
#[async_trait]
pub trait Door: Send + Sync {
    /// What manifests and `--door` call it.
    fn name(&self) -> &str;

    /// Adds what it can enter to what the host's other doors can. The manifest's own order decides between several that
    /// fit. A door that no manifest names adds nothing: it is opened by [`Host::open`](crate::Host::open).
    fn abilities(&self, host: Abilities) -> Abilities {
        host
    }

    /// Starts the plugin and has it initialised. What it reports on goes to `home`, from the first log line on.
    ///
    /// Dropping the future must leave nothing behind.
    ///
    /// # Errors
    /// [`Start`](crate::ErrorKind::Start), [`Protocol`](crate::ErrorKind::Protocol),
    /// [`Incompatible`](crate::ErrorKind::Incompatible) or whatever else fits; nothing of the plugin is left then.
    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>>;
}

/// What a door needs to know about the plugin that it opens.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Opening {
    /// Name of the plugin.
    pub name: Arc<str>,
    /// The manifest as policy read it. Absent where the plugin has none.
    pub record: Option<Arc<Record>>,
    /// Which of the manifest's doors to take.
    pub way: Option<crossplug_policy::Door>,
    /// The manifest's file.
    pub file: Option<PathBuf>,
    /// The folder that the manifest's paths are relative to. [`Opening::inside`] says where they lead.
    pub folder: PathBuf,
    /// Names this running instance; unique across hosts.
    pub instance_id: String,
    /// Name and version of the host program.
    pub host: (String, String),
    /// A folder of the plugin's own.
    pub data_dir: Option<PathBuf>,
    /// The manifest's config with the host's and the load's on top.
    pub config: serde_json::Map<String, Value>,
    /// What the plugin may do.
    pub allowed: Arc<Allowed>,
    /// What proves to each other that plugin and host belong together, where one of them listens.
    pub token: Option<Arc<str>>,
    /// Whether errors may carry a stack trace.
    pub debug: bool,
    /// The caps.
    pub limits: Limits,
    /// How long the start may take.
    pub start_timeout: Duration,
    /// How patient a stop is.
    pub patience: Patience,
    /// What to speak where the plugin does, too. JSON is always understood.
    pub encoding: Encoding,
}

/// How long a plugin gets at each step of being stopped before the next, ruder one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To answer `shutdown`, having finished what is in flight. Default 2 s.
    pub shutdown: Duration,
    /// To end after the end of its input. Default 1 s.
    pub end_of_input: Duration,
    /// To end after SIGTERM; then comes SIGKILL. Default 5 s.
    pub terminate: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            shutdown: Duration::from_secs(2),
            end_of_input: Duration::from_secs(1),
            terminate: Duration::from_secs(5),
        }
    }
}

/// A version of an interface and the hash of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceVersion {
    /// Semantic version of the interface.
    pub version: String,
    /// SHA-256, lower-case hex, of the document without descriptions.
    pub hash: Option<String>,
}

/// What a plugin said about itself when it was initialised.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Introduction {
    /// Its own manifest, as it sent it.
    pub manifest: serde_json::Map<String, Value>,
    /// Name to version and hash of what it implements.
    pub interfaces: std::collections::BTreeMap<String, InterfaceVersion>,
    /// The dialect or ABI that is spoken: `crossplug/1`.
    pub dialect: String,
    /// The id of its process, where it is one.
    pub process: Option<u32>,
    /// What its payloads are in: a passage is given no others, and gives no others.
    pub encoding: Encoding,
}

/// Names a call that a passage has in hand. Chosen by the passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallKey(pub u64);

/// One call.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// Wire name.
    pub method: &'a str,
    /// One encoded object.
    pub params: &'a Payload,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// W3C Trace Context.
    pub traceparent: Option<&'a str>,
    /// The caller takes a stream: so many items and bytes at first.
    pub credit: Option<(u32, u32)>,
    /// The caller will lend its thread through [`Passage::attend`] at once.
    pub attended: bool,
    /// The caller's thread is this call's until its end: the passage may run the plugin on it and answer before
    /// [`Passage::call`] returns.
    pub lent: bool,
    /// Params and result are bytes as they are, and no JSON. Only where [`Passage::carries_bytes`].
    pub raw: bool,
}

/// A plugin that was opened. Its methods may be called from any thread at any time and never wait for the plugin,
/// [`Passage::attend`] and calls to which a thread is [lent](Request::lent) excepted.
pub trait Passage: Send + Sync {
    /// What the plugin said about itself.
    fn introduction(&self) -> &Introduction;

    /// Takes a call in and tells `answer` what comes of it: whatever goes wrong goes there too.
    fn call(&self, request: Request<'_>, answer: Answer) -> CallKey;

    /// The caller gave the call up: its answer is dropped.
    fn cancel(&self, call: CallKey);

    /// The caller takes so much more of the stream.
    fn credit(&self, call: CallKey, items: u32, bytes: u32);

    /// The caller streams an item. False: the plugin takes none at the moment, and [`Answer::room`] tells when to try
    /// again.
    ///
    /// # Errors
    /// [`Limit`](crate::ErrorKind::Limit) where the item is too large or too much waits already; the error of the
    /// plugin's end where it has ended.
    fn upload(&self, call: CallKey, item: &Payload) -> Result<bool>;

    /// The caller streams no more.
    fn end_upload(&self, call: CallKey);

    /// Sends an event to the plugin.
    ///
    /// # Errors
    /// As for [`Passage::upload`], and [`Incompatible`](crate::ErrorKind::Incompatible) where the dialect has no events.
    fn emit(&self, name: &str, stream: Option<&str>, payload: &Payload) -> Result<()>;

    /// Lends the calling thread to the passage until `over` says so or the time comes, on behalf of a call. The thread is
    /// unparked when `over` may have changed; a passage that needs threads to make progress uses this one meanwhile.
    fn attend(&self, call: CallKey, over: &dyn Fn() -> bool, until: Option<Instant>) {
        let _ = call;
        while !over() {
            match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return,
                Some(left) => std::thread::park_timeout(left),
                None => std::thread::park(),
            }
        }
    }

    /// Whether it carries calls whose params and results are bytes as they are.
    fn carries_bytes(&self) -> bool {
        false
    }

    /// Whether the passage itself ends calls at their deadline. Where it does not, the host does.
    fn keeps_deadlines(&self) -> bool {
        false
    }

    /// Whether calls can still succeed.
    fn is_alive(&self) -> bool;

    /// Begins to stop the plugin, politely. [`Home::ended`] is told when nothing of it is left. A second time does
    /// nothing, and neither does one after the end.
    fn stop(&self);

    /// The same with a patience of its own in place of [`Opening::patience`]; a stop that is under way goes on with it. A
    /// passage whose stop has no steps need not implement this.
    fn stop_with(&self, patience: Patience) {
        let _ = patience;
        self.stop();
    }
}

/// How the answer to a service call gets back to the plugin. Given by a door to [`Home::service`].
pub trait ServiceReply: Send + Sync {
    /// Answers; at most once.
    fn reply(&self, outcome: std::result::Result<Payload, PluginError>);

    /// Passes on progress.
    fn progress(&self, fraction: Option<f64>, message: Option<&str>);

    /// Streams an item. False: the plugin takes none at the moment, and [`Asked::room`] tells when to try again.
    ///
    /// # Errors
    /// As for [`Passage::upload`].
    fn item(&self, item: &Payload) -> Result<bool>;

    /// The handler takes so much more of the plugin's upload.
    fn credit(&self, items: u32, bytes: u32);
}
