//! A session vector, read: `schema/README.md` section 7 gives the format. Pure; must not play anything.

use std::fmt;

use serde_json::{Map, Value};

use crate::packed::Encoding;
use crate::target::CROSSPLUG;

/// One conversation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Case {
    /// Path below `schema/vectors/sessions`: `crossplug-1/ping.jsonl`.
    pub path: String,
    /// What it shows.
    pub description: String,
    /// Interfaces that the plugin must implement to be asked.
    pub needs: Vec<String>,
    /// The one encoding that it is about; absent, it is played in every one.
    pub encoding: Option<Encoding>,
    /// The conversation, each step with its line in the file, counted from 1.
    pub steps: Vec<(usize, Step)>,
}

impl Case {
    /// The folder of the case, which stands for its dialect.
    ///
    /// ```
    /// let text = "{\"case\":{\"description\":\"Nothing.\",\"needs\":[]}}";
    /// let case = crossplug_conformance::case::Case::read("crossplug-1/nothing.jsonl", text)?;
    /// assert_eq!(case.folder(), "crossplug-1");
    /// # Ok::<(), crossplug_conformance::case::BadCase>(())
    /// ```
    #[must_use]
    pub fn folder(&self) -> &str {
        self.path.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether it can be played in an encoding: a dialect of somebody else's has none but JSON.
    #[must_use]
    pub fn is_for(&self, encoding: Encoding) -> bool {
        let json = Some(Encoding::Json).filter(|_| self.folder() != CROSSPLUG);
        self.encoding.or(json).is_none_or(|only| only == encoding)
    }

    /// Whether a log of the plugin is part of the conversation rather than passed over.
    pub(crate) fn expects_logs(&self) -> bool {
        let is_log = |expected: &Expected| matches!(expected, Expected::Message(message) if is_method(message, "$/log"));
        self.steps.iter().any(|(_, step)| match step {
            Step::Await(expected) => is_log(expected),
            Step::AwaitUnordered(group) => group.iter().any(is_log),
            _ => false,
        })
    }
}

/// Whether a message is of the method.
pub(crate) fn is_method(message: &Value, method: &str) -> bool {
    message.get("method").and_then(Value::as_str) == Some(method)
}

/// One line of a case.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// The host sends a message, or a text that is none.
    Send(String),
    /// The host sends these bytes, without a frame around them.
    SendWire(Vec<u8>),
    /// The host closes the plugin's input.
    CloseInput,
    /// The plugin's next message.
    Await(Expected),
    /// The plugin's next messages, in any order.
    AwaitUnordered(Vec<Expected>),
    /// The plugin ends with an exit code.
    AwaitExit(i32),
}

/// What a line of the plugin must be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expected {
    /// A message, matched as [`crate::matching::compare`] says.
    Message(Value),
    /// This very text.
    Text(String),
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => message.fmt(out),
            Self::Text(text) => write!(out, "the text {text:?}"),
        }
    }
}

/// A case that cannot be read: file, line and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCase {
    path: String,
    line: usize,
    what: String,
}

impl BadCase {
    pub(crate) fn new(path: &str, line: usize, what: String) -> Self {
        let path = path.to_owned();
        Self { path, line, what }
    }
}

impl fmt::Display for BadCase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl std::error::Error for BadCase {}

impl Case {
    /// Reads the text of a `.jsonl` file.
    ///
    /// # Errors
    /// The first line that is not what the format allows.
    pub fn read(path: &str, text: &str) -> Result<Self, BadCase> {
        let bad = |line: usize, what: String| BadCase::new(path, line, what);
        let mut case = Self {
            path: path.to_owned(),
            description: String::new(),
            needs: Vec::new(),
            encoding: None,
            steps: Vec::new(),
        };
        let mut begun = false;
        for (index, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let number = index + 1;
            let value: Value =
                serde_json::from_str(line).map_err(|error| bad(number, error.to_string()))?;
            let Value::Object(members) = value else {
                return Err(bad(number, "a line is an object".to_owned()));
            };
            if begun {
                case.steps
                    .push((number, step(&members).map_err(|what| bad(number, what))?));
            } else {
                case.head(&members).map_err(|what| bad(number, what))?;
                begun = true;
            }
        }
        if begun {
            Ok(case)
        } else {
            Err(bad(1, "the first line is {\"case\":{…}}".to_owned()))
        }
    }

    fn head(&mut self, members: &Map<String, Value>) -> Result<(), String> {
        let head = members
            .get("case")
            .ok_or("the first line is {\"case\":{…}}")?;
        let description = head
            .get("description")
            .and_then(Value::as_str)
            .ok_or("a case has a `description`")?;
        let needs = head
            .get("needs")
            .and_then(Value::as_array)
            .ok_or("a case has a list `needs`")?;
        if let Some(encoding) = head.get("encoding") {
            let known = encoding.as_str().and_then(Encoding::from_name);
            self.encoding = Some(known.ok_or("`encoding` is `json` or `msgpack`")?);
        }
        self.description = description.to_owned();
        for need in needs {
            self.needs.push(
                need.as_str()
                    .ok_or("`needs` holds names of interfaces")?
                    .to_owned(),
            );
        }
        Ok(())
    }
}

