//! Calls that come apart from the messages, and most of which are answered apart: the short cut of ABIs where a call is a
//! function. One that streams, says how far it is, or waits, becomes a request of the conversation like any other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossplug_protocol::codec::Encoded;
use crossplug_protocol::dialect::crossplug::Crossplug;
use crossplug_protocol::dialect::{Dialect as _, Role};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::FrameWriter;
use crossplug_protocol::handshake::Encoding;
use crossplug_protocol::json;
use crossplug_protocol::message::{Failure, Id, Message};
use crossplug_protocol::session::Ticket;

use super::{Call, Runtime, State, Task};
use crate::context::Context;
use crate::lock::locked;

/// What became of a call that came apart.
#[derive(Debug)]
pub(crate) enum Direct {
    /// It is answered: with an encoded result.
    Done(Vec<u8>),
    /// It is answered: with an error.
    Failed(Box<PluginError>),
    /// It goes on as the request with its id, and is answered by a message.
    Pending,
}

/// The part of a call's state that only such calls have.
#[derive(Debug, Default)]
pub(super) struct Apart(Mutex<Stage>);

#[derive(Debug, Default)]
enum Stage {
    /// It is a request like any other.
    #[default]
    Never,
    /// Its first poll is under way.
    First(i64),
    /// It was answered in its first poll.
    Answered(Result<Vec<u8>, PluginError>),
}

impl Apart {
    /// Keeps an answer that can be given apart; gives back one that cannot.
    pub(super) fn answer(
        &self,
        outcome: Result<Vec<u8>, PluginError>,
    ) -> Option<Result<Vec<u8>, PluginError>> {
        let mut stage = locked(&self.0);
        if let Stage::First(_) = *stage {
            *stage = Stage::Answered(outcome);
            return None;
        }
        Some(outcome)
    }

    fn id(&self) -> Option<i64> {
        match *locked(&self.0) {
            Stage::First(id) => Some(id),
            Stage::Never | Stage::Answered(_) => None,
        }
    }

    /// The first poll is over.
    fn end(&self) -> Option<Result<Vec<u8>, PluginError>> {
        match std::mem::take(&mut *locked(&self.0)) {
            Stage::Answered(outcome) => Some(outcome),
            Stage::Never | Stage::First(_) => None,
        }
    }
}

impl Call {
    /// Makes a request of a call that came apart.
    pub(super) fn adopt(self: &Arc<Self>) -> Option<Ticket> {
        let id = self.apart.id()?;
        self.runtime.with(|state| {
            let ticket = self.set_ticket(state.session.adopt(&Id::Int(id))?);
            state.calls.insert(ticket, Arc::clone(self));
            Some(ticket)
        })
    }
}

impl Runtime {
    /// Calls a method apart from the messages. Its handler runs as far as it goes.
    pub(crate) fn call_apart(
        self: &Arc<Self>,
        method: &str,
        params: &[u8],
        id: i64,
        timeout: Option<Duration>,
    ) -> Direct {
        let failed = |failure: Failure<'_>| {
            let error = PluginError::of_failure(failure, Encoding::Json);
            Direct::Failed(Box::new(error))
        };
        let deadline = timeout.and_then(|timeout| self.now().checked_add(timeout));
        let begun = self.with(|state| state.begin_apart(self, id, deadline));
        let (call, depth, most) = match begun {
            Ok(begun) => begun,
            Err(failure) => return failed(failure),
        };
        // The same laws as for params in a message, which lie one level deep.
        if let Err(error) = json::check(params, depth.saturating_sub(1)) {
            self.end_apart(&call);
            return failed(Failure::new(
                "parseError",
                format!("the params are not JSON: {error}"),
            ));
        }
        let params = Encoded::new(Encoding::Json, params);
        let context = Context::new(Arc::clone(&call));
        let answering = self
            .plugin
            .interfaces()
            .find_map(|interface| interface.call(&context, method, params));
        match answering {
            Some(answering) => Task::answering(Arc::clone(&call), answering).run(),
            None => self.finish(&call, Err(self.plugin.no_method(method))),
        }
        // One that waits is a request from now on: before its stage is, so that nothing can end it in between.
        if call.apart.id().is_some() {
            call.ticket();
        }
        let Some(outcome) = call.apart.end() else {
            return Direct::Pending;
        };
        self.end_apart(&call);
        match outcome {
            Ok(result) if result.len() > most => {
                let text = format!(
                    "the answer cannot be sent: a message of {} bytes is too large: the peer takes at most {most}",
                    result.len()
                );
                failed(Failure::new("resourceExhausted", text))
            }
            Ok(result) => Direct::Done(result),
            Err(error) => Direct::Failed(Box::new(error)),
        }
    }

    /// A call that came apart is answered apart.
    fn end_apart(self: &Arc<Self>, call: &Call) {
        let Some(ticket) = call.known_ticket() else {
            return;
        };
        let speaks = self.with(|state| {
            state.calls.remove(&ticket);
            state.session.release(ticket, &mut state.out);
            !state.out.is_empty()
        });
        if speaks {
            self.flush();
        }
    }
}

impl State {
    /// Begins a call apart from the messages. With it come the nesting of its params and the size of its result that the
    /// host bears.
    fn begin_apart(
        &mut self,
        runtime: &Arc<Runtime>,
        id: i64,
        deadline: Option<Duration>,
    ) -> Result<(Arc<Call>, u32, usize), Failure<'static>> {
        self.session.admit_apart(&Id::Int(id))?;
        let Some(opened) = self.opened.clone() else {
            let text = "`initialize` comes first";
            return Err(Failure::new("failedPrecondition", text));
        };
        let mut call = Call::new(Arc::clone(runtime), opened, None, deadline, None);
        call.apart = Apart(Mutex::new(Stage::First(id)));
        let call = Arc::new(call);
        // Its cancellation and a shutdown have to find it while it runs.
        if runtime.outside.is_shared()
            && let Some(ticket) = self.session.adopt(&Id::Int(id))
        {
            call.set_ticket(ticket);
            self.calls.insert(ticket, Arc::clone(&call));
        }
        let limits = self.session.limits();
        Ok((call, limits.depth, limits.frame_bytes))
    }
}

/// An error as a reply would hold it.
pub(crate) fn error_object(error: &PluginError) -> Vec<u8> {
    let reply = error_reply(None, error);
    json::member(&reply, "error")
        .map(<[u8]>::to_vec)
        .unwrap_or_default()
}

/// The reply that holds it.
pub(crate) fn error_reply(id: Option<Id<'_>>, error: &PluginError) -> Vec<u8> {
    let mut out = FrameWriter::new();
    let outcome = Err(error.to_failure(Encoding::Json));
    // An error is never larger than a frame may be by default.
    let _ = Crossplug::new(Role::Plugin).write(&Message::Reply { id, outcome }, &mut out);
    out.take()
}
