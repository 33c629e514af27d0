//! The host's end of a test's conversation: its session, its services and what it has recorded.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crossplug_protocol::codec::Value;
use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::{DEFAULT_FRAME_BYTES, FrameReader, FrameWriter};
use crossplug_protocol::handshake::{Encoding, Hello, Incompatible, Offer};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{
    CallId, CallOptions, Incoming, Session, State, StreamId, Ticket,
};

use super::call::Got;
use super::fakes::{Fake, Served};
use super::record::{Emitted, LogLine, Progress, ServiceCall};
use crate::context::error_of;

/// Credit of a call whose items the test takes: as much as it likes.
const CREDIT: u32 = 1 << 30;

/// The host's end.
pub(super) struct Wired {
    session: Session,
    out: FrameWriter,
    input: FrameReader,
    fakes: HashMap<String, Fake>,
    calls: HashMap<CallId, Record>,
    /// Requests of the plugin that wait for their answer, in their order.
    served: Vec<(Ticket, Served)>,
    pub(super) logs: Vec<LogLine>,
    pub(super) events: Vec<Emitted>,
    pub(super) service_calls: Vec<ServiceCall>,
    /// Why the plugin did not begin.
    pub(super) refused: Option<PluginError>,
}

/// What is known of a call.
#[derive(Default)]
struct Record {
    result: Option<Result<Value, PluginError>>,
    items: Vec<Value>,
    progress: Vec<Progress>,
    upload: VecDeque<Value>,
    ended: bool,
}

/// What carrying gave.
pub(super) struct Carried {
    /// For the plugin.
    pub(super) frames: Vec<Vec<u8>>,
    /// A service was asked and has answered.
    pub(super) answered: bool,
}

/// Text that has passed the session.
fn tree(raw: &Raw<'_>) -> Value {
    let mut reader = serde_json::Deserializer::from_slice(raw.as_bytes());
    reader.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut reader).unwrap_or(Value::Null)
}

impl Wired {
    pub(super) fn new(fakes: HashMap<String, Fake>) -> Option<Self> {
        Some(Self {
            session: Session::host("crossplug/1", Offer::new())?,
            out: FrameWriter::new(),
            input: FrameReader::new(DEFAULT_FRAME_BYTES),
            fakes,
            calls: HashMap::new(),
            served: Vec::new(),
            logs: Vec::new(),
            events: Vec::new(),
            service_calls: Vec::new(),
            refused: None,
        })
    }

    pub(super) fn initialize(&mut self, hello: &Hello<'_>, now: Duration) -> Option<()> {
        self.session
            .initialize(hello, now, None, &mut self.out)
            .ok()
            .map(drop)
    }

    pub(super) fn is_open(&self) -> bool {
        self.session.state() == State::Open
    }

    pub(super) fn call(
        &mut self,
        method: &str,
        params: &[u8],
        upload: Vec<Value>,
        deadline: Option<Duration>,
        credit: bool,
        now: Duration,
    ) -> Result<CallId, PluginError> {
        let mut options = CallOptions::new();
        options.deadline = deadline;
        let called = self.session.call(
            method,
            Some(&Raw::trust(params)),
            &options,
            now,
            &mut self.out,
        );
        let id = called.map_err(|refused| error_of(&refused))?;
        if credit {
            let _ = self
                .session
                .grant(StreamId::Call(id), CREDIT, CREDIT, &mut self.out);
        }
        self.calls.insert(
            id,
            Record {
                upload: upload.into(),
                ..Record::default()
            },
        );
        Ok(id)
    }

    pub(super) fn cancel(&mut self, id: CallId) {
        let _ = self.session.cancel(id, &mut self.out);
    }

    pub(super) fn abandon(&mut self, id: CallId) {
        self.session.abandon(id, &mut self.out);
    }

    pub(super) fn emit(&mut self, name: &str, stream: Option<&str>, payload: &Raw<'_>) {
        let _ = self.session.emit(name, stream, payload, &mut self.out);
    }

    /// The answer, once it is there.
    pub(super) fn answer(&mut self, id: CallId) -> Option<Got> {
        self.calls.get(&id)?.result.as_ref()?;
        Some(self.forget(id))
    }

    /// What there is of an answer.
    pub(super) fn forget(&mut self, id: CallId) -> Got {
        let Record {
            result,
            items,
            progress,
            ..
        } = self.calls.remove(&id).unwrap_or_default();
        Got {
            result: result.unwrap_or_else(|| Err(PluginError::cancelled())),
            items,
            progress,
        }
    }

    /// Takes what the plugin has sent, lets services answer, and gives what goes to the plugin.
    pub(super) fn carry(&mut self, sent: &[u8]) -> Carried {
        self.input.push(sent);
        self.read();
        let answered = self.serve();
        self.upload();
        let mut reader = FrameReader::new(DEFAULT_FRAME_BYTES);
        reader.push(&self.out.take());
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = reader.next_frame(self.session.framing()) {
            frames.push(frame.to_vec());
        }
        Carried { frames, answered }
    }

