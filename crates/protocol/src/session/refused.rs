//! What goes with a call, and why something was not said.

use std::time::Duration;

use crate::dialect::Inexpressible;

/// What was not said, and why. Nothing was written, except where a variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The handshake is not through, or the conversation is closing or over.
    #[error("the session is not open")]
    NotOpen,
    /// The request is answered, given up on or cancelled, or the stream has ended.
    #[error("the request or its stream is over")]
    Ended,
    /// No credit: wait for [`super::Incoming::Credit`].
    #[error("the receiver of the stream has given no credit")]
    NoCredit,
    /// The deadline has passed already.
    #[error("the deadline has passed")]
    Late,
    /// Too many requests are in flight.
    #[error("{limit} requests are in flight, and no more are allowed")]
    TooManyCalls {
        /// The cap.
        limit: usize,
    },
    /// Too many streams are open.
    #[error("{limit} streams are open, and no more are allowed")]
    TooManyStreams {
        /// The cap.
        limit: usize,
    },
    /// Too many bytes wait to be written.
    #[error("more than {limit} bytes wait to be written")]
    BufferFull {
        /// The cap.
        limit: usize,
    },
    /// The dialect cannot say it. A reply that is too large has been answered with `resourceExhausted` instead.
    #[error(transparent)]
    Inexpressible(#[from] Inexpressible),
}

impl Refused {
    /// As the vectors of hosts spell it (`schema/README.md` section 7).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotOpen => "notOpen",
            Self::Ended => "ended",
            Self::NoCredit => "noCredit",
            Self::Late => "late",
            Self::TooManyCalls { .. } => "tooManyCalls",
            Self::TooManyStreams { .. } => "tooManyStreams",
            Self::BufferFull { .. } => "bufferFull",
            Self::Inexpressible(Inexpressible::TooLarge { .. }) => "tooLarge",
            Self::Inexpressible(_) => "notInDialect",
        }
    }
}

/// What goes with a call beside its params.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct CallOptions<'a> {
    /// When the caller stops waiting. It travels as the time that is left.
    pub deadline: Option<Duration>,
    /// W3C Trace Context.
    pub traceparent: Option<&'a str>,
}

impl<'a> CallOptions<'a> {
    /// No deadline, no trace.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            deadline: None,
            traceparent: None,
        }
    }

    /// The same with a deadline, counted from the origin of the session's clock.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The same with a trace.
    #[must_use]
    pub const fn traceparent(mut self, traceparent: &'a str) -> Self {
        self.traceparent = Some(traceparent);
        self
    }
}
