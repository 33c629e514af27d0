//! What a frame of the plugin leads to. Decided under the lock, done outside of it.

use std::sync::Arc;
use std::time::Instant;

use crossplug_protocol::codec;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::generated::protocol::InitializeResult;
use crossplug_protocol::handshake::Incompatible;
use crossplug_protocol::message::{Failure, Raw};
use crossplug_protocol::session::{CallId, Incoming, StreamId, Ticket};

use super::lead::broke;
use super::pump::Pump;
use super::reply::Back;
use super::wire::{Asking, Stage, Wire};
use crate::call::mailbox::{Mailbox, Progress};
use crate::door::{Answer, Asked, Home, InterfaceVersion, Introduction, Job};
use crate::log::{Level, LogSource};
use crate::{Error, ErrorKind, Payload, Result};

/// Something to do without a lock.
pub(super) enum Effect {
    Nothing,
    Settle(Answer, Result<Payload>),
    Progress(Arc<Mailbox>, Progress),
    Item(CallId, Arc<Mailbox>, Payload, u64),
    Room(Arc<Mailbox>),
    Upload(Asked, Payload, u64),
    UploadEnd(Asked),
    UploadRoom(Asked),
    Cancel(Asked),
    Event {
        name: String,
        stream: Option<String>,
        seq: u64,
        payload: Payload,
    },
    Log {
        source: LogSource,
        level: Level,
        message: String,
        fields: Option<Payload>,
    },
    Opened,
}

