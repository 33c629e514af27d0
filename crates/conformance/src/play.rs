//! Plays one case against a plugin's process. Must not read files, and must not choose the cases.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::case::{Case, Expected, Step, is_method};
use crate::child::{Child, Entrance, Frame, Heard, PARTING};
use crate::matching::{Mismatch, compare};
use crate::packed::{Encoding, as_expected, pack, unpack};
use crate::target::with_token;

/// Time that a plugin gets for each line unless told otherwise: slow machines start an interpreter in it.
pub const LINE_TIME: Duration = Duration::from_secs(10);
/// Counts only where a case wants it: how much and how often a receiver gives is its own affair.
const CREDIT: &str = "$/credit";

/// Why a plugin failed a case.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// File of the case.
    pub path: String,
    /// Line in it, counted from 1.
    pub line: usize,
    /// What went wrong.
    pub what: String,
    /// What the case says.
    pub expected: Option<String>,
    /// What the plugin did.
    pub got: Option<String>,
    /// End of its stderr.
    pub stderr: String,
}

impl Failure {
    /// A step that went otherwise, told in one sentence.
    #[must_use]
    pub fn new(path: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line,
            what: what.into(),
            expected: None,
            got: None,
            stderr: String::new(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.what)?;
        if let Some(expected) = &self.expected {
            write!(out, "\n  expected: {expected}")?;
        }
        if let Some(got) = &self.got {
            write!(out, "\n  got:      {got}")?;
        }
        if !self.stderr.trim().is_empty() {
            write!(
                out,
                "\n  stderr:   {}",
                self.stderr.trim_end().replace('\n', "\n            ")
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Plays a case against a fresh process, or in a conversation of its own with one that runs, in an encoding that the plugin speaks.
///
/// # Errors
/// The first line of the case that the plugin did not keep to.
pub fn play(
    case: &Case,
    entrance: &Entrance,
    encoding: Encoding,
    line_time: Duration,
) -> Result<(), Box<Failure>> {
    let child = Child::enter(entrance).map_err(|error| {
        let what = format!("cannot {entrance}: {error}");
        Box::new(Failure::new(&case.path, 1, what))
    })?;
    let mut play = Play {
        child,
        wanted: encoding,
        spoken: Encoding::Json,
        line_time,
        keep_logs: case.expects_logs(),
        token: entrance.token().map(str::to_owned),
        unanswered: HashSet::new(),
    };
    let mut last = 1;
    let mut outcome = Ok(());
    for (line, step) in &case.steps {
        last = *line;
        outcome = play.step(step);
        if outcome.is_err() {
            break;
        }
    }
    outcome.and_then(|()| play.part()).map_err(|stop| {
        Box::new(Failure {
            path: case.path.clone(),
            line: last,
            what: stop.what,
            expected: stop.expected,
            got: stop.got,
            stderr: play.child.last_words(),
        })
    })
}

/// A failure that does not know its place yet.
#[derive(Debug)]
struct Stop {
    what: String,
    expected: Option<String>,
    got: Option<String>,
}

impl Stop {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            expected: None,
            got: None,
        }
    }

    fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.expected = Some(expected.to_string());
        self
    }

    fn got(mut self, got: impl fmt::Display) -> Self {
        self.got = Some(got.to_string());
        self
    }
}

/// A line of the plugin.
#[derive(Debug)]
struct Said {
    text: String,
    /// None where it is none.
    message: Option<Value>,
    /// It came in MessagePack.
    counted: bool,
}

impl Said {
    /// The encoding that it chooses, where it answers `initialize`.
    fn choice(&self) -> Option<&str> {
        let protocol = self.message.as_ref()?.pointer("/result/protocol")?;
        protocol.as_object()?;
        let chosen = protocol.get("encoding").and_then(Value::as_str);
        Some(chosen.unwrap_or(Encoding::Json.name()))
    }

    /// Whether it is a message of the method.
    fn is(&self, method: &str) -> bool {
        self.message
            .as_ref()
            .is_some_and(|message| is_method(message, method))
    }
}

struct Play {
    child: Child,
    /// What the host offers first.
    wanted: Encoding,
    /// What the two speak since the answer to `initialize`.
    spoken: Encoding,
    line_time: Duration,
    keep_logs: bool,
    /// What the host shows.
    token: Option<String>,
    /// Ids of the host's requests that the plugin has not answered yet, as JSON text.
    unanswered: HashSet<String>,
}

impl Play {
    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        match step {
            Step::Send(line) => {
                self.note_request(line);
                self.send(line);
                Ok(())
            }
            Step::SendWire(bytes) => {
                self.child.send_bytes(bytes.clone());
                Ok(())
            }
            Step::CloseInput => {
                self.child.close_input();
                Ok(())
            }
            Step::Await(expected) => self.await_one(expected),
            Step::AwaitUnordered(group) => self.await_group(group),
            Step::AwaitExit(code) => self.await_exit(*code),
        }
    }

