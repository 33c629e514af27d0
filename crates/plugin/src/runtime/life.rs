//! The beginning and the end: `initialize`, what the plugin does before its first call, and what it does after its last.

use std::sync::Arc;

use crossplug_protocol::codec::{self, JsonMap};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::generated::protocol::InitializeParams;
use crossplug_protocol::handshake::Welcome;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{Refused, Ticket};

use super::{Call, Opened, Runtime, Task};
use crate::context::Context;

/// How far the plugin's life has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// The host was not told yet that the conversation is open.
    #[default]
    Before,
    /// Calls come.
    Open,
    /// It stops.
    Stopping,
    /// It has stopped.
    Over,
}

impl Runtime {
    /// The host wants to begin: the plugin starts, then `initialize` is answered.
    pub(super) fn open(self: &Arc<Self>, ticket: Ticket, params: &str) {
        let opened = match codec::decode_scanned::<InitializeParams>(params) {
            Ok(params) => Arc::new(Opened::new(params)),
            Err(error) => return self.refuse(ticket, &PluginError::from(error)),
        };
        self.with(|state| state.opened = Some(Arc::clone(&opened)));
        let Some(lifecycle) = self.plugin.lifecycle() else {
            return self.welcome(ticket);
        };
        let call = Arc::new(Call::aside(self, opened));
        let context = Context::new(Arc::clone(&call));
        let starting = async move { lifecycle.on_start(&context).await.map(|()| Vec::new()) };
        self.schedule(Task::starting(call, ticket, Box::pin(starting)));
    }

    /// The plugin has started, or could not.
    pub(super) fn started(self: &Arc<Self>, ticket: Ticket, outcome: Result<Vec<u8>, PluginError>) {
        match outcome {
            Ok(_) => self.welcome(ticket),
            Err(error) => self.refuse(ticket, &error),
        }
    }

    fn refuse(self: &Arc<Self>, ticket: Ticket, error: &PluginError) {
        let failure = error.as_failure();
        let _ = self.with(|state| state.session.respond(ticket, Err(&failure), &mut state.out));
        self.flush();
    }

    fn welcome(self: &Arc<Self>, ticket: Ticket) {
        let text = |map: &JsonMap| serde_json::to_vec(map).unwrap_or_else(|_| b"{}".to_vec());
        let (manifest, interfaces) = (text(self.plugin.manifest()), text(&self.plugin.versions()));
        self.outside.opening();
        let accepted = self.with(|state| {
            let welcome = Welcome::new(Raw::trust(&manifest), Raw::trust(&interfaces));
            state.session.accept(ticket, &welcome, &mut state.out)
        });
        match accepted {
            Ok(()) => {
                self.with(|state| state.life = Life::Open);
                self.tell_early();
            }
            // The input has ended while the plugin started.
            Err(Refused::Ended) => {
                self.refuse(
                    ticket,
                    &PluginError::unavailable("the plugin is shutting down"),
                );
            }
            Err(refused) => self
                .outside
                .aside(&format!("the plugin could not say what it is: {refused}")),
        }
        self.flush();
    }

    /// After the last answer: lets the plugin tidy up, once. [`Runtime::has_stopped`] says when it has.
    pub(crate) fn stop(self: &Arc<Self>) {
        self.tell_early();
        let (life, opened) = self.with(|state| {
            let before = state.life;
            state.life = match before {
                Life::Open => Life::Stopping,
                Life::Before => Life::Over,
                other => other,
            };
            (before, state.opened.clone())
        });
        if life != Life::Open {
            return;
        }
        match (self.plugin.lifecycle(), opened) {
            (Some(lifecycle), Some(opened)) => {
                let call = Arc::new(Call::aside(self, opened));
                let context = Context::new(Arc::clone(&call));
                let stopping = async move {
                    lifecycle.on_stop(&context).await;
                    Ok(Vec::new())
                };
                self.schedule(Task::stopping(call, Box::pin(stopping)));
            }
            _ => self.stopped(),
        }
    }

    /// Nothing of the plugin runs any more.
    pub(super) fn stopped(&self) {
        self.with(|state| state.life = Life::Over);
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.with(|state| state.life == Life::Over)
    }
}