impl Pump {
    /// Takes a frame in.
    ///
    /// # Errors
    /// What ends the plugin.
    pub(super) fn take(
        &self,
        wire: &mut Wire,
        frame: &[u8],
        jobs: &mut Vec<Job>,
    ) -> Result<Effect> {
        let Some(incoming) = wire.session.receive(frame, &mut wire.out).map_err(broke)? else {
            return Ok(Effect::Nothing);
        };
        Ok(match incoming {
            Incoming::Reply { call, outcome } => {
                if let Some(stopping) = &mut wire.stopping {
                    stopping.heard(call);
                }
                match wire.settled(call) {
                    None => Effect::Nothing,
                    Some(answer) => Effect::Settle(
                        answer,
                        match outcome {
                            Ok(result) => Ok(keep(result)),
                            Err(failure) => {
                                Err(Error::from_plugin("call", PluginError::from(failure)))
                            }
                        },
                    ),
                }
            }
            Incoming::Progress {
                call,
                fraction,
                message,
            } => match wire.mailbox(call) {
                None => Effect::Nothing,
                Some(mailbox) => Effect::Progress(
                    mailbox,
                    Progress {
                        fraction,
                        message: message.map(|text| text.into_owned()),
                    },
                ),
            },
            Incoming::Item { stream, item, size } => {
                match (stream, u64::try_from(size).unwrap_or(u64::MAX)) {
                    (StreamId::Call(call), size) => match wire.mailbox(call) {
                        None => Effect::Nothing,
                        Some(mailbox) => Effect::Item(call, mailbox, keep(item), size),
                    },
                    (StreamId::Answer(ticket), size) => match asked(wire, ticket) {
                        None => Effect::Nothing,
                        Some(asked) => Effect::Upload(asked, keep(item), size),
                    },
                }
            }
            Incoming::Credit {
                stream: StreamId::Call(call),
            } => wire.mailbox(call).map_or(Effect::Nothing, Effect::Room),
            Incoming::Credit {
                stream: StreamId::Answer(ticket),
            } => asked(wire, ticket).map_or(Effect::Nothing, Effect::UploadRoom),
            Incoming::End { ticket } => {
                asked(wire, ticket).map_or(Effect::Nothing, Effect::UploadEnd)
            }
            Incoming::Cancel { ticket, .. } => {
                asked(wire, ticket).map_or(Effect::Nothing, Effect::Cancel)
            }
            Incoming::Request {
                ticket,
                method,
                params,
                timeout,
                traceparent,
            } => {
                let params = params.map_or_else(|| Payload::trust(b"{}".to_vec()), keep);
                let bytes = params.as_bytes().len();
                if wire.asked_bytes.saturating_add(bytes) > self.most_asked {
                    let text = format!(
                        "more than {} bytes of unanswered calls wait at the host",
                        self.most_asked
                    );
                    let failure = Failure {
                        retryable: true,
                        ..Failure::new("resourceExhausted", text)
                    };
                    let _ = wire.session.respond(ticket, Err(&failure), &mut wire.out);
                    return Ok(Effect::Nothing);
                }
                let back = Back::new(self.itself(), ticket);
                let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
                let (asked, job) = self.home.service(
                    &method,
                    params,
                    deadline,
                    traceparent.as_deref(),
                    Box::new(back),
                );
                wire.asked_bytes += bytes;
                wire.asked.insert(ticket, Asking { asked, bytes });
                jobs.push(job);
                Effect::Nothing
            }
            Incoming::Event {
                name,
                stream,
                seq,
                payload,
            } => Effect::Event {
                name: name.into_owned(),
                stream: stream.map(|stream| stream.into_owned()),
                seq,
                payload: keep(payload),
            },
            Incoming::Log {
                level,
                message,
                fields,
            } => {
                // What a dialect makes of a stray print.
                let stray = fields
                    .as_ref()
                    .is_some_and(|fields| fields.as_bytes() == br#"{"stream":"stdout"}"#);
                let source = if stray {
                    LogSource::Stdout
                } else {
                    LogSource::Plugin
                };
                Effect::Log {
                    source,
                    level,
                    message: message.into_owned(),
                    fields: fields.map(keep),
                }
            }
            Incoming::Complaint(failure) => Effect::Log {
                source: LogSource::Host,
                level: Level::Warn,
                message: format!("the plugin could not read a message: {}", failure.message),
                fields: None,
            },
            Incoming::Opened { result, .. } => {
                wire.stage =
                    Stage::Open(Arc::new(introduction(wire, &keep(result), self.process())?));
                Effect::Opened
            }
            Incoming::Incompatible(incompatible) => return Err(do_not_fit(incompatible)),
            // For plugins.
            _ => Effect::Nothing,
        })
    }

    /// Does it.
    pub(super) fn run(&self, effect: Effect) {
        let home: &Home = &self.home;
        match effect {
            Effect::Nothing => {}
            Effect::Settle(answer, outcome) => answer.finish(outcome),
            Effect::Progress(mailbox, progress) => mailbox.progress(progress),
            Effect::Item(call, mailbox, item, size) => {
                if !mailbox.item(item, size) {
                    self.give_up(call);
                }
            }
            Effect::Room(mailbox) => mailbox.room(),
            Effect::Upload(asked, item, size) => asked.item(item, size),
            Effect::UploadEnd(asked) => asked.end(),
            Effect::UploadRoom(asked) => asked.room(),
            Effect::Cancel(asked) => asked.cancel(),
            Effect::Event {
                name,
                stream,
                seq,
                payload,
            } => home.event(&name, stream.as_deref(), seq, payload),
            Effect::Log {
                source,
                level,
                message,
                fields,
            } => home.log(source, level, message, fields.as_ref()),
            Effect::Opened => self.opened.fill(Ok(())),
        }
    }
}

/// Out of the frame, which is about to be overwritten.
fn keep(raw: Raw<'_>) -> Payload {
    Payload::trust(raw.into_bytes())
}

fn asked(wire: &Wire, ticket: Ticket) -> Option<Asked> {
    wire.asked.get(&ticket).map(|asking| asking.asked.clone())
}

/// What the plugin says about itself.
fn introduction(wire: &Wire, result: &Payload, process: u32) -> Result<Introduction> {
    let said = codec::decode_scanned::<InitializeResult>(result.as_json()).map_err(|error| {
        let what = format!("the answer to `initialize` is not of its type: {error}");
        Error::new(ErrorKind::Protocol, "load")
            .with_context(what)
            .with_source(error)
    })?;
    let version =
        |said: crossplug_protocol::generated::protocol::InterfaceVersion| InterfaceVersion {
            version: said.version,
            hash: said.hash,
        };
    Ok(Introduction {
        manifest: said.manifest.into_iter().collect(),
        interfaces: said
            .interfaces
            .into_iter()
            .map(|(name, said)| (name, version(said)))
            .collect(),
        dialect: wire.session.dialect().to_owned(),
        process: Some(process),
    })
}

/// What a handshake that failed is to whoever loads the plugin.
fn do_not_fit(incompatible: Incompatible) -> Error {
    let context = incompatible.to_string();
    match incompatible {
        Incompatible::Malformed(_) => Error::new(ErrorKind::Protocol, "load")
            .with_context(context)
            .with_source(incompatible),
        Incompatible::Refused(error) => {
            // A plugin that refuses the version or a feature says which ones it has.
            let member = |name| {
                error
                    .details
                    .as_ref()
                    .is_some_and(|details| details.get(name).is_some())
            };
            let fits =
                error.code != "failedPrecondition" || !(member("supported") || member("feature"));
            let kind = if fits {
                ErrorKind::Start
            } else {
                ErrorKind::Incompatible
            };
            Error::new(kind, "load")
                .with_context(context)
                .with_source(error)
        }
        _ => Error::new(ErrorKind::Incompatible, "load")
            .with_context(context)
            .with_source(incompatible),
    }
}
