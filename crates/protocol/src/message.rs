//! One unit of the protocol, whatever dialect it came in. It holds values as opaque text and never looks into them.
//!
//! A dialect makes a [`Message`] from a frame and a frame from a [`Message`]; the session decides what it means.
//!
//! ```
//! use crossplug_protocol::message::{Id, Message, Meta, Raw};
//!
//! let call = Message::Request {
//!     id: Id::Int(1),
//!     method: "action.invoke".into(),
//!     params: Some(Raw::trust(br#"{"action":"ECHO"}"#)),
//!     meta: Meta { timeout_ms: Some(5000), traceparent: None },
//! };
//! assert_eq!(call.name(), "action.invoke");
//! ```

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error;

/// One message. Everything that can be borrowed from the frame is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Wants exactly one reply.
    Request {
        /// Chosen by the caller.
        id: Id<'a>,
        /// Wire name of a method or service.
        method: Cow<'a, str>,
        /// What it is called with.
        params: Option<Raw<'a>>,
        /// What stands beside the params.
        meta: Meta<'a>,
    },
    /// Ends a request.
    Reply {
        /// Of the request; `None` where the responder could not read it.
        id: Option<Id<'a>>,
        /// The result, or why there is none.
        outcome: Result<Raw<'a>, Failure<'a>>,
    },
    /// What a plugin cannot read, though its id may be that of a request of its own. Only the session knows that.
    Malformed {
        /// Whom it may concern.
        id: Option<Id<'a>>,
        /// What is wrong with it.
        what: &'static str,
        /// It can only be meant as a reply. Else it is as well a request without a method.
        is_reply: bool,
    },
    /// `$/cancel`, caller to responder.
    Cancel {
        /// Of the caller's request.
        id: Id<'a>,
    },
    /// `$/progress`, responder to caller.
    Progress {
        /// Of the caller's request.
        id: Id<'a>,
        /// 0 to 1.
        fraction: Option<f64>,
        /// For a person.
        message: Option<Cow<'a, str>>,
    },
    /// `$/item`, either direction.
    Item {
        /// Of the request that the stream belongs to.
        id: Id<'a>,
        /// One element.
        item: Raw<'a>,
    },
    /// `$/end`, caller to responder: no more items of an upload.
    End {
        /// Of the caller's request.
        id: Id<'a>,
    },
    /// `$/credit`, receiver of a stream to its sender.
    Credit {
        /// Of the request that the stream belongs to.
        id: Id<'a>,
        /// So many more items.
        items: u32,
        /// So many more bytes.
        bytes: u32,
    },
    /// `$/event`, either direction.
    Event {
        /// Of the event in its interface.
        name: Cow<'a, str>,
        /// Names an ordered sequence.
        stream: Option<Cow<'a, str>>,
        /// Position in the sequence, from 1.
        seq: u64,
        /// What happened.
        payload: Raw<'a>,
    },
    /// `$/log`, plugin to host; also what a dialect makes of a stray print.
    Log {
        /// How urgent it is.
        level: Level,
        /// One line for a person.
        message: Cow<'a, str>,
        /// An object for a machine.
        fields: Option<Raw<'a>>,
    },
}

impl Message<'_> {
    /// What the wire calls it: a method's name, `$/item`, …; a reply is called `reply`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Request { method, .. } => method,
            Self::Reply { .. } => "reply",
            Self::Malformed { .. } => "malformed",
            Self::Cancel { .. } => "$/cancel",
            Self::Progress { .. } => "$/progress",
            Self::Item { .. } => "$/item",
            Self::End { .. } => "$/end",
            Self::Credit { .. } => "$/credit",
            Self::Event { .. } => "$/event",
            Self::Log { .. } => "$/log",
        }
    }
}

/// One value in the session's encoding, complete and checked. Cheap to hand on: borrowed unless a dialect had to rewrite it.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw<'a>(Cow<'a, [u8]>);

