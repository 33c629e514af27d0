//! The plugin's side: says `ready` without being asked, turns each request into one of the interface `agent` and each
//! reply into the line that belongs to its request. Traces go out only with debugging on.

use std::collections::HashMap;

use super::shapes::{self, Line, Members};
use super::{Asked, NAME, Spelling, not_in_dialect, reply};
use crate::dialect::{Capabilities, Dialect, Inexpressible};
use crate::frame::{FrameWriter, Framing};
use crate::handshake::Encoding;
use crate::json::{self, Scanner};
use crate::message::{Id, Message, Meta, Raw, RequestId};
use crate::session::Limits;
use crate::violation::Violation;

/// A plugin's side of one conversation.
#[derive(Debug)]
pub struct PluginSide {
    scanner: Scanner,
    debug: bool,
    frame_bytes: usize,
    /// Names that the manifest declares for an evaluator and for no action.
    evaluators: Vec<String>,
    pending: HashMap<RequestId, Asked>,
}

impl Default for PluginSide {
    fn default() -> Self {
        Self::new()
    }
}

impl PluginSide {
    /// A side that has said nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let limits = Limits::default();
        Self {
            scanner: Scanner::new(limits.depth),
            debug: false,
            frame_bytes: limits.frame_bytes,
            evaluators: Vec::new(),
            pending: HashMap::new(),
        }
    }

    /// A line of the type `error`.
    fn error(&self, id: &Id<'_>, error: &str, out: &mut FrameWriter) {
        let line = reply::with_id(Line::new("error", out), id).text("error", error);
        // A line of a few hundred bytes fits wherever anything does.
        let _ = line.finish(self.frame_bytes);
    }

    /// The request of the interface that a line stands for, and how it will be answered.
    fn translate(&self, kind: &str, line: &[u8]) -> Option<(Asked, &'static str, Vec<u8>)> {
        let named = |name: &str| shapes::text(line, name).unwrap_or_default().into_owned();
        let about = |own: &str, wire: &str| {
            let members = Members::default().present(own, json::member(line, wire));
            let members = match shapes::present(line, "memory") {
                Some(memory) => members.raw("memory", &shapes::memory(memory)),
                None => members,
            };
            match shapes::present(line, "state") {
                Some(state) => members.raw("state", &shapes::without_nulls(state)),
                None => members,
            }
        };
        Some(match kind {
            "plugin.init" => (Asked::Init, "initialize", self.hello(line)),
            "action.validate" if self.evaluators.contains(&named("action")) => (
                Asked::Validate,
                "evaluator.validate",
                about("evaluator", "action").finish(),
            ),
            "action.validate" => (
                Asked::Validate,
                "action.validate",
                about("action", "action").finish(),
            ),
            "action.invoke" => {
                let params =
                    about("action", "action").present("options", json::member(line, "options"));
                (
                    Asked::Action(named("action")),
                    "action.invoke",
                    params.finish(),
                )
            }
            "provider.get" => (
                Asked::Provider,
                "provider.get",
                about("provider", "provider").finish(),
            ),
            "evaluator.invoke" => (
                Asked::Evaluator,
                "evaluator.invoke",
                about("evaluator", "evaluator").finish(),
            ),
            "service.start" => service("service.start", line),
            "service.stop" => service("service.stop", line),
            "route.handle" => route(line),
            _ => return None,
        })
    }

    /// What `initialize` would have said.
    fn hello(&self, line: &[u8]) -> Vec<u8> {
        Members::default()
            .raw("protocol", br#"{"version":"1.0"}"#)
            .raw("host", br#"{"name":"elizaos","version":"2"}"#)
            .text("instanceId", "elizaos")
            .raw("config", shapes::present(line, "config").unwrap_or(b"{}"))
            .raw("granted", b"{}")
            .raw("debug", if self.debug { b"true" } else { b"false" })
            .finish()
    }
}

impl Dialect for PluginSide {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::NONE
    }

    fn open(
        &mut self,
        manifest: Option<&Raw<'_>>,
        out: &mut FrameWriter,
    ) -> Result<(), Inexpressible> {
        let manifest = manifest.map_or(&b"{}"[..], Raw::as_bytes);
        let names = |list: &str| {
            let entries = json::member(manifest, list)
                .map(json::elements)
                .into_iter()
                .flatten();
            entries
                .filter_map(|entry| shapes::text(entry, "name"))
                .map(Into::into)
                .collect::<Vec<String>>()
        };
        let actions = names("actions");
        self.evaluators = names("evaluators")
            .into_iter()
            .filter(|name| !actions.contains(name))
            .collect();
        let line = Line::new("ready", out).raw("manifest", manifest);
        line.finish(self.frame_bytes)?;
        Ok(())
    }

    fn settle(&mut self, _: Encoding, _: Framing, limits: &Limits) {
        self.scanner = Scanner::new(limits.depth);
        self.frame_bytes = limits.frame_bytes;
    }

    fn trace(&mut self, on: bool) {
        self.debug = on;
    }

    fn read<'f>(
        &mut self,
        frame: &'f [u8],
        out: &mut FrameWriter,
    ) -> Result<Option<Message<'f>>, Violation> {
        let nameless = Id::Text("".into());
        let object = match self.scanner.object(frame) {
            Ok(object) => object,
            Err(error) => {
                self.error(&nameless, &format!("JSON parse error: {error}"), out);
                return Ok(None);
            }
        };
        let int = || {
            object
                .get("id")
                .and_then(|raw| json::integer(raw.as_bytes()))
        };
        let id = object
            .text("id")
            .map(Id::Text)
            .or_else(|| int().map(Id::Int));
        let Some(kind) = object.text("type") else {
            self.error(
                &id.unwrap_or(nameless),
                "Unknown request type: undefined",
                out,
            );
            return Ok(None);
        };
        let Some((asked, method, params)) = self.translate(&kind, frame) else {
            self.error(
                &id.unwrap_or(nameless),
                &format!("Unknown request type: {kind}"),
                out,
            );
            return Ok(None);
        };
        let Some(id) = id else {
            self.error(&nameless, "the request has no id", out);
            return Ok(None);
        };
        if self.pending.contains_key(&id.keep()) {
            self.error(&id, "a request with this id is in flight already", out);
            return Ok(None);
        }
        self.pending.insert(id.keep(), asked);
        let params = Some(Raw::owned(params));
        Ok(Some(Message::Request {
            id,
            method: method.into(),
            params,
            meta: Meta::default(),
        }))
    }

    fn write(
        &mut self,
        message: &Message<'_>,
        out: &mut FrameWriter,
    ) -> Result<usize, Inexpressible> {
        let Message::Reply { id, outcome } = message else {
            return Err(not_in_dialect(message.name()));
        };
        let nameless = Id::Text("".into());
        let id = id.as_ref().unwrap_or(&nameless);
        let asked = self.pending.remove(&id.keep());
        let line = reply::line(asked.as_ref(), id, outcome, self.debug, out);
        Ok(line.finish(self.frame_bytes)?)
    }
}

