//! The host's side: `initialize` becomes `plugin.init`, sent once the plugin has said `ready`; requests get ids of the
//! form `req_7`. A line that is not a message is a stray print, and one whose id nobody waits for goes to the log: neither
//! ever resolves a request.

use std::collections::HashMap;

use super::shapes::{self, Line};
use super::{Asked, NAME, Spelling, not_in_dialect, outcome};
use crate::dialect::strays::Strays;
use crate::dialect::{Capabilities, Dialect, Inexpressible};
use crate::frame::{FrameWriter, Framing};
use crate::handshake::Encoding;
use crate::json::{self, Kind, Scanner};
use crate::message::{Failure, Id, Level, Message, Raw};
use crate::session::Limits;
use crate::violation::{Violation, ViolationKind};

/// Longest line that elizaOS's Python server reads: the limit of its stream reader.
const PYTHON_LINE: usize = 64 << 10;
/// Longest message that its TypeScript server takes where its environment says nothing else.
const TYPESCRIPT_MESSAGE: usize = 1_000_000;
/// How much of a line that nobody waits for goes to the log.
const LOGGED: usize = 4096;

/// A host's side of one conversation.
#[derive(Debug)]
pub struct HostSide {
    scanner: Scanner,
    strays: Strays,
    /// What the plugin reads, as far as it is known, and this side writes.
    frame_bytes: usize,
    /// The manifest, once `ready` has come.
    manifest: Option<Vec<u8>>,
    /// The id and config of `initialize`, until they could be sent.
    waiting: Option<(i64, Vec<u8>)>,
    pending: HashMap<i64, Asked>,
}

impl HostSide {
    /// A side that waits for `ready`.
    #[must_use]
    pub fn new() -> Self {
        let limits = Limits::default();
        Self {
            scanner: Scanner::new(limits.depth),
            strays: Strays::default(),
            frame_bytes: limits.frame_bytes,
            manifest: None,
            waiting: None,
            pending: HashMap::new(),
        }
    }

    /// Says `plugin.init` once both sides have spoken.
    fn init(&mut self, out: &mut FrameWriter) -> Result<usize, (i64, Inexpressible)> {
        if self.manifest.is_none() {
            return Ok(0);
        }
        let Some((id, config)) = self.waiting.take() else {
            return Ok(0);
        };
        let line = Line::new("plugin.init", out)
            .text("id", &wire_id(id))
            .raw("config", &config);
        let size = line
            .finish(self.frame_bytes)
            .map_err(|error| (id, error.into()))?;
        self.pending.insert(id, Asked::Init);
        Ok(size)
    }

    fn ready<'f>(
        &mut self,
        frame: &'f [u8],
        out: &mut FrameWriter,
    ) -> Result<Option<Message<'f>>, Violation> {
        if self.manifest.is_some() {
            return Ok(Some(logged("the plugin said `ready` again", frame)));
        }
        let manifest =
            json::member(frame, "manifest").filter(|raw| json::kind(raw) == Some(Kind::Object));
        let Some(manifest) = manifest else {
            return Err(Violation::new(
                ViolationKind::BadHandshake,
                "`ready` came without a manifest",
            ));
        };
        let most = match shapes::text(manifest, "language").as_deref() {
            Some("python") => PYTHON_LINE,
            Some("typescript") => TYPESCRIPT_MESSAGE,
            _ => usize::MAX,
        };
        self.frame_bytes = self.frame_bytes.min(most);
        self.manifest = Some(manifest.to_vec());
        match self.init(out) {
            Ok(_) => Ok(None),
            Err((id, error)) => {
                let failure = Failure::new(
                    "resourceExhausted",
                    format!("the config does not fit: {error}"),
                );
                Ok(Some(Message::Reply {
                    id: Some(Id::Int(id)),
                    outcome: Err(failure),
                }))
            }
        }
    }

    fn request(
        &mut self,
        id: i64,
        method: &str,
        params: &[u8],
        out: &mut FrameWriter,
    ) -> Result<usize, Inexpressible> {
        let raw = |name: &str| shapes::present(params, name);
        let named = |name: &str| shapes::text(params, name).unwrap_or_default().into_owned();
        let line = |kind: &str, out| Line::new(kind, out).text("id", &wire_id(id));
        let (asked, line) = match method {
            "action.validate" => (
                Asked::Validate,
                about(params, line(method, out), "action", "action"),
            ),
            // The dialect has no word of its own for it; servers that know evaluators look there too.
            "evaluator.validate" => (
                Asked::Validate,
                about(params, line("action.validate", out), "evaluator", "action"),
            ),
            "action.invoke" => {
                let line = about(params, line(method, out), "action", "action");
                (
                    Asked::Action(named("action")),
                    line.raw("options", raw("options").unwrap_or(b"{}")),
                )
            }
            "provider.get" => (
                Asked::Provider,
                about(params, line(method, out), "provider", "provider"),
            ),
            "evaluator.invoke" => (
                Asked::Evaluator,
                about(params, line(method, out), "evaluator", "evaluator"),
            ),
            "service.start" | "service.stop" => {
                let name = named("serviceType");
                let line = line(method, out).text("serviceType", &name);
                let method = if method == "service.start" {
                    "service.start"
                } else {
                    "service.stop"
                };
                (
                    Asked::Service {
                        method,
                        name,
                        spelling: Spelling::Server,
                    },
                    line,
                )
            }
            "route.handle" => {
                let members = ["method", "body", "params", "query", "headers"];
                let given = members
                    .into_iter()
                    .filter_map(|name| Some((name, json::member(params, name)?)));
                let request = given.fold(shapes::Members::default(), |request, (name, value)| {
                    request.raw(name, value)
                });
                let path = named("path");
                let line = line(method, out)
                    .text("path", &path)
                    .raw("request", &request.finish());
                (
                    Asked::Route {
                        path,
                        spelling: Spelling::Server,
                    },
                    line,
                )
            }
            other => return Err(not_in_dialect(other)),
        };
        let size = line.finish(self.frame_bytes)?;
        self.pending.insert(id, asked);
        Ok(size)
    }
}

