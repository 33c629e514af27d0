//! The `initialize` exchange: what is offered, what is chosen, and why two peers may not fit. It is JSON whatever is
//! chosen, so this room may read JSON; it knows nothing of requests in flight.
//!
//! ```
//! use crossplug_protocol::handshake::{Choice, Incompatible, Offer};
//!
//! let mut offer = Offer::new();
//! offer.features = vec!["warp!".into()];
//! let refusal = Choice::from_offer(&offer, &Offer::new()).unwrap_err();
//! assert_eq!(refusal, Incompatible::Feature("warp".into()));
//! ```

mod offer;
mod words;

pub use offer::{Choice, Offer};
pub use words::{Hello, Welcome};

use crate::frame::Framing;
use crate::json;
use crate::message::{Failure, Raw};
use crate::violation::Blame;

/// The version of the protocol that this crate speaks.
pub const VERSION: &str = "1.0";
/// Its major part, which both peers must share.
const MAJOR: &str = "1";

/// How a message becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// RFC 8259.
    #[default]
    Json,
    /// MessagePack as `schema/README.md` section 3 profiles it. Its frames are counted: no byte of it ends a line.
    Msgpack,
}

impl Encoding {
    /// As the handshake spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Msgpack => "msgpack",
        }
    }

    /// The value null.
    #[must_use]
    pub const fn null(self) -> Raw<'static> {
        match self {
            Self::Json => Raw::null(),
            Self::Msgpack => Raw::trust(b"\xc0"),
        }
    }

    /// An object without members.
    #[must_use]
    pub const fn empty(self) -> Raw<'static> {
        match self {
            Self::Json => Raw::trust(b"{}"),
            Self::Msgpack => Raw::trust(b"\x80"),
        }
    }

    /// Whether messages in this encoding can be told apart in this way: MessagePack has line feeds anywhere.
    #[must_use]
    pub const fn goes_with(self, framing: Framing) -> bool {
        matches!((self, framing), (Self::Json, _) | (_, Framing::Length))
    }

    /// The encoding of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Json, Self::Msgpack]
            .into_iter()
            .find(|encoding| encoding.name() == name)
    }
}

/// Why two peers cannot talk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatible {
    /// The peer speaks another major version.
    #[error("the peer speaks version {0:?} of the protocol; this side speaks {VERSION}")]
    Version(String),
    /// The peer requires a feature that this side does not have.
    #[error("the peer requires the feature {0:?}, which this side does not have")]
    Feature(String),
    /// The plugin chose an encoding or framing that was not offered.
    #[error("the peer chose {0:?}, which was not offered")]
    NotOffered(String),
    /// The handshake is not of its type.
    #[error("the handshake is malformed: {0}")]
    Malformed(&'static str),
    /// The plugin answered `initialize` with an error.
    #[error("the plugin refused: {0}")]
    Refused(Box<crate::error::PluginError>),
}

impl Incompatible {
    /// The name that the vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Version(_) => "version",
            Self::Feature(_) => "feature",
            Self::NotOffered(_) => "notOffered",
            Self::Malformed(_) => "malformed",
            Self::Refused(_) => "refused",
        }
    }

    /// What it is to whoever wanted to talk.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Malformed(_) => Blame::Protocol,
            Self::Version(_) | Self::Feature(_) | Self::NotOffered(_) => Blame::Incompatible,
            Self::Refused(error) => {
                // A plugin that refuses the version or a feature says which ones it has.
                let says = |name| {
                    let details = error.details.as_ref();
                    details.is_some_and(|details| details.get(name).is_some())
                };
                match error.code.as_str() {
                    "failedPrecondition" if says("supported") || says("feature") => {
                        Blame::Incompatible
                    }
                    "permissionDenied" => Blame::Denied,
                    _ => Blame::Start,
                }
            }
        }
    }

    /// How a plugin says it.
    #[must_use]
    pub fn as_failure(&self) -> Failure<'static> {
        let details = match self {
            Self::Version(_) => Some(format!("{{\"supported\":[\"{VERSION}\"]}}").into_bytes()),
            Self::Feature(feature) => {
                let mut details = b"{\"feature\":".to_vec();
                json::push_text(&mut details, feature);
                details.push(b'}');
                Some(details)
            }
            _ => None,
        };
        let code = if details.is_some() {
            "failedPrecondition"
        } else {
            "invalidParams"
        };
        Failure {
            details: details.map(Raw::owned),
            ..Failure::new(code, self.to_string())
        }
    }
}
