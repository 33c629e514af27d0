//! The conformance subject, without an SDK: what `schema/vectors/sessions` asks of a plugin, answered from a session alone.

use std::collections::{HashMap, VecDeque};

use crossplug_protocol::codec::{self, AsJson, Int64, Wire};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::{FrameError, FrameWriter};
use crossplug_protocol::generated::{agent, conformance};
use crossplug_protocol::handshake::{Encoding, Offer, Welcome};
use crossplug_protocol::message::{Level, Raw};
use crossplug_protocol::session::{
    CallId, CallOptions, Incoming, Refused, Session, StreamId, Ticket,
};
use serde_json::{Value, json};
use std::time::Duration;

/// What cleaning up may take.
const TIDYING: Duration = Duration::from_secs(60);

/// A request that is not answered yet.
enum Job {
    Hang,
    Count {
        next: i64,
        to: i64,
    },
    Sum(i64),
    Double {
        seen: u32,
        waiting: Vec<i64>,
        ended: bool,
    },
    Ask,
    Skim,
    /// The question to ask once it is cancelled.
    Tidy(String),
}

/// On whose behalf a service is asked.
enum Asker {
    Request(Ticket),
    /// One that was cancelled and is cleaned up.
    Tidied(Ticket),
    /// The event that is being handled.
    Event,
}

/// The plugin.
pub(crate) struct Subject {
    pub(crate) session: Session,
    pub(crate) out: FrameWriter,
    jobs: HashMap<Ticket, Job>,
    asks: HashMap<CallId, Asker>,
    /// What is to be asked of events, the one being handled included.
    events: VecDeque<String>,
    hello: Value,
}

type Answer = Result<Value, PluginError>;

pub(crate) fn manifest() -> Value {
    json!({
        "name": "conformance-subject", "description": "Answers the vectors", "version": "1.0.0", "language": "rust",
        "actions": [{"name": "ECHO", "description": "echo", "similes": ["s"]}],
        "providers": [{"name": "PROV", "description": "p", "dynamic": true, "position": 3, "private": false}],
        "evaluators": [{"name": "EVAL", "description": "e", "alwaysRun": true}],
        "services": [{"type": "svc", "description": "d"}],
        "routes": [{"path": "/r", "method": "POST", "public": true, "name": "r"}]
    })
}

impl Subject {
    pub(crate) fn new(dialect: &str, offer: Offer) -> Self {
        let mut subject = Self {
            session: Session::plugin(dialect, offer).unwrap(),
            out: FrameWriter::new(),
            jobs: HashMap::new(),
            asks: HashMap::new(),
            events: VecDeque::new(),
            hello: Value::Null,
        };
        let manifest = manifest().to_string();
        subject
            .session
            .start(Some(&Raw::trust(manifest.as_bytes())), &mut subject.out)
            .unwrap();
        subject
    }

    /// How values stand in messages now. The subject itself thinks in JSON.
    pub(crate) fn encoding(&self) -> Encoding {
        self.session.choice().encoding
    }

    /// The host says nothing more: whoever waits for a service of it gets no answer, and streams wait for nothing.
    pub(crate) fn end(&mut self) {
        self.session.input_ended();
        for (_, asker) in std::mem::take(&mut self.asks) {
            if let Asker::Request(ticket) | Asker::Tidied(ticket) = asker {
                self.answer(ticket, Err(PluginError::unavailable("the host is gone")));
            }
        }
        while self.events.pop_front().is_some() {
            self.session.handled(&mut self.out);
        }
        let is_stream =
            |job: &Job| matches!(job, Job::Count { .. } | Job::Sum(_) | Job::Double { .. });
        let streams = self.jobs.iter().filter(|(_, job)| is_stream(job));
        let cut: Vec<Ticket> = streams.map(|(ticket, _)| *ticket).collect();
        for ticket in cut {
            self.answer(ticket, Err(PluginError::unavailable("the host is gone")));
        }
    }

    /// There will be no further frame that could be read.
    pub(crate) fn break_off(&mut self, error: FrameError) {
        self.session.input_broken(error, &mut self.out);
    }