impl Default for HostSide {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for HostSide {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::NONE
    }

    fn settle(&mut self, _: Encoding, _: Framing, limits: &Limits) {
        self.scanner = Scanner::new(limits.depth);
        self.frame_bytes = self.frame_bytes.min(limits.frame_bytes);
    }

    fn read<'f>(
        &mut self,
        frame: &'f [u8],
        out: &mut FrameWriter,
    ) -> Result<Option<Message<'f>>, Violation> {
        // A plugin's print may look like anything, JSON included: only a line with a `type` is a message.
        let Ok(object) = self.scanner.object(frame) else {
            return self.strays.take(frame).map(Some);
        };
        let Some(kind) = object.text("type") else {
            return self.strays.take(frame).map(Some);
        };
        if kind == "ready" {
            return self.ready(frame, out);
        }
        let Some(manifest) = &self.manifest else {
            let detail = format!("the first message was {kind:?}, not `ready`");
            return Err(Violation::new(ViolationKind::BadHandshake, detail));
        };
        let id = object.text("id").as_deref().and_then(own_id);
        let Some((id, asked)) = id.and_then(|id| self.pending.remove_entry(&id)) else {
            return Ok(Some(logged("a reply that nobody waits for", frame)));
        };
        let outcome = outcome::read(&asked, &kind, frame, manifest);
        Ok(Some(Message::Reply {
            id: Some(Id::Int(id)),
            outcome,
        }))
    }

    fn write(
        &mut self,
        message: &Message<'_>,
        out: &mut FrameWriter,
    ) -> Result<usize, Inexpressible> {
        let Message::Request {
            id: Id::Int(id),
            method,
            params,
            ..
        } = message
        else {
            return Err(not_in_dialect(message.name()));
        };
        let params = params.as_ref().map_or(&b"{}"[..], Raw::as_bytes);
        if method == "initialize" {
            let config = shapes::present(params, "config").unwrap_or(b"{}");
            self.waiting = Some((*id, config.to_vec()));
            return self.init(out).map_err(|(_, error)| error);
        }
        self.request(*id, method, params, out)
    }
}

/// Adds what every request about an action, provider or evaluator says. A server may want each of the members to be there.
fn about<'w>(params: &[u8], line: Line<'w>, own: &str, wire: &str) -> Line<'w> {
    let raw = |name: &str| shapes::present(params, name).unwrap_or(b"null");
    line.raw(wire, raw(own))
        .raw("memory", raw("memory"))
        .raw("state", raw("state"))
}

/// A line for the log, with what the plugin wrote.
fn logged<'f>(what: &str, line: &[u8]) -> Message<'f> {
    let shown = String::from_utf8_lossy(line.get(..LOGGED).unwrap_or(line)).into_owned();
    let fields = shapes::Members::default().text("line", &shown).finish();
    Message::Log {
        level: Level::Warn,
        message: what.to_owned().into(),
        fields: Some(Raw::owned(fields)),
    }
}

fn wire_id(id: i64) -> String {
    format!("req_{id}")
}

fn own_id(id: &str) -> Option<i64> {
    let digits = id.strip_prefix("req_")?;
    // Only the very spelling that was sent: `req_+7` or `req_07` is none of ours.
    digits
        .parse()
        .ok()
        .filter(|number: &i64| number.to_string() == digits)
}
