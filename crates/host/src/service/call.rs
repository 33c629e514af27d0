//! A call of a plugin to the host, as its handler sees it.

use std::sync::Arc;
use std::time::Instant;

use crossplug_protocol::handshake::Encoding;

use super::inbox::Inbox;
use crate::plugin::WeakPlugin;
use crate::{IntoPayload, Payload, Plugin, Result};

/// A call of a plugin to the host.
#[derive(Debug)]
pub struct ServiceCall {
    pub(super) method: String,
    pub(super) params: Payload,
    pub(super) deadline: Option<Instant>,
    pub(super) traceparent: Option<String>,
    pub(super) plugin: WeakPlugin,
    pub(super) inbox: Arc<Inbox>,
}

impl ServiceCall {
    /// Wire name of the service.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// What it was called with.
    #[must_use]
    pub fn params(&self) -> &Payload {
        &self.params
    }

    /// When the plugin stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// W3C Trace Context, for calls that the handler makes.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// Name of the plugin that calls.
    #[must_use]
    pub fn plugin_name(&self) -> &str {
        self.plugin.name()
    }

    /// The plugin that calls, to call it in turn. None while it is being initialised or after its end.
    #[must_use]
    pub fn plugin(&self) -> Option<Plugin> {
        self.plugin.upgrade()
    }

    /// What the plugin's payloads are in.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.params.encoding()
    }

    /// Whether the plugin has given the call up. A handler that awaits is dropped then; one that blocks may look.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inbox.is_over()
    }

    /// Passes progress to the plugin.
    pub fn progress(&self, fraction: Option<f64>, message: Option<&str>) {
        self.inbox.reply().progress(fraction, message);
    }

    /// Streams an item to the plugin; waits until it takes one.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) where the plugin has given the call up; otherwise as for
    /// [`Passage::upload`](crate::door::Passage::upload).
    pub async fn send(&self, item: impl IntoPayload) -> Result<()> {
        self.inbox.send(&item.into_payload(self.encoding())?).await
    }

    /// The next item that the plugin streams, none after the last.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) where the plugin has given the call up.
    pub async fn next(&self) -> Result<Option<Payload>> {
        self.inbox.next().await
    }
}
