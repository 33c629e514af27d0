//! One line of an interop case, read strictly: a member that nobody knows would be a check that nobody makes.

use std::time::Duration;

use serde_json::{Map, Value};

/// What is done with the plugin, and what must come of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// A method is called.
    Call(Calling),
    /// A method is called that streams.
    Stream(Streaming),
    /// A call is given up at this moment.
    GiveUp {
        /// When.
        moment: Moment,
        /// The method.
        method: String,
    },
    /// The host emits an event.
    Emit {
        /// Its name.
        name: String,
        /// The stream that it belongs to.
        stream: Option<String>,
        /// What it says.
        payload: Value,
    },
    /// The plugin has asked the host's `test.answer` these questions since the last such step, in this order.
    Asked(Vec<Value>),
    /// The plugin has emitted these events since the last such step, in this order.
    Events(Vec<Value>),
    /// The plugin has logged these lines since the last such step, in this order, others between them.
    Logs(Vec<Value>),
    /// The plugin is loaded, called and stopped again and again.
    Reload {
        /// How often where the plugin is in the host's process.
        in_process: usize,
        /// How often elsewhere.
        elsewhere: usize,
        /// By how many MiB the host may grow between the first tenth and the end.
        growth_mib: u64,
    },
}

/// A call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Calling {
    /// The method.
    pub method: String,
    /// What it is called with, to be [filled](super::fill).
    pub params: Value,
    /// How long the caller waits.
    pub timeout: Option<Duration>,
    /// How often it is called.
    pub times: usize,
    /// Whether all calls are made at once.
    pub together: bool,
    /// What progress is told, where that matters.
    pub progress: Option<Vec<Value>>,
    /// What must come: a result, or an error `{kind, code?, message?, details?}`.
    pub outcome: Result<Value, Value>,
}

/// A call that streams.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Streaming {
    /// The call.
    pub call: Calling,
    /// What the host streams, to be filled.
    pub upload: Option<Value>,
    /// What the plugin streams, to be filled.
    pub items: Value,
    /// After so many items the call is given up, and nothing else is looked at.
    pub take: Option<usize>,
}

/// When a call is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// Before it is sent.
    Before,
    /// While the plugin works on it.
    During,
    /// When it is answered.
    After,
}

impl Step {
    pub(super) fn read(members: &Map<String, Value>) -> Result<Self, String> {
        let mut line = Line(members.clone());
        let step = if let Some(moment) = line.take("giveUp") {
            let moment = match moment.as_str() {
                Some("before") => Moment::Before,
                Some("during") => Moment::During,
                Some("after") => Moment::After,
                _ => return Err("`giveUp` is `before`, `during` or `after`".to_owned()),
            };
            let method = line.text("call")?;
            Self::GiveUp { moment, method }
        } else if line.0.contains_key("call") {
            Self::Call(line.calling("call")?)
        } else if line.0.contains_key("stream") && !line.0.contains_key("emit") {
            Self::Stream(line.streaming()?)
        } else if line.0.contains_key("emit") {
            Self::Emit {
                name: line.text("emit")?,
                stream: line
                    .take("stream")
                    .and_then(|value| value.as_str().map(str::to_owned)),
                payload: line.take("payload").ok_or("an event has a `payload`")?,
            }
        } else if line.0.contains_key("asked") {
            Self::Asked(line.list("asked")?)
        } else if line.0.contains_key("events") {
            Self::Events(line.list("events")?)
        } else if line.0.contains_key("logs") {
            Self::Logs(line.list("logs")?)
        } else {
            line.reload()?
        };
        match line.0.keys().next() {
            Some(name) => Err(format!("`{name}` is one member too many")),
            None => Ok(step),
        }
    }
}

/// The members that nobody has taken yet.
struct Line(Map<String, Value>);

impl Line {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    fn text(&mut self, name: &str) -> Result<String, String> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("`{name}` is a text")),
        }
    }

    fn list(&mut self, name: &str) -> Result<Vec<Value>, String> {
        match self.take(name) {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(format!("`{name}` is a list")),
        }
    }

    fn count(&mut self, name: &str) -> Result<Option<usize>, String> {
        let number = self.take(name).map(|value| {
            let number = value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| format!("`{name}` is a number"))
        });
        number.transpose()
    }

    fn calling(&mut self, name: &str) -> Result<Calling, String> {
        let (times, together) = (self.count("times")?, self.count("together")?);
        let progress = match self.0.contains_key("progress") {
            true => Some(self.list("progress")?),
            false => None,
        };
        let timeout = self.count("timeoutMs")?;
        Ok(Calling {
            method: self.text(name)?,
            params: self.take("params").unwrap_or_else(|| Map::new().into()),
            timeout: timeout.map(|millis| Duration::from_millis(millis as u64)),
            times: times.or(together).unwrap_or(1),
            together: together.is_some(),
            progress,
            outcome: match (self.take("result"), self.take("error")) {
                (Some(result), None) => Ok(result),
                (None, Some(error)) => Err(error),
                _ => return Err("a call has a `result` or an `error`".to_owned()),
            },
        })
    }

    fn streaming(&mut self) -> Result<Streaming, String> {
        let take = self.count("take")?;
        let (upload, items) = (self.take("upload"), self.take("items"));
        if take.is_some() {
            self.0.insert("result".to_owned(), Value::Null);
        }
        Ok(Streaming {
            call: self.calling("stream")?,
            upload,
            items: match (items, take) {
                (Some(items), None) => items,
                (None, Some(_)) => Value::Null,
                _ => return Err("a stream has `items` or `take`".to_owned()),
            },
            take,
        })
    }

    fn reload(&mut self) -> Result<Step, String> {
        let Some(Value::Object(counts)) = self.take("reload") else {
            return Err("nobody knows what this line wants to be done".to_owned());
        };
        let growth_mib = self
            .count("growthMiB")?
            .ok_or("`reload` has a `growthMiB`")? as u64;
        let mut counts = Self(counts);
        let step = Step::Reload {
            in_process: counts
                .count("inProcess")?
                .ok_or("`reload` has a number `inProcess`")?,
            elsewhere: counts
                .count("elsewhere")?
                .ok_or("`reload` has a number `elsewhere`")?,
            growth_mib,
        };
        if counts.0.is_empty() {
            Ok(step)
        } else {
            Err("`reload` has a member too many".to_owned())
        }
    }
}
