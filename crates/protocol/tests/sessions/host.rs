//! A host made of nothing but a session, driven by the lines of `schema/vectors/hosts`.

use std::collections::VecDeque;
use std::time::Duration;

use crossplug_protocol::error::PluginError;
use crossplug_protocol::frame::{FrameReader, FrameWriter};
use crossplug_protocol::handshake::{Encoding, Hello, Offer};
use crossplug_protocol::message::{Failure, Raw};
use crossplug_protocol::session::{
    CallId, CallOptions, Incoming, Limits, Refused, Session, StreamId, Ticket,
};
use serde_json::{Value, json};

use super::matching::matches;

/// The host and everything that it said and told.
pub(crate) struct Host {
    session: Session,
    offer: Offer,
    out: FrameWriter,
    reader: FrameReader,
    now: Duration,
    said: VecDeque<Value>,
    told: VecDeque<Value>,
    calls: Vec<CallId>,
    asked: Vec<(String, Ticket)>,
    logs: bool,
}

impl Host {
    pub(crate) fn new(dialect: &str, logs: bool) -> Self {
        Self {
            session: Session::host(dialect, Offer::new()).unwrap(),
            offer: Offer::new(),
            out: FrameWriter::new(),
            reader: FrameReader::new(1 << 20),
            now: Duration::ZERO,
            said: VecDeque::new(),
            told: VecDeque::new(),
            calls: Vec::new(),
            asked: Vec::new(),
            logs,
        }
    }

    pub(crate) fn step(&mut self, step: &Value) -> Result<(), String> {
        if let Some(action) = step.get("host") {
            if let Err(refused) = self.act(action) {
                self.told.push_back(json!({ "refused": refused.name() }));
            }
        } else if let Some(expected) = step.get("tell") {
            let got = self.told.pop_front().ok_or("the host told nothing more")?;
            return if matches(expected, &got) {
                Ok(())
            } else {
                Err(format!("told {got}"))
            };
        } else if step["from"] == "plugin" {
            let line = step.get("raw").map_or_else(
                || step["message"].to_string(),
                |raw| raw.as_str().unwrap().into(),
            );
            let line = line.repeat(step["repeat"].as_u64().unwrap_or(1).try_into().unwrap());
            self.reader.push(line.as_bytes());
            self.reader.push(b"\n");
            self.pump();
        } else {
            let got = self.said.pop_front().ok_or("the host said nothing more")?;
            return if matches(&step["message"], &got) {
                Ok(())
            } else {
                Err(format!("said {got}"))
            };
        }
        let bytes = self.out.take();
        let lines = std::str::from_utf8(&bytes).unwrap().lines();
        self.said
            .extend(lines.map(|line| serde_json::from_str::<Value>(line).unwrap()));
        Ok(())
    }

    /// What nobody has asked about at the end.
    pub(crate) fn left_over(&self) -> Option<&Value> {
        self.said.front().or_else(|| self.told.front())
    }