    /// Sends a message in what is spoken. A text that is no JSON is the whole of a frame.
    fn send(&self, line: &str) {
        let message = parsed(line);
        let shows = self.token.is_some()
            && message
                .as_ref()
                .is_some_and(|message| is_method(message, "initialize"));
        let shown = message
            .clone()
            .filter(|_| shows)
            .map(|message| with_token(message, self.token.as_deref()));
        let text = shown.as_ref().map(Value::to_string);
        let (line, message) = (text.as_deref().unwrap_or(line), shown.or(message));
        match (self.spoken, message) {
            (Encoding::Json, Some(message)) if self.wanted != Encoding::Json => {
                match offering(self.wanted, message) {
                    Some(message) => self.child.send(&message.to_string()),
                    None => self.child.send(line),
                }
            }
            (Encoding::Json, _) => self.child.send(line),
            (Encoding::Msgpack, Some(message)) => self.child.send_counted(&pack(&message)),
            (Encoding::Msgpack, None) => self.child.send_counted(line.as_bytes()),
        }
    }

    /// Behind the answer to `initialize` its choice holds.
    fn note_choice(&mut self, said: &Said) -> Result<(), Stop> {
        if let Some(chosen) = said.choice() {
            if chosen != self.wanted.name() {
                let what = format!("the plugin does not choose {}", self.wanted);
                return Err(Stop::new(what).got(&said.text));
            }
            self.spoken = self.wanted;
        }
        Ok(())
    }

    fn note_request(&mut self, line: &str) {
        if let Ok(message) = serde_json::from_str::<Value>(line)
            && let Some(id) = message.get("id").filter(|id| !id.is_null())
        {
            self.unanswered.insert(id.to_string());
        }
    }

    fn await_one(&mut self, expected: &Expected) -> Result<(), Stop> {
        let until = Instant::now() + self.line_time;
        loop {
            let said = self.next(until).map_err(|stop| stop.expected(expected))?;
            match fits(expected, &said) {
                Ok(()) => return Ok(()),
                Err(_) if said.is(CREDIT) => {}
                Err(mismatch) => {
                    let what = format!("not the expected message, {mismatch}");
                    return Err(Stop::new(what).expected(expected).got(&said.text));
                }
            }
        }
    }

