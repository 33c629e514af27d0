//! Load crossplug plugins from Rust and call them.
//!
//! A [`Host`] loads a plugin through a [`Door`](door::Door): the process door starts a program and speaks with it, the
//! memory door calls functions of the same program, and a program can bring doors of its own. What it loads is a
//! [`Plugin`]; its [`Call`]s are awaited, blocked on, or streamed.
//!
//! ```no_run
//! # async fn demo() -> crossplug_host::Result<()> {
//! use crossplug_host::Host;
//!
//! let host = Host::builder().name("demo").build();
//! let plugin = host.load("plugins/notes").await?;
//! let result = plugin.call("note.count", serde_json::json!({ "in": "inbox" })).await?;
//! println!("{}", result.as_json());
//! plugin.stop().await;
//! # Ok(()) }
//! ```
//!
//! No runtime is needed: futures work under any executor, and every one has a blocking twin that takes no other thread.
//! Generated typed clients stand on the same calls. The crate's README is the page for authors of hosts.

mod call;
pub mod door;
pub mod elizaos;
mod error;
mod executor;
mod generated;
mod home;
mod host;
mod log;
mod payload;
#[cfg(unix)]
mod platform;
mod plugin;
mod service;
#[doc(hidden)]
pub mod typed;
mod waking;

pub use async_trait::async_trait;
pub use call::{Call, CallFuture, Progress, RawCall, RawFuture, Stream, Uploader};
pub use crossplug_policy as policy;
pub use crossplug_policy::Grants;
pub use crossplug_protocol as protocol;
pub use crossplug_protocol::error::PluginError;
pub use crossplug_protocol::session::Limits;
pub use error::{Error, ErrorKind, Result};
pub use generated::{agent, chat, conformance, events, http, tool};
pub use home::Ending;
pub use host::{Host, HostBuilder, Load};
pub use log::{Event, Level, Log, LogSource};
pub use payload::{IntoPayload, Payload};
pub use plugin::Plugin;
pub use service::{Offer, ServiceCall, ServiceHandler, ServiceResult};
pub use typed::{
    ServiceItems, ServiceUpload, StreamingCall, TypedCall, TypedFuture, TypedStream, TypedUploader,
};

/// The page for authors of hosts, whose code is tested like any other.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
