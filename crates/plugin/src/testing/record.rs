//! What a test host has seen. Plain data.

use crossplug_protocol::codec::Value;
use crossplug_protocol::message::Level;

/// A line of the plugin's log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogLine {
    /// How urgent.
    pub level: Level,
    /// For a person.
    pub message: String,
    /// For a machine; null where there is nothing.
    pub fields: Value,
}

/// An event that the plugin emitted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Emitted {
    /// Wire name.
    pub name: String,
    /// The ordered sequence that it belongs to.
    pub stream: Option<String>,
    /// Position in it.
    pub seq: u64,
    /// What happened.
    pub payload: Value,
}

/// How far a call said that it was.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// 0 to 1.
    pub fraction: Option<f64>,
    /// For a person.
    pub message: Option<String>,
}

/// A call of a service of the host.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServiceCall {
    /// Wire name.
    pub service: String,
    /// What it was called with.
    pub params: Value,
}

impl LogLine {
    pub(super) const fn new(level: Level, message: String, fields: Value) -> Self {
        Self {
            level,
            message,
            fields,
        }
    }
}

impl Emitted {
    pub(super) const fn new(
        name: String,
        stream: Option<String>,
        seq: u64,
        payload: Value,
    ) -> Self {
        Self {
            name,
            stream,
            seq,
            payload,
        }
    }
}

impl Progress {
    pub(super) const fn new(fraction: Option<f64>, message: Option<String>) -> Self {
        Self { fraction, message }
    }
}

impl ServiceCall {
    pub(super) const fn new(service: String, params: Value) -> Self {
        Self { service, params }
    }
}
