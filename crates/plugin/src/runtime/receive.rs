//! What a frame means to a plugin: whom it wakes, what it begins.

use std::sync::{Arc, MutexGuard};
use std::task::Waker;
use std::time::Duration;

use crossplug_protocol::codec::Encoded;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::message::{Level, Raw};
use crossplug_protocol::session::{Incoming, StreamId, Ticket};

use super::{Asked, Call, Inbox, Opened, Runtime, State, Task};
use crate::context::Context;
use crate::event::Event;
use crate::lock::locked;

impl Runtime {
    /// Takes one frame. Tasks that it begins or wakes are ready afterwards.
    pub(crate) fn receive(self: &Arc<Self>, frame: &[u8]) {
        let mut guard = locked(&self.state);
        let state = &mut *guard;
        match state.session.receive(frame, &mut state.out) {
            Ok(Some(incoming)) => self.act(guard, incoming),
            Ok(None) => {}
            Err(violation) => {
                drop(guard);
                self.outside
                    .aside(&format!("the host broke the protocol: {violation}"));
            }
        }
    }

    /// Nothing of an author's runs, and nobody is woken, while the state is locked.
    fn act(self: &Arc<Self>, mut state: MutexGuard<'_, State>, incoming: Incoming<'_>) {
        match incoming {
            Incoming::Request {
                ticket,
                method,
                params,
                timeout,
                traceparent,
            } => {
                let traceparent = traceparent.map(|text| text.into_owned());
                if let Some(call) = self.take_in(&mut state, ticket, timeout, traceparent) {
                    drop(state);
                    self.begin(call, &method, params.as_ref());
                }
            }
            Incoming::Reply { call, outcome } => {
                let asked = state.asked.remove(&call);
                let encoding = state.session.choice().encoding;
                drop(state);
                if let Some(asked) = asked {
                    let failed = |failure| PluginError::of_failure(failure, encoding);
                    asked.settle(outcome.map(Raw::into_bytes).map_err(failed));
                }
            }
            Incoming::Unreadable { call, violation } => {
                let asked = state.asked.remove(&call);
                drop(state);
                self.log(
                    Level::Warn,
                    &format!("the host broke the protocol: {violation}"),
                    None,
                );
                if let Some(asked) = asked {
                    asked.settle(Err(PluginError::new("protocolViolation", violation.detail)));
                }
            }
            Incoming::Item { stream, item, size } => {
                let receiver = state.receiver(stream);
                drop(state);
                if let Some(receiver) = receiver {
                    receiver.inbox().push(item.into_bytes(), size);
                }
            }
            Incoming::End { ticket } => {
                let receiver = state.receiver(StreamId::Answer(ticket));
                drop(state);
                if let Some(receiver) = receiver {
                    receiver.inbox().end();
                }
            }
            Incoming::Credit { stream } => {
                let receiver = state.receiver(stream);
                drop(state);
                receiver
                    .and_then(|receiver| receiver.credit_waker())
                    .into_iter()
                    .for_each(Waker::wake);
            }
            Incoming::Cancel { ticket, answered } => {
                let call = state.calls.get(&ticket).cloned();
                drop(state);
                if let Some(call) = call {
                    call.cancel(answered);
                }
            }
            Incoming::Event {
                name,
                stream,
                seq,
                payload,
            } => {
                let opened = state.opened.clone();
                let encoding = state.session.choice().encoding;
                drop(state);
                let (name, stream) = (name.into_owned(), stream.map(|text| text.into_owned()));
                let payload = Encoded::new(encoding, payload.as_bytes());
                self.happened(
                    opened,
                    Event {
                        name,
                        stream,
                        seq,
                        payload,
                    },
                );
            }
            Incoming::Initialize { ticket, params } => {
                drop(state);
                self.open(ticket, params.as_str());
            }
            Incoming::Incompatible(incompatible) => {
                drop(state);
                self.outside
                    .aside(&format!("cannot talk to this host: {incompatible}"));
            }
            Incoming::Complaint(failure) => {
                drop(state);
                let line = format!("the host could not read a message: {}", failure.message);
                self.log(Level::Warn, &line, None);
            }
            Incoming::Tolerated(violation) => {
                drop(state);
                self.log(
                    Level::Warn,
                    &format!("the host broke the protocol: {violation}"),
                    None,
                );
            }
            _ => {}
        }
    }

    /// What is known of a request while it is answered.
    fn take_in(
        self: &Arc<Self>,
        state: &mut State,
        ticket: Ticket,
        timeout: Option<Duration>,
        traceparent: Option<String>,
    ) -> Option<Arc<Call>> {
        let opened = state.opened.clone()?;
        let deadline = timeout.and_then(|timeout| self.now().checked_add(timeout));
        let call = Arc::new(Call::new(
            Arc::clone(self),
            opened,
            Some(ticket),
            deadline,
            traceparent,
        ));
        state.calls.insert(ticket, Arc::clone(&call));
        Some(call)
    }

    /// Hands a call to the interface that has its method.
    fn begin(self: &Arc<Self>, call: Arc<Call>, method: &str, params: Option<&Raw<'_>>) {
        let encoding = call.opened.encoding;
        let nothing = encoding.empty();
        let params = Encoded::new(encoding, params.unwrap_or(&nothing).as_bytes());
        let context = Context::new(Arc::clone(&call));
        let answering = self
            .plugin
            .interfaces()
            .find_map(|interface| interface.call(&context, method, params));
        match answering {
            Some(answering) => self.schedule(Task::answering(call, answering)),
            None => self.finish(&call, Err(self.plugin.no_method(method))),
        }
    }

    /// Hands an event to every interface that listens to it, in the order of arrival.
    fn happened(self: &Arc<Self>, opened: Option<Arc<Opened>>, event: Event<Encoded<'_>>) {
        let Some(opened) = opened else { return };
        let context = Context::new(Arc::new(Call::aside(self, opened)));
        for interface in self.plugin.interfaces() {
            if let Some(handling) = interface.event(&context, event.clone())
                && let Some(task) = self.events.push(self, handling)
            {
                self.schedule(task);
            }
        }
    }
}

/// This side's end of a stream.
enum Receiver {
    Call(Arc<Call>),
    Asked(Arc<Asked>),
}

impl Receiver {
    fn inbox(&self) -> &Inbox {
        match self {
            Self::Call(call) => call.inbox(),
            Self::Asked(asked) => asked.inbox(),
        }
    }

    fn credit_waker(&self) -> Option<Waker> {
        match self {
            Self::Call(call) => call.take_credit_waker(),
            Self::Asked(asked) => asked.take_credit_waker(),
        }
    }
}

impl State {
    fn receiver(&self, stream: StreamId) -> Option<Receiver> {
        match stream {
            StreamId::Answer(ticket) => self.calls.get(&ticket).cloned().map(Receiver::Call),
            StreamId::Call(call) => self.asked.get(&call).cloned().map(Receiver::Asked),
        }
    }
}