    /// Takes one frame and does everything that follows from it.
    pub(crate) fn take(&mut self, frame: &[u8]) {
        let encoding = self.encoding();
        let incoming = self
            .session
            .receive(frame, &mut self.out)
            .expect("a plugin tolerates everything");
        match incoming {
            None | Some(Incoming::Incompatible(_) | Incoming::Shutdown) => {}
            Some(Incoming::Tolerated(violation)) => self.warn(&violation.to_string()),
            Some(Incoming::Complaint(failure)) => self.warn(&failure.message),
            Some(Incoming::Event {
                name,
                stream,
                seq,
                payload,
            }) => {
                let Ok(happened) = decode::<conformance::Happened>(&said(encoding, &payload))
                else {
                    return;
                };
                let stream = stream.as_deref().unwrap_or("-");
                if name == "test.happened" {
                    let number = happened.number;
                    self.events
                        .push_back(format!("{name} {stream} {seq} {number}"));
                    self.session.handles();
                    if self.events.len() == 1 {
                        self.next_event();
                    }
                }
            }
            Some(Incoming::Initialize { ticket, params }) => {
                self.hello = serde_json::from_slice(params.as_bytes()).unwrap();
                let interface =
                    |version: &str, hash: &str| json!({"version": version, "hash": hash});
                let interfaces = json!({
                    "conformance": interface(conformance::VERSION, conformance::HASH),
                    "agent": interface(agent::VERSION, agent::HASH),
                });
                let (manifest, interfaces) = (manifest().to_string(), interfaces.to_string());
                let welcome = Welcome::new(
                    Raw::trust(manifest.as_bytes()),
                    Raw::trust(interfaces.as_bytes()),
                );
                self.session
                    .accept(ticket, &welcome, &mut self.out)
                    .unwrap();
            }
            Some(Incoming::Request {
                ticket,
                method,
                params,
                timeout,
                ..
            }) => {
                let params = params.unwrap_or(encoding.empty());
                let begun = match &*method {
                    // Every kind of value, and so read as it came.
                    "test.echo" => echo(encoding, &params).map(Some),
                    _ => self.begin(ticket, &method, &said(encoding, &params), timeout.is_some()),
                };
                match begun {
                    Ok(Some(result)) => self.answer(ticket, Ok(result)),
                    Ok(None) => {}
                    Err(error) => self.answer(ticket, Err(error)),
                }
            }
            Some(Incoming::Cancel { ticket, answered }) => match self.jobs.remove(&ticket) {
                _ if answered => {}
                Some(Job::Tidy(question)) => {
                    let question = json!({ "question": format!("{question} cancelled") });
                    let mut options = CallOptions::new();
                    options.deadline = Some(TIDYING);
                    let question = question.to_string();
                    let asker = Asker::Tidied(ticket);
                    if let Err(error) =
                        self.ask("test.answer", question.as_bytes(), &options, asker)
                    {
                        self.answer(ticket, Err(error));
                    }
                }
                _ => self.answer(ticket, Err(PluginError::cancelled())),
            },
            Some(Incoming::Item {
                stream: StreamId::Answer(ticket),
                item,
                ..
            }) => self.item(ticket, &item),
            // What nobody reads makes room for more.
            Some(Incoming::Item {
                stream: stream @ StreamId::Call(_),
                ..
            }) => self.session.grant(stream, 1, 200, &mut self.out).unwrap(),
            Some(Incoming::Credit {
                stream: StreamId::Answer(ticket),
            }) => self.advance(ticket),
            Some(Incoming::End { ticket }) => match self.jobs.get_mut(&ticket) {
                Some(Job::Sum(total)) => {
                    let total = total.to_string();
                    self.answer(ticket, Ok(json!(total)));
                }
                Some(Job::Double { ended, .. }) => {
                    *ended = true;
                    self.advance(ticket);
                }
                _ => {}
            },
            Some(Incoming::Reply { call, outcome }) => {
                let answer = match outcome {
                    Ok(result) => Ok(serde_json::from_str(&said(encoding, &result)).unwrap()),
                    Err(failure) => Err(PluginError::of_failure(failure, encoding)),
                };
                self.told(call, answer);
            }
            Some(Incoming::Unreadable { call, violation }) => {
                self.warn(&violation.to_string());
                let error = PluginError::new("protocolViolation", violation.detail);
                self.told(call, Err(error));
            }
            Some(other) => panic!("a plugin does not get {other:?}"),
        }
    }

