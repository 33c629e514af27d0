//! What a frame of the plugin leads to. Decided under the lock, done outside of it.

use std::sync::Arc;
use std::time::Instant;

use crossplug_protocol::codec;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::generated::protocol::InitializeResult;
use crossplug_protocol::handshake::{Encoding, Incompatible};
use crossplug_protocol::message::{Failure, Raw};
use crossplug_protocol::session::{CallId, Incoming, StreamId};

use super::reply::Back;
use super::{Asking, Conversation, Party, Stage, broke, give_up, kind_of};
use crate::call::mailbox::{Mailbox, Progress};
use crate::door::{Answer, Asked, InterfaceVersion, Introduction, Job};
use crate::log::{Level, LogSource};
use crate::{Error, ErrorKind, Payload, Result};

/// Something to do without a lock.
pub(in crate::door) enum Effect {
    Nothing,
    Settle(Answer, Result<Payload>),
    /// A reply to something else than a call: to `shutdown`.
    Replied(CallId),
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

impl Conversation {
    /// Takes a frame in. `process` is the id of the plugin's process, where it is one.
    ///
    /// # Errors
    /// What ends the plugin.
    pub(in crate::door) fn take(
        &mut self,
        frame: &[u8],
        party: &impl Party,
        process: Option<u32>,
        jobs: &mut Vec<Job>,
    ) -> Result<Effect> {
        // The answer to `initialize` is still in the old one.
        let encoding = self.session.choice().encoding;
        let keep = |raw: Raw<'_>| Payload::trust_in(encoding, raw.into_bytes());
        let Some(incoming) = self.session.receive(frame, &mut self.out).map_err(broke)? else {
            return Ok(Effect::Nothing);
        };
        Ok(match incoming {
            Incoming::Reply { call, outcome } => match self.settled(call) {
                None => Effect::Replied(call),
                Some(pending) => Effect::Settle(
                    pending.answer,
                    match outcome {
                        Ok(result) => Ok(keep(result)),
                        Err(failure) => {
                            let error = PluginError::of_failure(failure, encoding);
                            Err(Error::from_plugin("call", error))
                        }
                    },
                ),
            },
            Incoming::Progress {
                call,
                fraction,
                message,
            } => match self.mailbox(call) {
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
                    (StreamId::Call(call), size) => match self.mailbox(call) {
                        None => Effect::Nothing,
                        Some(mailbox) => Effect::Item(call, mailbox, keep(item), size),
                    },
                    (StreamId::Answer(ticket), size) => match self.asked(ticket) {
                        None => Effect::Nothing,
                        Some(asked) => Effect::Upload(asked, keep(item), size),
                    },
                }
            }
            Incoming::Credit {
                stream: StreamId::Call(call),
            } => self.mailbox(call).map_or(Effect::Nothing, Effect::Room),
            Incoming::Credit {
                stream: StreamId::Answer(ticket),
            } => self
                .asked(ticket)
                .map_or(Effect::Nothing, Effect::UploadRoom),
            Incoming::End { ticket } => self
                .asked(ticket)
                .map_or(Effect::Nothing, Effect::UploadEnd),
            Incoming::Cancel { ticket, .. } => {
                self.asked(ticket).map_or(Effect::Nothing, Effect::Cancel)
            }
            Incoming::Request {
                ticket,
                method,
                params,
                timeout,
                traceparent,
            } => {
                let params = keep(params.unwrap_or(encoding.empty()));
                let bytes = params.as_bytes().len();
                let most = self.session.limits().buffered_bytes;
                if self.asked_bytes.saturating_add(bytes) > most {
                    let text =
                        format!("more than {most} bytes of unanswered calls wait at the host");
                    let failure = Failure {
                        retryable: true,
                        ..Failure::new("resourceExhausted", text)
                    };
                    let _ = self.session.respond(ticket, Err(&failure), &mut self.out);
                    return Ok(Effect::Nothing);
                }
                let back = Back::new(party.itself(), self.turn, ticket);
                let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
                let (asked, job) = party.home().service(
                    &method,
                    params,
                    deadline,
                    traceparent.as_deref(),
                    Box::new(back),
                );
                self.asked_bytes += bytes;
                self.asked.insert(ticket, Asking { asked, bytes });
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
                    .is_some_and(|fields| fields.as_bytes() == stray(encoding));
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
            Incoming::Complaint(failure) => {
                if matches!(self.stage, Stage::Opening) {
                    self.complaint = Some(failure.message.to_string());
                }
                Effect::Log {
                    source: LogSource::Host,
                    level: Level::Warn,
                    message: format!("the plugin could not read a message: {}", failure.message),
                    fields: None,
                }
            }
            Incoming::Opened { result, .. } => {
                self.stage = Stage::Open(Arc::new(self.introduction(&keep(result), process)?));
                Effect::Opened
            }
            Incoming::Incompatible(incompatible) => return Err(do_not_fit(incompatible)),
            // For plugins.
            _ => Effect::Nothing,
        })
    }
}

impl Effect {
    /// Does it.
    pub(in crate::door) fn run(self, party: &impl Party) {
        let home = party.home();
        match self {
            // What the last two mean is for the party.
            Effect::Nothing | Effect::Replied(_) | Effect::Opened => {}
            Effect::Settle(answer, outcome) => answer.finish(outcome),
            Effect::Progress(mailbox, progress) => mailbox.progress(progress),
            Effect::Item(call, mailbox, item, size) => {
                if !mailbox.item(item, size) {
                    give_up(party, call);
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
        }
    }
}

/// The fields of a line that was printed.
const fn stray(encoding: Encoding) -> &'static [u8] {
    match encoding {
        Encoding::Msgpack => b"\x81\xa6stream\xa6stdout",
        _ => br#"{"stream":"stdout"}"#,
    }
}

impl Conversation {
    /// What the plugin says about itself.
    fn introduction(&self, result: &Payload, process: Option<u32>) -> Result<Introduction> {
        let said =
            codec::decode_scanned::<InitializeResult>(&result.as_json()).map_err(|error| {
                let what = format!("the answer to `initialize` is not of its type: {error}");
                Error::new(ErrorKind::Protocol, "load")
                    .with_context(what)
                    .with_source(error)
            })?;
        if let Some(expected) = &self.expected_token {
            let shown = said.token.as_deref().unwrap_or_default();
            if !is_same(expected.as_bytes(), shown.as_bytes()) {
                let what = if shown.is_empty() {
                    "it shows no token; start it with the host's in `CROSSPLUG_TOKEN`"
                } else {
                    "it shows another token than the host's; start it with that in `CROSSPLUG_TOKEN`"
                };
                return Err(Error::new(ErrorKind::Denied, "load").with_context(what));
            }
        }
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
            dialect: self.session.dialect().to_owned(),
            process,
            encoding: self.session.choice().encoding,
        })
    }
}

/// Compares secrets in a time that tells nothing about where they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differ) == 0
}

/// What a handshake that failed is to whoever loads the plugin.
fn do_not_fit(incompatible: Incompatible) -> Error {
    let error = Error::new(kind_of(incompatible.blame()), "load");
    let error = error.with_context(incompatible.to_string());
    match incompatible {
        Incompatible::Refused(refusal) => error.with_source(refusal),
        other => error.with_source(other),
    }
}
