//! Plays the conversations of `schema/vectors/sessions` and `schema/vectors/hosts` against the session of this crate: the
//! first against a plugin made of nothing but a session, the second against a host made the same way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "tests"
)]

#[path = "sessions/agent.rs"]
mod agent;
#[path = "sessions/host.rs"]
mod host;
#[path = "sessions/matching.rs"]
mod matching;
#[path = "sessions/subject.rs"]
mod subject;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crossplug_protocol::codec::AsJson;
use crossplug_protocol::frame::{FrameReader, FrameWriter, Framing};
use crossplug_protocol::handshake::{Encoding, Offer};
use serde_json::Value;

use host::Host;
use matching::matches;
use subject::{Subject, say};

/// Every case below a folder of the vectors: its dialect, its name, its lines.
fn cases(folder: &str) -> Vec<(String, String, Vec<Value>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schema/vectors")
        .join(folder);
    let mut cases = Vec::new();
    for dialect in entries(&root) {
        for file in entries(&dialect) {
            let text = std::fs::read_to_string(&file).unwrap();
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let lines = lines.map(|line| {
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{file:?}: {line}: {e}"))
            });
            let name = dialect.file_name().unwrap().to_str().unwrap();
            let (stem, version) = name.rsplit_once('-').unwrap();
            cases.push((
                format!("{stem}/{version}"),
                file.display().to_string(),
                lines.collect(),
            ));
        }
    }
    cases
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

/// A plugin and what it has said.
struct Player {
    subject: Subject,
    reader: FrameReader,
    said: VecDeque<Value>,
    logs: bool,
    /// What a process would exit with.
    code: i32,
    /// Whether the host offers MessagePack.
    packed: bool,
}

impl Player {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        if let Some(group) = step.get("unordered").and_then(Value::as_array) {
            let mut open: Vec<&Value> = group.iter().collect();
            while !open.is_empty() {
                let got = self.next(open[0]).ok_or("nothing more was said")?;
                let found = open.iter().position(|line| matches(&line["message"], &got));
                open.remove(found.ok_or_else(|| format!("unexpected {got}"))?);
            }
            return Ok(());
        }
        match (step["from"].as_str(), step) {
            (Some("host"), step) if step.get("eof").is_some() => {
                self.subject.end();
                self.listen();
            }
            (Some("host"), step) => {
                self.hear(step);
                loop {
                    self.reader
                        .set_limit(self.subject.session.limits().frame_bytes);
                    match self.reader.next_frame(self.subject.session.framing()) {
                        Ok(Some(frame)) => self.subject.take(frame),
                        Ok(None) => break,
                        Err(error) => {
                            self.subject.break_off(error);
                            self.code = 1;
                            break;
                        }
                    }
                }
                self.listen();
            }
            (Some("plugin"), step) if step.get("exit").is_some() => {
                if !self.subject.session.is_drained() {
                    return Err("something is in flight, so the plugin would not exit".into());
                }
                if step["exit"] != self.code {
                    return Err(format!("it would exit with {}", self.code));
                }
            }
            (Some("plugin"), step) => {
                let got = self.next(step).ok_or("nothing more was said")?;
                if !matches(&step["message"], &got) {
                    return Err(format!("got {got}"));
                }
            }
            _ => return Err("no such line".into()),
        }
        Ok(())
    }

    /// The host says a line: in JSON, or whatever was chosen.
    fn hear(&mut self, step: &Value) {
        let mut message = step["message"].clone();
        if self.packed && message["method"] == "initialize" && message["params"].is_object() {
            let protocol = &mut message["params"]["protocol"];
            protocol["encodings"] = serde_json::json!(["msgpack", "json"]);
            protocol["framings"] = serde_json::json!(["length", "ndjson"]);
        }
        if let Some(wire) = step["wire"].as_str() {
            let byte = |at| u8::from_str_radix(&wire[at..at + 2], 16).unwrap();
            let bytes: Vec<u8> = (0..wire.len()).step_by(2).map(byte).collect();
            return self.reader.push(&bytes);
        }
        let line = match step.get("raw") {
            Some(raw) => raw.as_str().unwrap().into(),
            None => message.to_string(),
        };
        let is_json = Encoding::Json.decode::<AsJson>(line.as_bytes()).is_ok();
        let mut out = FrameWriter::new();
        let mut frame = out.begin(self.subject.session.framing());
        match self.subject.encoding() {
            Encoding::Msgpack if is_json => {
                frame.extend_from_slice(say(Encoding::Msgpack, line.as_bytes()).as_bytes());
            }
            _ => frame.extend_from_slice(line.as_bytes()),
        }
        frame.finish(usize::MAX).unwrap();
        self.reader.push(out.as_bytes());
    }

    /// What the plugin has said, each frame as it was framed.
    fn listen(&mut self) {
        let mut reader = FrameReader::new(1 << 26);
        reader.push(&self.subject.out.take());
        while !reader.waiting().is_empty() {
            // The reply to `initialize` is the one line behind which the choice holds.
            let line = reader.waiting().first() == Some(&b'{');
            let framing = if line {
                Framing::Ndjson
            } else {
                Framing::Length
            };
            let frame = reader.next_frame(framing).unwrap().unwrap();
            self.said.push_back(if line {
                serde_json::from_slice(frame).unwrap()
            } else {
                Encoding::Msgpack.decode::<AsJson>(frame).unwrap()
            });
        }
    }

    /// The next message that counts where this line is expected.
    fn next(&mut self, expected: &Value) -> Option<Value> {
        let wanted = expected["message"]["method"].as_str();
        loop {
            let got = self.said.pop_front()?;
            let log = got["method"] == "$/log" && !self.logs;
            let credit = got["method"] == "$/credit" && wanted != Some("$/credit");
            if !(log || credit) {
                return Some(got);
            }
        }
    }
}

