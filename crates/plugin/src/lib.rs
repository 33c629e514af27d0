//! Write a crossplug plugin in Rust.
//!
//! Implement the generated trait of an interface, name it in [`export!`], and the program is a plugin that any host of
//! crossplug can load:
//!
//! ```
//! use crossplug_plugin::agent::{ActionInvoke, ActionResult, Agent};
//! use crossplug_plugin::{Context, PluginError, async_trait};
//!
//! #[derive(Default)]
//! struct Greeter;
//!
//! #[async_trait]
//! impl Agent for Greeter {
//!     async fn action_invoke(&self, ctx: &Context, params: ActionInvoke) -> Result<ActionResult, PluginError> {
//!         ctx.log().info(format!("asked for {}", params.action));
//!         Ok(ActionResult::new(true).with_text("hello"))
//!     }
//! }
//!
//! crossplug_plugin::export!(Greeter: Agent);
//! ```
//!
//! What an author prints goes into the host's log, or to standard error before there is one, never into the protocol. A
//! panic becomes an error of that one call. [`testing`] calls a plugin in a test, without a host.

mod context;
mod definition;
pub mod dispatch;
mod event;
pub mod export;
mod generated;
mod lifecycle;
mod lock;
mod runtime;
mod service;
mod stream;
pub mod testing;

pub use async_trait::async_trait;
pub use context::{Cancelled, Context, Log, Sleep};
pub use crossplug_protocol as protocol;
pub use crossplug_protocol::codec::{JsonMap, Value};
pub use crossplug_protocol::error::PluginError;
pub use crossplug_protocol::generated::protocol::{Granted, Peer};
pub use crossplug_protocol::message::Level;
pub use definition::Plugin;
pub use event::Event;
pub use generated::{agent, chat, conformance, events, http, tool};
pub use lifecycle::Lifecycle;
pub use service::{ServiceCall, ServiceRequest};
pub use stream::{ItemReceiver, ItemSender, Sending};

/// The page for authors, whose code is tested like any other.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
