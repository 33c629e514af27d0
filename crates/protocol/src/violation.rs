//! What a peer may not do, by name. Who meets a violation decides what follows: a host ends the session, a plugin logs
//! it and goes on (`schema/README.md` section 5).

use std::borrow::Cow;
use std::fmt;

/// A peer broke the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub kind: ViolationKind,
    /// What happened, for a person.
    pub detail: Cow<'static, str>,
}

impl Violation {
    /// A violation with what a person should know of it.
    pub fn new(kind: ViolationKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "the peer broke the protocol ({}): {}",
            self.kind.name(),
            self.detail
        )
    }
}

impl std::error::Error for Violation {}

/// The rules that a peer can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// A frame that is not JSON by the laws of `schema/README.md` section 3.
    NotJson,
    /// A frame that is not MessagePack by the same laws, where that was chosen.
    NotMsgpack,
    /// A frame that is nested deeper than the cap.
    TooDeep,
    /// JSON that is no message: a batch, a member of the wrong kind, a missing one.
    InvalidMessage,
    /// Something before the handshake was through, or a handshake that makes no sense.
    BadHandshake,
    /// A reply to a request that is not in flight.
    UnknownReply,
    /// A request with the id of one that is still in flight.
    DuplicateId,
    /// A notification about a request that never was.
    UnknownStream,
    /// An item that no credit was given for, or one behind the end.
    ItemWithoutCredit,
    /// More streams than the cap.
    TooManyStreams,
    /// An event whose `seq` is not the next one of its stream.
    EventOutOfOrder,
    /// A request from a peer that leaves more answers unread than the cap on buffered bytes.
    AnswersUnread,
    /// An event whose name or stream is longer than 1,024 bytes.
    NameTooLong,
    /// More stray lines on standard output than the tolerance has.
    TooManyStrays,
    /// A stray line longer than the tolerance has.
    StrayTooLong,
}

/// What became of a conversation that a peer has spoiled, as a host tells its callers: the names are those of its kinds of
/// errors, in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The peer broke the protocol.
    Protocol,
    /// The peer broke a cap.
    Limit,
    /// The two have not enough in common.
    Incompatible,
    /// The peer let nobody in.
    Denied,
    /// The peer did not come up.
    Start,
}

impl Blame {
    /// As hosts call the kind.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Protocol => "Protocol",
            Self::Limit => "Limit",
            Self::Incompatible => "Incompatible",
            Self::Denied => "Denied",
            Self::Start => "Start",
        }
    }
}

impl ViolationKind {
    /// Whether it breaks a rule or a cap.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::TooManyStreams | Self::TooDeep | Self::AnswersUnread | Self::NameTooLong => {
                Blame::Limit
            }
            _ => Blame::Protocol,
        }
    }

    /// The name that the vectors use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotJson => "notJson",
            Self::NotMsgpack => "notMsgpack",
            Self::TooDeep => "tooDeep",
            Self::InvalidMessage => "invalidMessage",
            Self::BadHandshake => "badHandshake",
            Self::UnknownReply => "unknownReply",
            Self::DuplicateId => "duplicateId",
            Self::UnknownStream => "unknownStream",
            Self::ItemWithoutCredit => "itemWithoutCredit",
            Self::TooManyStreams => "tooManyStreams",
            Self::EventOutOfOrder => "eventOutOfOrder",
            Self::AnswersUnread => "answersUnread",
            Self::NameTooLong => "nameTooLong",
            Self::TooManyStrays => "tooManyStrays",
            Self::StrayTooLong => "strayTooLong",
        }
    }
}