#[test]
fn a_plugin_made_of_a_session_answers_every_case() {
    let played = play(false);
    assert!(played > 80);
}

#[test]
fn the_same_plugin_answers_in_messagepack() {
    let played = play(true);
    println!("in MessagePack: {played}");
    assert!(played > 70);
}

/// Plays the cases of an encoding; gives how many there were.
fn play(packed: bool) -> usize {
    let mut cases = cases("sessions");
    // What a process does as one (what it prints, how it ends) is nothing that a session has.
    cases.retain(|(_, _, lines)| lines[0]["case"]["process"] != true);
    cases.retain(|(dialect, _, lines)| {
        let own = if packed { "msgpack" } else { "json" };
        let any = if dialect == "crossplug/1" {
            own
        } else {
            "json"
        };
        lines[0]["case"]["encoding"].as_str().unwrap_or(any) == own
    });
    let offer = if packed {
        Offer::new()
            .with_encodings(&[Encoding::Msgpack, Encoding::Json])
            .with_framings(&[Framing::Length, Framing::Ndjson])
    } else {
        Offer::new()
    };
    let (mut failures, mut chosen) = (Vec::new(), 0);
    for (dialect, name, lines) in &cases {
        let logs = lines
            .iter()
            .any(|line| line["message"]["method"] == "$/log");
        let (subject, reader) = (
            Subject::new(dialect, offer.clone()),
            FrameReader::new(1 << 20),
        );
        let mut player = Player {
            subject,
            reader,
            said: VecDeque::new(),
            logs,
            code: 0,
            packed,
        };
        player.listen();
        assert!(
            lines[0]["case"]["description"].is_string(),
            "{name}: the first line is the case"
        );
        let failed = lines[1..].iter().find_map(|line| {
            player
                .step(line)
                .err()
                .map(|error| format!("{name}\n  {line}\n  {error}"))
        });
        chosen += usize::from(player.subject.encoding() == Encoding::Msgpack);
        failures.extend(failed.or_else(|| {
            let rest = player
                .said
                .iter()
                .find(|got| got["method"] != "$/credit" && (logs || got["method"] != "$/log"))?;
            Some(format!("{name}: left over: {rest}"))
        }));
    }
    println!("{} cases", cases.len());
    assert!(
        failures.is_empty(),
        "{} of {} failed:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
    assert_eq!(
        packed,
        chosen > 40,
        "{chosen} cases went over to MessagePack"
    );
    cases.len()
}

#[test]
fn a_host_made_of_a_session_does_what_every_case_says() {
    let cases = cases("hosts");
    let mut failures = Vec::new();
    for (dialect, name, lines) in &cases {
        let mut host = Host::new(
            dialect,
            lines.iter().any(|line| line["tell"].get("log").is_some()),
        );
        assert!(
            lines[0]["case"]["description"].is_string(),
            "{name}: the first line is the case"
        );
        let mut steps = lines[1..].iter();
        let failed = steps.find_map(|line| {
            host.step(line)
                .err()
                .map(|error| format!("{name}\n  {line}\n  {error}"))
        });
        failures.extend(failed.or_else(|| {
            host.left_over()
                .map(|rest| format!("{name}: left over: {rest}"))
        }));
    }
    println!("vectors hosts rust {}", cases.len());
    assert!(cases.len() > 40);
    assert!(
        failures.is_empty(),
        "{} of {} failed:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}