    fn pump(&mut self) {
        let Self {
            session,
            reader,
            out,
            told,
            asked,
            calls,
            logs,
            ..
        } = self;
        while let Some(frame) = reader.next_frame(session.framing()).unwrap() {
            let number = |call: CallId| calls.iter().position(|known| *known == call).unwrap() + 1;
            let method = |ticket: Ticket| {
                asked
                    .iter()
                    .find(|(_, t)| *t == ticket)
                    .map(|(method, _)| method.clone())
            };
            let about = |stream: StreamId, own: &str, theirs: &str| match stream {
                StreamId::Call(call) => (own.to_owned(), json!(number(call))),
                StreamId::Answer(ticket) => (theirs.to_owned(), json!(method(ticket))),
            };
            let tell = match session.receive(frame, out) {
                Err(violation) => json!({ "violation": violation.kind.name() }),
                Ok(None) => continue,
                Ok(Some(incoming)) => match incoming {
                    Incoming::Opened { call, result } => {
                        json!({ "opened": number(call), "result": value(&result) })
                    }
                    Incoming::Incompatible(why) => json!({ "incompatible": why.name() }),
                    Incoming::Request {
                        ticket,
                        method,
                        params,
                        ..
                    } => {
                        asked.push((method.clone().into_owned(), ticket));
                        with(
                            json!({ "request": method }),
                            "params",
                            params.as_ref().map(value),
                        )
                    }
                    Incoming::Reply {
                        call,
                        outcome: Ok(result),
                    } => {
                        json!({ "reply": number(call), "result": value(&result) })
                    }
                    Incoming::Reply {
                        call,
                        outcome: Err(failure),
                    } => {
                        json!({ "reply": number(call), "error": described(failure) })
                    }
                    Incoming::Cancel { ticket, .. } => json!({ "cancelled": method(ticket) }),
                    Incoming::Progress {
                        call,
                        fraction,
                        message,
                    } => {
                        let told = with(
                            json!({ "progress": number(call) }),
                            "fraction",
                            fraction.map(|f| json!(f)),
                        );
                        with(told, "message", message.map(|m| json!(m)))
                    }
                    Incoming::Item { stream, item, .. } => {
                        let (name, whose) = about(stream, "item", "streamed");
                        json!({ name: whose, "value": value(&item) })
                    }
                    Incoming::End { ticket } => json!({ "ended": method(ticket) }),
                    Incoming::Credit { stream } => {
                        let (name, whose) = about(stream, "credit", "credited");
                        json!({ name: whose })
                    }
                    Incoming::Event {
                        name,
                        stream,
                        seq,
                        payload,
                    } => {
                        let told = json!({ "event": name, "seq": seq, "payload": value(&payload) });
                        with(told, "stream", stream.map(|s| json!(s)))
                    }
                    Incoming::Log { .. } if !*logs => continue,
                    Incoming::Log {
                        level,
                        message,
                        fields,
                    } => {
                        let told = json!({ "log": level.name(), "message": message });
                        with(told, "fields", fields.as_ref().map(value))
                    }
                    Incoming::Complaint(failure) => json!({ "complaint": failure.code }),
                    other => panic!("a host does not get {other:?}"),
                },
            };
            told.push_back(tell);
        }
    }