    fn begin(
        &mut self,
        ticket: Ticket,
        method: &str,
        params: &str,
        timed: bool,
    ) -> Result<Option<Value>, PluginError> {
        let job = match method {
            "test.nothing" => return Ok(Some(Value::Null)),
            "test.fail" => {
                let fail = decode::<conformance::Fail>(params)?;
                let mut error = PluginError::new(fail.code, fail.message);
                error.details = fail.details.map(Box::new);
                return Err(error);
            }
            "test.crash" => {
                let mut error = PluginError::internal("panic: crash on purpose");
                if self.hello["debug"] == json!(true) {
                    error = error.with_details(json!({"trace": "…"}));
                }
                return Err(error);
            }
            "test.print" => {
                return Ok(Some(json!(
                    decode::<conformance::Print>(params)?.text.len()
                )));
            }
            "test.log" => {
                let text = decode::<conformance::Print>(params)?.text;
                let fields = say(self.encoding(), br#"{"from":"subject"}"#);
                self.session
                    .log(Level::Info, &text, Some(&fields), &mut self.out)
                    .unwrap();
                return Ok(Some(Value::Null));
            }
            "test.emit" => {
                for number in 1..=decode::<conformance::Emit>(params)?.times {
                    let payload = json!({ "number": number }).to_string();
                    let payload = say(self.encoding(), payload.as_bytes());
                    self.session
                        .emit(
                            "test.happened",
                            Some("test:stream"),
                            &payload,
                            &mut self.out,
                        )
                        .unwrap();
                }
                return Ok(Some(Value::Null));
            }
            "test.context" => {
                return Ok(Some(json!({
                    "instanceId": self.hello["instanceId"], "config": self.hello["config"], "hasDeadline": timed,
                    "cancelled": false, "debug": self.hello.get("debug").unwrap_or(&json!(false)),
                })));
            }
            "test.hang" => Job::Hang,
            "test.count" => Job::Count {
                next: 1,
                to: decode::<conformance::Count>(params)?.to.into(),
            },
            "test.sum" => Job::Sum(0),
            "test.double" => Job::Double {
                seen: 0,
                waiting: Vec::new(),
                ended: false,
            },
            "test.ask" => {
                let question =
                    codec::encode::<conformance::Ask>(&decode::<conformance::Ask>(params)?)
                        .unwrap();
                let asker = Asker::Request(ticket);
                self.ask("test.answer", &question, &CallOptions::new(), asker)?;
                Job::Ask
            }
            "test.skim" => {
                let count =
                    codec::encode::<conformance::Count>(&decode::<conformance::Count>(params)?)
                        .unwrap();
                // Before the call goes out: one whose items could not come would be of no use.
                if !self.session.can_open_stream() {
                    let error = PluginError::resource_exhausted("too many streams");
                    return Err(error.with_retryable(true));
                }
                let asker = Asker::Request(ticket);
                let call = self.ask("test.list", &count, &CallOptions::new(), asker)?;
                let stream = StreamId::Call(call);
                self.session
                    .grant(stream, 64, 65_536, &mut self.out)
                    .unwrap();
                Job::Skim
            }
            "test.tidy" => Job::Tidy(decode::<conformance::Ask>(params)?.question),
            "test.leftOut" => {
                decode::<conformance::Print>(params)?;
                return Err(PluginError::method_not_found(method));
            }
            other => return super::agent::answer(other, params).map(Some),
        };
        if matches!(job, Job::Sum(_) | Job::Double { .. }) {
            self.session
                .grant(StreamId::Answer(ticket), 8, 65_536, &mut self.out)
                .unwrap();
        }
        self.jobs.insert(ticket, job);
        self.advance(ticket);
        Ok(None)
    }

    fn ask(
        &mut self,
        service: &str,
        params: &[u8],
        options: &CallOptions<'_>,
        asker: Asker,
    ) -> Result<CallId, PluginError> {
        let params = say(self.encoding(), params);
        let called = self.session.call(
            service,
            Some(&params),
            options,
            Duration::ZERO,
            &mut self.out,
        );
        let call = called.map_err(|refused| {
            PluginError::resource_exhausted(refused.to_string()).with_retryable(true)
        })?;
        self.asks.insert(call, asker);
        Ok(call)
    }

    /// A service has answered.
    fn told(&mut self, call: CallId, answer: Answer) {
        match self.asks.remove(&call).unwrap() {
            Asker::Request(ticket) => self.answer(ticket, answer),
            Asker::Tidied(ticket) => {
                let said = answer.map(|answer| answer["answer"].as_str().unwrap().to_owned());
                let error = said.map_or_else(|error| error, PluginError::failed_precondition);
                self.answer(ticket, Err(error));
            }
            Asker::Event => {
                self.events.pop_front();
                self.session.handled(&mut self.out);
                self.next_event();
            }
        }
    }

    /// Handles the oldest event.
    fn next_event(&mut self) {
        if let Some(question) = self.events.front() {
            let params = json!({ "question": question }).to_string();
            let options = CallOptions::new();
            self.ask("test.answer", params.as_bytes(), &options, Asker::Event)
                .unwrap();
        }
    }

    fn warn(&mut self, what: &str) {
        self.session
            .log(Level::Warn, what, None, &mut self.out)
            .unwrap();
    }

    fn item(&mut self, ticket: Ticket, item: &Raw<'_>) {
        let value = match decode::<Int64>(&said(self.encoding(), item)) {
            Ok(value) => value,
            Err(error) => return self.answer(ticket, Err(error)),
        };
        self.session
            .grant(StreamId::Answer(ticket), 1, 200, &mut self.out)
            .unwrap();
        match self.jobs.get_mut(&ticket) {
            Some(Job::Sum(total)) => *total += value,
            Some(Job::Double { seen, waiting, .. }) => {
                *seen += 1;
                waiting.insert(0, value * 2);
                self.advance(ticket);
            }
            _ => {}
        }
    }

    /// Streams as far as credit goes, and answers at the end.
    fn advance(&mut self, ticket: Ticket) {
        let Self {
            session, out, jobs, ..
        } = self;
        let mut send = |value: i64| {
            let item = say(session.choice().encoding, format!("\"{value}\"").as_bytes());
            match session.send_item(StreamId::Answer(ticket), &item, out) {
                Ok(()) => true,
                Err(Refused::NoCredit) => false,
                Err(other) => panic!("{other}"),
            }
        };
        match jobs.get_mut(&ticket) {
            Some(Job::Count { next, to }) => {
                while *next <= *to && send(*next) {
                    *next += 1;
                }
                if *next > *to {
                    let sum = (*to * (*to + 1) / 2).to_string();
                    session
                        .progress(ticket, Some(1.0), Some("done"), out)
                        .unwrap();
                    self.answer(ticket, Ok(json!(sum)));
                }
            }
            Some(Job::Double {
                seen,
                waiting,
                ended,
            }) => {
                while waiting.last().is_some_and(|value| send(*value)) {
                    waiting.pop();
                }
                if *ended && waiting.is_empty() {
                    let seen = *seen;
                    self.answer(ticket, Ok(json!(seen)));
                }
            }
            _ => {}
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.jobs.remove(&ticket);
        let encoding = self.encoding();
        let result = match answer {
            Ok(value) => self.session.respond(
                ticket,
                Ok(&say(encoding, value.to_string().as_bytes())),
                &mut self.out,
            ),
            Err(error) => {
                self.session
                    .respond(ticket, Err(&error.to_failure(encoding)), &mut self.out)
            }
        };
        // A result that does not fit was answered by the session; everything else must be in order.
        assert!(
            matches!(result, Ok(()) | Err(Refused::Inexpressible(_))),
            "{result:?}"
        );
    }
}

fn echo(encoding: Encoding, params: &Raw<'_>) -> Answer {
    let given = encoding.decode_scanned::<conformance::Echo>(params.as_bytes());
    encode::<conformance::Echo>(&given.map_err(PluginError::from)?)
}

/// A value of a message, as JSON text.
fn said(encoding: Encoding, raw: &Raw<'_>) -> String {
    encoding
        .decode_scanned::<AsJson>(raw.as_bytes())
        .unwrap()
        .to_string()
}

/// JSON text, as a value of a message.
pub(crate) fn say(encoding: Encoding, text: &[u8]) -> Raw<'static> {
    let value = Encoding::Json.decode::<AsJson>(text).unwrap();
    Raw::owned(encoding.encode::<AsJson>(&value).unwrap())
}

pub(crate) fn decode<W: Wire>(params: &str) -> Result<W::Value, PluginError> {
    codec::decode_scanned::<W>(params).map_err(PluginError::from)
}

pub(crate) fn encode<W: Wire>(value: &W::Value) -> Answer {
    codec::encode_value::<W>(value).map_err(|error| PluginError::internal(error.to_string()))
}
