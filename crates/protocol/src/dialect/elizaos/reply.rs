//! The line that answers a request of an elizaOS host. The interface's errors about unknown names are results here.

use super::shapes::{Line, Members, text};
use super::{Asked, Spelling};
use crate::frame::FrameWriter;
use crate::json;
use crate::message::{Failure, Id, Raw};

/// The line for an outcome; `asked` is `None` for a request that was answered before.
pub(super) fn line<'w>(
    asked: Option<&Asked>,
    id: &Id<'_>,
    outcome: &Result<Raw<'_>, Failure<'_>>,
    debug: bool,
    out: &'w mut FrameWriter,
) -> Line<'w> {
    match (asked, outcome) {
        (Some(asked), Ok(result)) => success(asked, id, result.as_bytes(), out),
        (Some(asked), Err(failure)) if is_unknown(asked, &failure.code) => unknown(asked, id, out),
        (Some(Asked::Service { spelling, .. }), Err(failure))
            if failure.code != "methodNotFound" =>
        {
            with_id(Line::new(service_type(*spelling), out), id)
                .raw("success", b"false")
                .text("error", &failure.message)
        }
        (Some(Asked::Service { method, .. }), Err(_)) => unknown_type(method, id, out),
        (Some(Asked::Route { .. }), Err(failure)) if failure.code == "methodNotFound" => {
            unknown_type("route.handle", id, out)
        }
        (_, Err(failure)) => error(failure, id, debug, out),
        (None, Ok(_)) => {
            with_id(Line::new("error", out), id).text("error", "a result that nobody asked for")
        }
    }
}

/// Adds the member `id`.
pub(super) fn with_id<'w>(line: Line<'w>, id: &Id<'_>) -> Line<'w> {
    match id {
        Id::Text(id) => line.text("id", id),
        Id::Int(id) => line.raw("id", id.to_string().as_bytes()),
    }
}

fn success<'w>(asked: &Asked, id: &Id<'_>, result: &[u8], out: &'w mut FrameWriter) -> Line<'w> {
    match asked {
        Asked::Init => with_id(Line::new("plugin.init.result", out), id).raw("success", b"true"),
        Asked::Validate => {
            let valid = json::member(result, "valid").unwrap_or(b"false");
            with_id(Line::new("validate.result", out), id).raw("valid", valid)
        }
        Asked::Action(_) | Asked::Evaluator => {
            with_id(Line::new("action.result", out), id).raw("result", result)
        }
        Asked::Provider => {
            let member = |name| json::member(result, name).unwrap_or(b"null");
            let result = ["text", "values", "data"]
                .into_iter()
                .fold(Members::default(), |members, name| {
                    members.raw(name, member(name))
                });
            with_id(Line::new("provider.result", out), id).raw("result", &result.finish())
        }
        Asked::Service { name, spelling, .. } => {
            let member = match spelling {
                Spelling::Server => "serviceType",
                Spelling::Types => "service",
            };
            with_id(Line::new(service_type(*spelling), out), id)
                .raw("success", b"true")
                .text(member, name)
        }
        Asked::Route { spelling, .. } => with_id(Line::new(route_type(*spelling), out), id)
            .raw("status", json::member(result, "status").unwrap_or(b"200"))
            .optional("body", json::member(result, "body"))
            .optional("headers", json::member(result, "headers")),
    }
}

/// Whether a code says that the plugin has nothing of the name.
fn is_unknown(asked: &Asked, code: &str) -> bool {
    match asked {
        Asked::Init => false,
        Asked::Validate => matches!(
            code,
            "actionNotFound" | "evaluatorNotFound" | "methodNotFound"
        ),
        Asked::Action(_) => matches!(code, "actionNotFound" | "methodNotFound"),
        Asked::Provider => matches!(code, "providerNotFound" | "methodNotFound"),
        Asked::Evaluator => matches!(code, "evaluatorNotFound" | "methodNotFound"),
        Asked::Service { .. } => code == "serviceNotFound",
        Asked::Route { .. } => code == "routeNotFound",
    }
}

fn unknown<'w>(asked: &Asked, id: &Id<'_>, out: &'w mut FrameWriter) -> Line<'w> {
    match asked {
        Asked::Init => with_id(Line::new("error", out), id).text("error", "plugin.init failed"),
        Asked::Validate => with_id(Line::new("validate.result", out), id).raw("valid", b"false"),
        Asked::Action(name) => {
            let result = Members::default()
                .raw("success", b"false")
                .text("error", &format!("Action not found: {name}"));
            with_id(Line::new("action.result", out), id).raw("result", &result.finish())
        }
        Asked::Evaluator => with_id(Line::new("action.result", out), id).raw("result", b"null"),
        Asked::Provider => with_id(Line::new("provider.result", out), id)
            .raw("result", br#"{"text":null,"values":null,"data":null}"#),
        Asked::Service { name, spelling, .. } => {
            with_id(Line::new(service_type(*spelling), out), id)
                .raw("success", b"false")
                .text("error", &format!("Service not found: {name}"))
        }
        Asked::Route { path, spelling } => {
            let body = Members::default()
                .text("error", &format!("Route not found: {path}"))
                .finish();
            with_id(Line::new(route_type(*spelling), out), id)
                .raw("status", b"404")
                .raw("body", &body)
        }
    }
}

fn unknown_type<'w>(kind: &str, id: &Id<'_>, out: &'w mut FrameWriter) -> Line<'w> {
    with_id(Line::new("error", out), id).text("error", &format!("Unknown request type: {kind}"))
}

fn error<'w>(
    failure: &Failure<'_>,
    id: &Id<'_>,
    debug: bool,
    out: &'w mut FrameWriter,
) -> Line<'w> {
    let line = with_id(Line::new("error", out), id).text("error", &failure.message);
    let Some(details) = failure.details.as_ref().filter(|_| debug) else {
        return line;
    };
    // A trace goes as text, as elizaOS's Python server sends it.
    match text(details.as_bytes(), "trace") {
        Some(trace) => line.text("details", &trace),
        None => line.raw("details", details.as_bytes()),
    }
}

fn service_type(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Server => "service.result",
        Spelling::Types => "service.response",
    }
}

fn route_type(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Server => "route.result",
        Spelling::Types => "route.response",
    }
}