fn service(method: &'static str, line: &[u8]) -> (Asked, &'static str, Vec<u8>) {
    let (member, spelling) = match json::member(line, "serviceType") {
        None if json::member(line, "service").is_some() => ("service", Spelling::Types),
        _ => ("serviceType", Spelling::Server),
    };
    let name = shapes::text(line, member).unwrap_or_default().into_owned();
    let params = Members::default().present("serviceType", json::member(line, member));
    (
        Asked::Service {
            method,
            name,
            spelling,
        },
        method,
        params.finish(),
    )
}

fn route(line: &[u8]) -> (Asked, &'static str, Vec<u8>) {
    let (request, spelling) = match shapes::present(line, "request") {
        Some(request) => (request, Spelling::Server),
        None => (line, Spelling::Types),
    };
    // Both real servers take a request without a method for GET.
    let method = shapes::text(request, "method")
        .map_or_else(|| "GET".to_owned(), |method| method.to_uppercase());
    let params = Members::default()
        .text("method", &method)
        .present("path", json::member(line, "path"));
    let given = |members: Members, name| members.present(name, json::member(request, name));
    let params = ["params", "query", "headers", "body"]
        .into_iter()
        .fold(params, given);
    let path = shapes::text(line, "path").unwrap_or_default().into_owned();
    (
        Asked::Route { path, spelling },
        "route.handle",
        params.finish(),
    )
}