impl<'a> Raw<'a> {
    /// Takes bytes that are known to be one complete value: they come from a writer such as `serde_json`, or were checked.
    /// Text from anywhere else goes through [`crate::json::check`].
    #[must_use]
    pub const fn trust(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    /// The same for bytes that nobody else keeps.
    #[must_use]
    pub const fn owned(bytes: Vec<u8>) -> Self {
        Self(Cow::Owned(bytes))
    }

    /// The value `null`, in JSON.
    #[must_use]
    pub const fn null() -> Self {
        Self::trust(b"null")
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text as a string, for JSON. Empty where somebody trusted bytes that are not UTF-8.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The text, allocated only if it was borrowed.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_owned()
    }

    /// Borrowed text keeps its own lifetime; rewritten text is given as it is.
    #[must_use]
    pub fn into_cow(self) -> Cow<'a, [u8]> {
        self.0
    }

    /// The same value, borrowed.
    #[must_use]
    pub fn by_ref(&self) -> Raw<'_> {
        Raw(Cow::Borrowed(&self.0))
    }
}

impl<'a> From<Cow<'a, [u8]>> for Raw<'a> {
    /// As [`Raw::trust`], for text that may have been rewritten.
    fn from(text: Cow<'a, [u8]>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Raw({})", String::from_utf8_lossy(&self.0))
    }
}

/// A request's id as it stands in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Id<'a> {
    /// Within ±(2^53 − 1). A host uses positive ones.
    Int(i64),
    /// At most 200 characters.
    Text(Cow<'a, str>),
}

impl Id<'_> {
    /// The id, to be kept. Integers cost nothing.
    #[must_use]
    pub fn keep(&self) -> RequestId {
        match self {
            Self::Int(id) => RequestId::Int(*id),
            Self::Text(id) => RequestId::Text(Arc::from(&**id)),
        }
    }
}

/// A request's id that outlives its message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RequestId {
    /// An integer.
    Int(i64),
    /// A string.
    Text(Arc<str>),
}

impl RequestId {
    /// The id as a message holds it.
    #[must_use]
    pub fn as_id(&self) -> Id<'_> {
        match self {
            Self::Int(id) => Id::Int(*id),
            Self::Text(id) => Id::Text(Cow::Borrowed(id)),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(id) => write!(out, "{id}"),
            Self::Text(id) => write!(out, "{id:?}"),
        }
    }
}

/// What stands beside a request's params.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta<'a> {
    /// Milliseconds until the caller stops waiting, counted from when it sent the request.
    pub timeout_ms: Option<u64>,
    /// W3C Trace Context.
    pub traceparent: Option<Cow<'a, str>>,
}

/// The error of a reply, borrowed from its frame. [`crate::error::PluginError`] is the same, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure<'a> {
    /// `notFound`, `outOfPaper`: a code of the protocol or of an interface. Its number on the wire follows from it.
    pub code: Cow<'a, str>,
    /// One line for a person.
    pub message: Cow<'a, str>,
    /// Of the type that the interface says for the code.
    pub details: Option<Raw<'a>>,
    /// Whether trying again may help.
    pub retryable: bool,
}

impl<'a> Failure<'a> {
    /// A failure without details that is not worth a retry.
    ///
    /// ```
    /// use crossplug_protocol::message::Failure;
    /// let failure = Failure::new("notFound", "no note of the name \"x\"");
    /// assert_eq!(failure.number(), -32002);
    /// ```
    pub fn new(code: impl Into<Cow<'a, str>>, message: impl Into<Cow<'a, str>>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            details: None,
            retryable: false,
        }
    }

    /// JSON-RPC's number for the code.
    #[must_use]
    pub fn number(&self) -> i32 {
        error::number_of(&self.code)
    }
}

/// How urgent a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For whoever follows every step.
    Trace,
    /// For whoever looks for a mistake.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Trace,
            Self::Debug,
            Self::Info,
            Self::Warn,
            Self::Error,
        ]
        .into_iter()
        .find(|level| level.name() == name)
    }
}
