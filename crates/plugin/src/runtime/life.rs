//! The beginning and the end: `initialize`, what the plugin does before its first call, and what it does after its last.

use std::sync::Arc;

use crossplug_protocol::codec::{self, JsonMap};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::generated::protocol::InitializeParams;
use crossplug_protocol::handshake::{Encoding, Welcome};
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
            Ok(params) => {
                if !self.outside.admits(params.token.as_deref()) {
                    let what = "the token is missing or another one than the plugin's in `CROSSPLUG_TOKEN`";
                    return self.refuse(ticket, &PluginError::new("permissionDenied", what));
                }
                let encoding = self.with(|state| state.session.encoding());
                Arc::new(Opened::new(params, encoding))
            }
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
        // The handshake is JSON, whatever was chosen in it.
        let failure = error.to_failure(Encoding::Json);
        let _ = self.with(|state| state.session.respond(ticket, Err(&failure), &mut state.out));
        self.flush();
    }

    fn welcome(self: &Arc<Self>, ticket: Ticket) {
        let text = |map: &JsonMap| serde_json::to_vec(map).unwrap_or_else(|_| b"{}".to_vec());
        let (manifest, interfaces) = (text(self.plugin.manifest()), text(&self.plugin.versions()));
        self.outside.opening();
        let accepted = self.with(|state| {
            let mut welcome = Welcome::new(Raw::trust(&manifest), Raw::trust(&interfaces));
            welcome.token = self.outside.token();
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

    /// After the stop: lets go of whatever waits for something that will not come. What runs yet ends by itself.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn let_go(&self) {
        self.events.end();
        let left = self.with(|state| {
            state.deaf = true;
            let wakers = (
                std::mem::take(&mut state.sleepers),
                std::mem::take(&mut state.waiting),
            );
            (wakers, std::mem::take(&mut state.asked))
        });
        // Wakers and what they hold are anybody's code.
        drop(left);
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.with(|state| state.life == Life::Over)
    }
}
