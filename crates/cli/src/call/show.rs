//! What a call gives, shown: data on stdout, as lines or as JSON envelopes, and talk on stderr. Must not call anything.

use std::io::IsTerminal;

use crossplug_host::{Error, Event, Level, Log, LogSource, Payload, Progress};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::output;
use crate::talk::{self, Colour, coloured};

/// How to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Show {
    json: bool,
}

impl Show {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// An item of a stream.
    ///
    /// # Errors
    /// If stdout is closed.
    pub(crate) fn item(self, item: &Payload) -> Result<(), Failure> {
        talk::progress_ends();
        let item = in_one_line(item);
        if self.json {
            output::line(&format!("{{\"item\":{item}}}"))
        } else {
            output::line(&item)
        }
    }

    /// The result, after everything else.
    ///
    /// # Errors
    /// If stdout is closed.
    pub(crate) fn result(self, result: &Payload) -> Result<(), Failure> {
        let text = in_one_line(result);
        if self.json {
            return output::line(&format!("{{\"result\":{text}}}"));
        }
        match result.value() {
            Ok(value) if std::io::stdout().is_terminal() => output::pretty(&value),
            _ => output::line(&text),
        }
    }

    /// What came instead of a result. Only as JSON: a person is told on stderr.
    ///
    /// # Errors
    /// If stdout is closed.
    pub(crate) fn error(self, error: &Error) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut told = json!({
            "kind": error.kind().as_str(),
            "operation": error.operation(),
            "message": error.context(),
            "retryable": error.is_retryable(),
        });
        if let (Some(plugin), Some(members)) = (error.plugin_error(), told.as_object_mut()) {
            let mut answered = json!({"code": plugin.code, "message": plugin.message});
            if let (Some(details), Some(members)) = (&plugin.details, answered.as_object_mut()) {
                members.insert("details".to_owned(), (**details).clone());
            }
            members.insert("plugin".to_owned(), answered);
        }
        output::compact(&json!({ "error": told }))
    }

    /// The same for a person. Where it was shown as JSON, the details have been said.
    pub(crate) fn told(self, error: &Error) -> String {
        // The library names its own setting.
        let mut told = error
            .to_string()
            .replace("`start_timeout`", "`--start-timeout`");
        let details = error
            .plugin_error()
            .and_then(|plugin| plugin.details.as_deref());
        if let Some(details) = details.filter(|_| !self.json) {
            told.push_str(&in_lines(details));
        }
        told
    }

    /// How far the plugin is.
    pub(crate) fn progress(self, progress: &Progress) {
        if self.json {
            let mut told = serde_json::Map::new();
            if let Some(fraction) = progress.fraction {
                told.insert("fraction".to_owned(), json!(fraction));
            }
            if let Some(message) = &progress.message {
                told.insert("message".to_owned(), json!(message));
            }
            // A closed stdout is noticed by the next item or the result.
            let _ = output::compact(&json!({ "progress": told }));
        } else {
            talk::progress(
                progress.fraction,
                progress.message.as_deref().unwrap_or_default(),
            );
        }
    }

    /// An event of the plugin.
    pub(crate) fn event(self, event: &Event) {
        let payload = in_one_line(&event.payload);
        if self.json {
            let name = json!(event.name);
            let stream = event.stream.as_ref().map_or(String::new(), |stream| {
                format!("\"stream\":{},", json!(stream))
            });
            let text = format!(
                "{{\"event\":{{\"name\":{name},{stream}\"seq\":{},\"payload\":{payload}}}}}",
                event.seq
            );
            let _ = output::line(&text);
        } else {
            talk::line(&format!(
                "{} {} {payload}",
                coloured("event:", Colour::Grey),
                event.name
            ));
        }
    }
}

/// A log line of the plugin, or of the host about it.
pub(crate) fn log(log: &Log) {
    let fields = if log.fields == Value::Null {
        String::new()
    } else {
        format!(" {}", log.fields)
    };
    match (log.source, log.level) {
        (LogSource::Stderr | LogSource::Stdout, _) => {
            talk::line(&format!("{} {}", coloured("|", Colour::Grey), log.message));
        }
        (_, Level::Error) => talk::line(&format!(
            "{} {}{fields}",
            coloured("[error]", Colour::Red),
            talk::once("error", &log.message)
        )),
        (_, Level::Warn) => talk::line(&format!(
            "{} {}{fields}",
            coloured("[warn]", Colour::Yellow),
            talk::once("warning", &log.message)
        )),
        (_, level) => {
            let level = format!("[{}]", level.name());
            talk::line(&format!(
                "{} {}{fields}",
                coloured(&level, Colour::Grey),
                log.message
            ));
        }
    }
}

/// The details of an error, and its trace in lines of its own.
fn in_lines(details: &Value) -> String {
    let mut details = details.clone();
    let trace = match details.get_mut("trace") {
        Some(Value::String(_)) => details
            .as_object_mut()
            .and_then(|members| members.remove("trace")),
        _ => None,
    };
    let mut lines = String::new();
    let nothing_left =
        trace.is_some() && details.as_object().is_some_and(serde_json::Map::is_empty);
    if !nothing_left {
        lines.push_str(&format!("\n  details: {details}"));
    }
    if let Some(trace) = trace.as_ref().and_then(Value::as_str) {
        lines.push_str("\n  trace:");
        for line in trace.trim_end().lines() {
            lines.push_str(&format!("\n    {line}"));
        }
    }
    lines
}

/// The plugin's own text, so that no number changes. A line feed can only stand between its tokens.
fn in_one_line(payload: &Payload) -> String {
    payload.as_json().replace(['\n', '\r'], " ")
}