    fn act(&mut self, action: &Value) -> Result<(), Refused> {
        let (verb, what) = action.as_object().unwrap().iter().next().unwrap();
        let text = |name: &str| action[name].as_str();
        let raw = |name: &str| {
            action
                .get(name)
                .map(|value| Raw::owned(value.to_string().into_bytes()))
        };
        let call = || self.calls[usize::try_from(what.as_u64().unwrap()).unwrap() - 1];
        let small = |name: &str| u32::try_from(action[name].as_u64().unwrap()).unwrap();
        let (now, out) = (self.now, &mut self.out);
        match verb.as_str() {
            "initialize" => {
                if what.get("limits").or(what.get("features")).is_some() {
                    self.session = self.limited(what);
                }
                let config = what["config"].to_string();
                let mut hello = Hello::new("vectors", "1.0.0", "instance-1");
                hello.config = Raw::trust(if what["config"].is_object() {
                    config.as_bytes()
                } else {
                    b"{}"
                });
                let deadline = what["timeoutMs"]
                    .as_u64()
                    .map(|ms| now + Duration::from_millis(ms));
                let call = self
                    .session
                    .initialize(&hello, now, deadline, &mut self.out)?;
                self.calls.push(call);
            }
            "call" => {
                let mut options = CallOptions::new();
                options.deadline = action["timeoutMs"]
                    .as_u64()
                    .map(|ms| now + Duration::from_millis(ms));
                options.traceparent = text("traceparent");
                let params = raw("params");
                let call = self.session.call(
                    what.as_str().unwrap(),
                    params.as_ref(),
                    &options,
                    now,
                    out,
                )?;
                self.calls.push(call);
            }
            "shutdown" => {
                let call = self.session.shutdown(None, now, out)?;
                self.calls.push(call);
            }
            "cancel" => self.session.cancel(call(), out)?,
            "abandon" => self.session.abandon(call(), out),
            "grant" => {
                let stream = what
                    .as_str()
                    .map_or_else(|| StreamId::Call(call()), |name| self.oldest(name));
                self.session
                    .grant(stream, small("items"), small("bytes"), &mut self.out)?;
            }
            "send" => {
                let stream = what
                    .as_str()
                    .map_or_else(|| StreamId::Call(call()), |name| self.oldest(name));
                self.session
                    .send_item(stream, &raw("item").unwrap(), &mut self.out)?;
            }
            "end" => self.session.end(call(), out)?,
            "answer" => {
                let at = self
                    .asked
                    .iter()
                    .position(|(method, _)| method == what)
                    .expect("a request to answer");
                let (_, ticket) = self.asked.remove(at);
                match raw("result") {
                    Some(result) => self.session.respond(ticket, Ok(&result), out)?,
                    None => {
                        let error = &action["error"];
                        let (code, message) = (
                            error["code"].as_str().unwrap(),
                            error["message"].as_str().unwrap(),
                        );
                        self.session
                            .respond(ticket, Err(&Failure::new(code, message)), out)?;
                    }
                }
            }
            "emit" => {
                let payload = raw("payload").unwrap();
                self.session
                    .emit(what.as_str().unwrap(), text("stream"), &payload, out)?;
            }
            "pass" => {
                self.now += Duration::from_millis(what.as_u64().unwrap());
                // Nothing is late before the time that the session itself names.
                if self.session.next_timeout().is_some_and(|at| at <= self.now) {
                    while let Some(late) = self.session.expire(self.now, out) {
                        let number =
                            self.calls.iter().position(|known| *known == late).unwrap() + 1;
                        self.told.push_back(json!({ "late": number }));
                    }
                }
            }
            "close" => {
                for lost in self.session.close() {
                    let number = self.calls.iter().position(|known| *known == lost).unwrap() + 1;
                    self.told.push_back(json!({ "lost": number }));
                }
            }
            other => panic!("no action {other}"),
        }
        Ok(())
    }

    /// A session with the caps and features that the case asks for.
    fn limited(&self, what: &Value) -> Session {
        let mut limits = Limits::default();
        let cap = |name: &str| {
            what["limits"][name]
                .as_u64()
                .map(|cap| usize::try_from(cap).unwrap())
        };
        limits.frame_bytes = cap("frameBytes").unwrap_or(limits.frame_bytes);
        limits.pending_calls = cap("pendingCalls").unwrap_or(limits.pending_calls);
        limits.open_streams = cap("openStreams").unwrap_or(limits.open_streams);
        let features: Vec<&str> = what["features"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|f| f.as_str().unwrap())
            .collect();
        let offer = self.offer.clone().with_features(&features);
        Session::host(self.session.dialect(), offer)
            .unwrap()
            .with_limits(limits)
    }

    fn oldest(&self, method: &str) -> StreamId {
        StreamId::Answer(
            self.asked
                .iter()
                .find(|(asked, _)| asked == method)
                .unwrap()
                .1,
        )
    }
}

fn value(raw: &Raw<'_>) -> Value {
    serde_json::from_slice(raw.as_bytes()).unwrap()
}

fn with(mut told: Value, name: &str, value: Option<Value>) -> Value {
    if let Some(value) = value {
        told[name] = value;
    }
    told
}

fn described(failure: Failure<'_>) -> Value {
    let error = PluginError::of_failure(failure, Encoding::Json);
    let told = with(
        json!({ "code": error.code, "message": error.message }),
        "details",
        error.details.map(|details| *details),
    );
    with(told, "retryable", error.retryable.then_some(json!(true)))
}