    /// Each message takes the place of one that was expected; where several would do, earlier choices are revised.
    fn await_group(&mut self, group: &[Expected]) -> Result<(), Stop> {
        let until = Instant::now() + self.line_time;
        let mut heard: Vec<Said> = Vec::new();
        let mut places: Vec<Option<usize>> = vec![None; group.len()];
        while places.contains(&None) {
            let said = self
                .next(until)
                .map_err(|stop| stop.expected(left_over(group, &places)))?;
            heard.push(said);
            let newest = heard.len() - 1;
            let mut tried = vec![false; group.len()];
            if settle(newest, group, &heard, &mut places, &mut tried) {
                continue;
            }
            match heard.pop() {
                Some(said) if !said.is(CREDIT) => {
                    let what = Stop::new("none of the expected messages");
                    return Err(what.expected(left_over(group, &places)).got(said.text));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn await_exit(&mut self, code: i32) -> Result<(), Stop> {
        if !self.child.was_started() {
            return self.await_end();
        }
        let Some(status) = self.child.wait(self.line_time) else {
            let what = format!("the plugin still runs after {:?}", self.line_time);
            return Err(Stop::new(what).expected(format!("exit {code}")));
        };
        if status.code() == Some(code) {
            return Ok(());
        }
        Err(Stop::new("the plugin ended otherwise")
            .expected(format!("exit code: {code}"))
            .got(status))
    }

    /// A plugin that was connected to ends the conversation where another one ends.
    fn await_end(&mut self) -> Result<(), Stop> {
        let until = Instant::now() + self.line_time;
        loop {
            match self
                .child
                .hear(until.saturating_duration_since(Instant::now()))
            {
                Heard::End => return Ok(()),
                Heard::Frame(frame) if self.passed_over(&read(&frame)) => {}
                Heard::Frame(frame) => {
                    let what = "the plugin goes on where it had to hang up";
                    return Err(Stop::new(what).got(read(&frame).text));
                }
                Heard::Silence => {
                    let what = format!("the plugin has not hung up after {:?}", self.line_time);
                    return Err(Stop::new(what));
                }
            }
        }
    }

    /// The plugin's next message that is no log, where logs do not count.
    fn next(&mut self, until: Instant) -> Result<Said, Stop> {
        loop {
            let patience = until.saturating_duration_since(Instant::now());
            match self.child.hear(patience) {
                Heard::Frame(frame) => {
                    let said = read(&frame);
                    self.note_choice(&said)?;
                    if self.passed_over(&said) {
                        continue;
                    }
                    if let Some(id) = said.message.as_ref().and_then(answered) {
                        self.unanswered.remove(&id);
                    }
                    return Ok(said);
                }
                Heard::End => {
                    let ended = self.child.wait(PARTING);
                    let how = ended.map_or("its output is closed".to_owned(), |status| {
                        status.to_string()
                    });
                    return Err(Stop::new("the plugin ended too early").got(how));
                }
                Heard::Silence => {
                    return Err(Stop::new(format!(
                        "the plugin said nothing for {:?}",
                        self.line_time
                    )));
                }
            }
        }
    }

    fn passed_over(&self, said: &Said) -> bool {
        !self.keep_logs && said.is("$/log")
    }

    /// After the last line: nothing more may come, except answers that the case did not wait for.
    fn part(&mut self) -> Result<(), Stop> {
        self.child.close_input();
        let until = Instant::now() + PARTING;
        loop {
            match self
                .child
                .hear(until.saturating_duration_since(Instant::now()))
            {
                Heard::Frame(frame) => {
                    let said = read(&frame);
                    let late = said
                        .message
                        .as_ref()
                        .and_then(answered)
                        .is_some_and(|id| self.unanswered.remove(&id));
                    if !late && !self.passed_over(&said) && !said.is(CREDIT) {
                        return Err(
                            Stop::new("the plugin said more than the case has").got(&said.text)
                        );
                    }
                }
                Heard::End | Heard::Silence => return Ok(()),
            }
        }
    }
}

fn read(frame: &Frame) -> Said {
    let message = match frame.counted {
        true => unpack(&frame.bytes),
        false => serde_json::from_slice(&frame.bytes).ok(),
    };
    let text = match (&message, frame.counted) {
        (Some(message), true) => message.to_string(),
        _ => String::from_utf8_lossy(&frame.bytes).into_owned(),
    };
    Said {
        text,
        message,
        counted: frame.counted,
    }
}

/// A message that is JSON, nested as deeply as it may be.
fn parsed(line: &str) -> Option<Value> {
    let mut reader = serde_json::Deserializer::from_str(line);
    reader.disable_recursion_limit();
    let mut values = reader.into_iter::<Value>();
    let first = values.next()?.ok()?;
    values.next().is_none().then_some(first)
}

/// The message with an offer of the encoding, where it is an `initialize` that can hold one.
fn offering(encoding: Encoding, mut message: Value) -> Option<Value> {
    if !is_method(&message, "initialize") {
        return None;
    }
    let protocol = message.pointer_mut("/params/protocol")?.as_object_mut()?;
    protocol.insert("encodings".to_owned(), json!([encoding.name(), "json"]));
    protocol.insert("framings".to_owned(), json!(["length", "ndjson"]));
    Some(message)
}

/// The id that a reply answers, as JSON text.
fn answered(message: &Value) -> Option<String> {
    let is_request = message.get("method").is_some();
    message
        .get("id")
        .filter(|_| !is_request)
        .map(Value::to_string)
}

fn fits(expected: &Expected, said: &Said) -> Result<(), Mismatch> {
    let whole = |expected: String| Mismatch {
        pointer: String::new(),
        expected,
        got: "another text".to_owned(),
    };
    match (expected, &said.message) {
        (Expected::Text(text), _) if *text == said.text => Ok(()),
        (Expected::Text(_), _) => Err(whole("this text".to_owned())),
        (Expected::Message(expected), Some(message)) if said.counted => {
            compare(expected, &as_expected(expected, message))
        }
        (Expected::Message(expected), Some(message)) => compare(expected, message),
        (Expected::Message(_), None) => Err(whole("a message in JSON".to_owned())),
    }
}

/// One step of a bipartite matching: finds a place for a message, moving others where they have a second choice.
fn settle(
    said: usize,
    group: &[Expected],
    heard: &[Said],
    places: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    let Some(message) = heard.get(said) else {
        return false;
    };
    for (place, expected) in group.iter().enumerate() {
        let Some(seen) = tried.get_mut(place).filter(|seen| !**seen) else {
            continue;
        };
        if fits(expected, message).is_err() {
            continue;
        }
        *seen = true;
        let holder = places.get(place).copied().flatten();
        if holder.is_none_or(|holder| settle(holder, group, heard, places, tried)) {
            if let Some(slot) = places.get_mut(place) {
                *slot = Some(said);
            }
            return true;
        }
    }
    false
}

fn left_over(group: &[Expected], places: &[Option<usize>]) -> String {
    let open = group
        .iter()
        .zip(places)
        .filter(|(_, place)| place.is_none());
    let open: Vec<String> = open.map(|(expected, _)| expected.to_string()).collect();
    format!("any of [{}]", open.join(", "))
}
