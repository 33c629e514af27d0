//! `crossplug/1`: a profile of JSON-RPC 2.0 (`schema/README.md` section 5). The encoding is
//! chosen in `settle`: `values` spells what an envelope holds in either, `write` and `pack` append one in JSON and in
//! MessagePack.
//!
//! A host bears stray prints: a line that does not begin with `{` on an NDJSON connection becomes a log message, up to
//! 1,000 of them and 64 KiB each. A plugin answers what it cannot read itself, as JSON-RPC demands. What may be a reply is
//! handed to the session, which knows the requests in flight; where there is nothing to answer (a malformed notification)
//! reading gives the violation, and the session of a plugin tolerates it.
//!
//! ```
//! use crossplug_protocol::dialect::{Dialect, Role, crossplug::Crossplug};
//! use crossplug_protocol::frame::FrameWriter;
//! use crossplug_protocol::message::{Id, Message, Raw};
//!
//! let mut host = Crossplug::new(Role::Host);
//! let mut out = FrameWriter::new();
//! let reply = host.read(br#"{"jsonrpc":"2.0","id":3,"result":[1]}"#, &mut out).unwrap().unwrap();
//! assert_eq!(reply, Message::Reply { id: Some(Id::Int(3)), outcome: Ok(Raw::trust(b"[1]")) });
//!
//! let stray = host.read(b"hello from a print", &mut out).unwrap().unwrap();
//! assert!(matches!(stray, Message::Log { message, .. } if message == "hello from a print"));
//! ```

mod pack;
mod read;
mod values;
mod write;

use values::{Json, Msgpack};

use super::strays::Strays;
use super::{Capabilities, Dialect, Inexpressible, Role};
use crate::frame::{FrameWriter, Framing};
use crate::handshake::Encoding;
use crate::json::{self, Kind};
use crate::message::{Failure, Id, Message};
use crate::msgpack;
use crate::session::Limits;
use crate::violation::{Violation, ViolationKind};

/// The name of the dialect.
pub const NAME: &str = "crossplug/1";

/// One side of a `crossplug/1` conversation.
#[derive(Debug)]
pub struct Crossplug {
    role: Role,
    encoding: Encoding,
    scanner: json::Scanner,
    unpacker: msgpack::Scanner,
    strays: Strays,
    framing: Framing,
    frame_bytes: usize,
}

impl Crossplug {
    /// A side that has said nothing yet.
    #[must_use]
    pub fn new(role: Role) -> Self {
        let limits = Limits::default();
        Self {
            role,
            encoding: Encoding::Json,
            scanner: json::Scanner::new(limits.depth),
            unpacker: msgpack::Scanner::new(limits.depth),
            strays: Strays::default(),
            framing: Framing::Ndjson,
            frame_bytes: limits.frame_bytes,
        }
    }

    /// What follows from a frame that holds a value of another kind than a message.
    #[cold]
    fn no_message<'f>(
        &mut self,
        kind: Kind,
        out: &mut FrameWriter,
    ) -> Result<Option<Message<'f>>, Violation> {
        let what = match kind {
            Kind::Array => "a batch, which crossplug/1 does not have",
            _ => "a message is an object",
        };
        self.refuse(
            None,
            "invalidRequest",
            ViolationKind::InvalidMessage,
            what.to_owned(),
            out,
        )
    }

    /// What follows from a frame that cannot be read: a plugin answers, a host has met a violation.
    #[cold]
    fn refuse<'f>(
        &mut self,
        id: Option<Id<'_>>,
        code: &'static str,
        kind: ViolationKind,
        what: String,
        out: &mut FrameWriter,
    ) -> Result<Option<Message<'f>>, Violation> {
        if self.role == Role::Host {
            return Err(Violation::new(kind, what));
        }
        let reply = Message::Reply {
            id,
            outcome: Err(Failure::new(code, what.clone())),
        };
        // An answer of a few hundred bytes fits wherever anything does.
        self.write(&reply, out)
            .map_err(|_| Violation::new(kind, what))?;
        Ok(None)
    }
}

impl Dialect for Crossplug {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    fn settle(&mut self, encoding: Encoding, framing: Framing, limits: &Limits) {
        self.encoding = encoding;
        self.framing = framing;
        self.scanner = json::Scanner::new(limits.depth);
        self.unpacker = msgpack::Scanner::new(limits.depth);
        self.frame_bytes = limits.frame_bytes;
    }

    fn read<'f>(
        &mut self,
        frame: &'f [u8],
        out: &mut FrameWriter,
    ) -> Result<Option<Message<'f>>, Violation> {
        if self.role == Role::Host
            && self.framing == Framing::Ndjson
            && frame.first() != Some(&b'{')
        {
            return self.strays.take(frame).map(Some);
        }
        let message = match self.encoding {
            Encoding::Json => match self.scanner.scan(frame) {
                Ok(Kind::Object) => {
                    read::message::<Json>(Json::scanned(&self.scanner.members(frame)))
                }
                Ok(kind) => return self.no_message(kind, out),
                Err(error) => {
                    let kind = match error.reason {
                        json::Reason::TooDeep => ViolationKind::TooDeep,
                        _ => ViolationKind::NotJson,
                    };
                    return self.refuse(None, "parseError", kind, error.to_string(), out);
                }
            },
            Encoding::Msgpack => match self.unpacker.scan(frame) {
                Ok(Kind::Object) => {
                    read::message::<Msgpack>(Msgpack::scanned(&self.unpacker.members(frame)))
                }
                Ok(kind) => return self.no_message(kind, out),
                Err(error) => {
                    let kind = match error.reason {
                        msgpack::Reason::TooDeep => ViolationKind::TooDeep,
                        _ => ViolationKind::NotMsgpack,
                    };
                    return self.refuse(None, "parseError", kind, error.to_string(), out);
                }
            },
        };
        match message {
            Ok(message) => Ok(message),
            Err(read::Wrong::Request(id, what)) => self.refuse(
                id,
                "invalidRequest",
                ViolationKind::InvalidMessage,
                what.to_owned(),
                out,
            ),
            Err(read::Wrong::Notification(what)) => {
                Err(Violation::new(ViolationKind::InvalidMessage, what))
            }
            // A plugin's request may have ended by it, and its caller must not wait for ever.
            Err(read::Wrong::Reply { id, what, certain }) if self.role == Role::Plugin => {
                Ok(Some(Message::Malformed {
                    id,
                    what,
                    is_reply: certain,
                }))
            }
            Err(read::Wrong::Reply { what, .. }) => {
                Err(Violation::new(ViolationKind::InvalidMessage, what))
            }
        }
    }

    fn write(
        &mut self,
        message: &Message<'_>,
        out: &mut FrameWriter,
    ) -> Result<usize, Inexpressible> {
        if let Message::Malformed { .. } = message {
            return Err(Inexpressible::NotInDialect {
                dialect: NAME,
                what: message.name().to_owned(),
            });
        }
        let mut frame = out.begin(self.framing);
        match self.encoding {
            Encoding::Json => write::message(message, &mut frame),
            Encoding::Msgpack => pack::message(message, &mut frame),
        }
        Ok(frame.finish(self.frame_bytes)?)
    }
}