    /// Lets fakes answer, as far as it is time for them and the plugin takes what they stream. False where nothing moved.
    fn serve(&mut self) -> bool {
        let Self {
            session,
            out,
            fakes,
            served,
            ..
        } = self;
        let mut moved = false;
        served.retain_mut(|(ticket, call)| {
            moved |= call.ask(fakes);
            while let Some(item) = call.items.front() {
                let text = item.to_string();
                let item = Raw::trust(text.as_bytes());
                if session
                    .send_item(StreamId::Answer(*ticket), &item, out)
                    .is_err()
                {
                    return true;
                }
                moved = true;
                call.items.pop_front();
            }
            let Some(outcome) = call.outcome.take() else {
                return true;
            };
            let text = outcome.as_ref().map(ToString::to_string);
            let text = text.unwrap_or_default();
            let failed = outcome.as_ref().err();
            let failure = failed.map(|error| error.to_failure(Encoding::Json));
            let said = match &failure {
                None => Ok(&Raw::trust(text.as_bytes())),
                Some(failure) => Err(failure),
            };
            let _ = session.respond(*ticket, said, out);
            moved = true;
            false
        });
        moved
    }

    fn read(&mut self) {
        let Self {
            session,
            out,
            input,
            fakes,
            calls,
            served,
            logs,
            events,
            service_calls,
            refused,
            ..
        } = self;
        while let Ok(Some(frame)) = input.next_frame(session.framing()) {
            // A plugin of this SDK breaks nothing; if it did, its calls would stay without an answer.
            let Ok(Some(incoming)) = session.receive(frame, out) else {
                continue;
            };
            match incoming {
                Incoming::Reply { call, outcome } => {
                    let failed = |failure| PluginError::of_failure(failure, Encoding::Json);
                    let outcome = outcome.map(|raw| tree(&raw)).map_err(failed);
                    if let Some(record) = calls.get_mut(&call) {
                        record.result = Some(outcome);
                    }
                }
                Incoming::Item {
                    stream: StreamId::Call(call),
                    item,
                    ..
                } => {
                    if let Some(record) = calls.get_mut(&call) {
                        record.items.push(tree(&item));
                    }
                }
                Incoming::Progress {
                    call,
                    fraction,
                    message,
                } => {
                    if let Some(record) = calls.get_mut(&call) {
                        record.progress.push(Progress::new(
                            fraction,
                            message.map(|text| text.into_owned()),
                        ));
                    }
                }
                Incoming::Request {
                    ticket,
                    method,
                    params,
                    ..
                } => {
                    let params = params.map_or(Value::Null, |raw| tree(&raw));
                    let service = method.into_owned();
                    service_calls.push(ServiceCall::new(service.clone(), params.clone()));
                    if fakes.get(&service).is_some_and(|fake| fake.takes_upload) {
                        let _ = session.grant(StreamId::Answer(ticket), CREDIT, CREDIT, out);
                    }
                    served.push((ticket, Served::new(service, params)));
                }
                Incoming::Item {
                    stream: StreamId::Answer(ticket),
                    item,
                    ..
                } => {
                    if let Some((_, call)) = served.iter_mut().find(|(known, _)| *known == ticket) {
                        call.uploaded.push(tree(&item));
                    }
                }
                Incoming::End { ticket } => {
                    if let Some((_, call)) = served.iter_mut().find(|(known, _)| *known == ticket) {
                        call.upload_ended = true;
                    }
                }
                Incoming::Cancel { ticket, answered } => {
                    served.retain(|(known, _)| *known != ticket);
                    if !answered {
                        let cancelled = PluginError::cancelled();
                        let failure = cancelled.to_failure(Encoding::Json);
                        let _ = session.respond(ticket, Err(&failure), out);
                    }
                }
                Incoming::Log {
                    level,
                    message,
                    fields,
                } => {
                    let fields = fields.map_or(Value::Null, |raw| tree(&raw));
                    logs.push(LogLine::new(level, message.into_owned(), fields));
                }
                Incoming::Event {
                    name,
                    stream,
                    seq,
                    payload,
                } => {
                    let stream = stream.map(|text| text.into_owned());
                    events.push(Emitted::new(name.into_owned(), stream, seq, tree(&payload)));
                }
                Incoming::Incompatible(Incompatible::Refused(error)) => *refused = Some(*error),
                _ => {}
            }
        }
    }

    /// Sends as many items as the plugin takes, then the end.
    fn upload(&mut self) {
        for (id, record) in &mut self.calls {
            while let Some(item) = record.upload.front() {
                let text = item.to_string();
                if self
                    .session
                    .send_item(
                        StreamId::Call(*id),
                        &Raw::trust(text.as_bytes()),
                        &mut self.out,
                    )
                    .is_err()
                {
                    break;
                }
                record.upload.pop_front();
            }
            if record.upload.is_empty() && !record.ended && record.result.is_none() {
                record.ended = true;
                let _ = self.session.end(*id, &mut self.out);
            }
        }
    }
}