fn step(members: &Map<String, Value>) -> Result<Step, String> {
    if let Some(group) = members.get("unordered") {
        let lines = group.as_array().ok_or("`unordered` is a list of lines")?;
        let expected = lines.iter().map(|line| match line.as_object().map(step) {
            Some(Ok(Step::Await(expected))) => Ok(expected),
            _ => Err(format!(
                "`unordered` holds messages of the plugin, not {line}"
            )),
        });
        return Ok(Step::AwaitUnordered(expected.collect::<Result<_, _>>()?));
    }
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("`raw` is text");
    let from = members
        .get("from")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut rest = members.iter().filter(|(name, _)| *name != "from");
    let step = match (
        from,
        rest.next().map(|(name, value)| (name.as_str(), value)),
    ) {
        ("host", Some(("message", message))) => Step::Send(message.to_string()),
        ("host", Some(("raw", raw))) => Step::Send(text(raw)?),
        ("host", Some(("wire", hex))) => Step::SendWire(bytes(hex)?),
        ("host", Some(("eof", Value::Bool(true)))) => Step::CloseInput,
        ("plugin", Some(("message", message))) => Step::Await(Expected::Message(message.clone())),
        ("plugin", Some(("raw", raw))) => Step::Await(Expected::Text(text(raw)?)),
        ("plugin", Some(("exit", code))) => {
            let code = code
                .as_i64()
                .and_then(|code| i32::try_from(code).ok())
                .ok_or("`exit` is a small integer")?;
            Step::AwaitExit(code)
        }
        (other, _) => return Err(format!("no line from {other:?} has these members")),
    };
    match rest.next() {
        Some((name, _)) => Err(format!("`{name}` is one member too many")),
        None => Ok(step),
    }
}

/// Bytes of a hexadecimal text.
fn bytes(hex: &Value) -> Result<Vec<u8>, String> {
    const WRONG: &str = "`wire` is hexadecimal text";
    let digits: Option<Vec<u8>> = hex.as_str().and_then(|text| {
        let digit = |digit: char| {
            digit
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        };
        text.chars().map(digit).collect()
    });
    let digits = digits
        .filter(|digits| digits.len().is_multiple_of(2))
        .ok_or(WRONG)?;
    let pair = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    Ok(digits.chunks(2).map(pair).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    const HEAD: &str = r#"{"case":{"description":"d","needs":["agent"]}}"#;

    fn read(lines: &[&str]) -> Result<Case, BadCase> {
        Case::read("x/y.jsonl", &format!("{HEAD}\n{}", lines.join("\n")))
    }

    #[test]
    fn every_kind_of_line_is_read() {
        let case = read(&[
            r#"{"from":"host","message":{"id":1}}"#,
            r#"{"from":"host","raw":"oops"}"#,
            r#"{"from":"host","wire":"00fF"}"#,
            r#"{"from":"plugin","message":{"id":1}}"#,
            r#"{"unordered":[{"from":"plugin","message":{"method":"$/log"}}]}"#,
            r#"{"from":"host","eof":true}"#,
            r#"{"from":"plugin","exit":0}"#,
        ])
        .unwrap();
        assert_eq!(case.needs, ["agent"]);
        assert!(case.expects_logs());
        let log = Expected::Message(json!({"method": "$/log"}));
        let steps = vec![
            (2, Step::Send(r#"{"id":1}"#.to_owned())),
            (3, Step::Send("oops".to_owned())),
            (4, Step::SendWire(vec![0, 255])),
            (5, Step::Await(Expected::Message(json!({"id": 1})))),
            (6, Step::AwaitUnordered(vec![log])),
            (7, Step::CloseInput),
            (8, Step::AwaitExit(0)),
        ];
        assert_eq!(case.steps, steps);
    }

    #[test]
    fn mistakes_name_their_line() {
        let mistakes = [
            "nonsense",
            "[]",
            r#"{"from":"moon","message":{}}"#,
            r#"{"from":"host"}"#,
            r#"{"from":"host","eof":false}"#,
            r#"{"from":"host","exit":0}"#,
            r#"{"from":"host","wire":"0"}"#,
            r#"{"from":"host","wire":"+7"}"#,
            r#"{"from":"plugin","exit":"0"}"#,
            r#"{"from":"plugin","message":{},"raw":""}"#,
            r#"{"unordered":[{"from":"plugin","exit":0}]}"#,
        ];
        for mistake in mistakes {
            let error = read(&[r#"{"from":"host","raw":""}"#, mistake]).unwrap_err();
            assert_eq!(error.line, 3, "{mistake}");
        }
        assert_eq!(Case::read("x/y.jsonl", "").unwrap_err().line, 1);
        assert_eq!(
            Case::read("x/y.jsonl", r#"{"case":{"description":"d"}}"#)
                .unwrap_err()
                .line,
            1
        );
    }
}
