//! What a reply of an elizaOS plugin means. Replies about unknown names, which the dialect spells as results, become the
//! errors that the interface `agent` has for them, so that a caller sees the same on every door.

use std::borrow::Cow;

use super::Asked;
use super::shapes::{self, Members, present, text};
use crate::json::{self, Kind};
use crate::message::{Failure, Raw};

/// What a request comes to.
type Outcome<'f> = Result<Raw<'f>, Failure<'f>>;

/// Reads a reply of a type to a request; the manifest goes into the result of `initialize`.
pub(super) fn read<'f>(asked: &Asked, kind: &str, reply: &'f [u8], manifest: &[u8]) -> Outcome<'f> {
    if kind == "error" {
        return Err(error(reply));
    }
    let outcome = match (asked, kind) {
        (Asked::Init, "plugin.init.result") => init(reply, manifest),
        (Asked::Validate, "validate.result") => validate(reply),
        (Asked::Action(name), "action.result") => action(reply, name),
        (Asked::Provider, "provider.result") => provider(reply),
        (Asked::Evaluator, "action.result") => evaluator(reply),
        (Asked::Service { name, .. }, "service.result" | "service.response") => {
            service(reply, name)
        }
        (Asked::Route { path, .. }, "route.result" | "route.response") => route(reply, path),
        _ => None,
    };
    outcome.unwrap_or_else(|| {
        let shown = String::from_utf8_lossy(reply.get(..200).unwrap_or(reply)).into_owned();
        Err(Failure::new(
            "protocolViolation",
            format!("the plugin answered with {shown}"),
        ))
    })
}

fn error(reply: &[u8]) -> Failure<'_> {
    let message = text(reply, "error").unwrap_or(Cow::Borrowed("the plugin gave no reason"));
    let code = if message.starts_with("Unknown request type: ") {
        "methodNotFound"
    } else {
        "internal"
    };
    // Python sends its traceback as text, TypeScript an object with a stack.
    let details = present(reply, "details").map(|details| {
        let trace = json::text(details).or_else(|| text(details, "stack"));
        trace.map_or(Raw::trust(details), |trace| {
            Raw::owned(Members::default().text("trace", &trace).finish())
        })
    });
    Failure {
        details,
        ..Failure::new(code, message)
    }
}

fn init<'f>(reply: &'f [u8], manifest: &[u8]) -> Option<Outcome<'f>> {
    if !json::boolean(json::member(reply, "success")?)? {
        let reason = text(reply, "error").unwrap_or(Cow::Borrowed("the plugin gave no reason"));
        return Some(Err(Failure::new("failedPrecondition", reason)));
    }
    let result = Members::default()
        .raw("protocol", br#"{"version":"1.0"}"#)
        .raw("manifest", manifest)
        .raw("interfaces", br#"{"agent":{"version":"1.0.0"}}"#);
    Some(Ok(Raw::owned(result.finish())))
}

fn validate(reply: &[u8]) -> Option<Outcome<'_>> {
    Some(Ok(Raw::trust(
        if json::boolean(json::member(reply, "valid")?)? {
            br#"{"valid":true}"#
        } else {
            br#"{"valid":false}"#
        },
    )))
}

fn action<'f>(reply: &'f [u8], name: &str) -> Option<Outcome<'f>> {
    let result = json::member(reply, "result")?;
    match json::kind(result)? {
        // A handler that gave nothing back did what it is for: so the TypeScript server says it too.
        Kind::Null => Some(Ok(Raw::trust(br#"{"success":true}"#))),
        Kind::Object => {
            let lacking = format!("Action not found: {name}");
            let failed = json::member(result, "success").and_then(json::boolean) == Some(false);
            if failed && text(result, "error").as_deref() == Some(&lacking) {
                return Some(Err(not_found("actionNotFound", lacking, name)));
            }
            Some(Ok(Raw::from(shapes::without_nulls(result))))
        }
        _ => None,
    }
}

fn provider(reply: &[u8]) -> Option<Outcome<'_>> {
    let result = json::member(reply, "result")?;
    match json::kind(result)? {
        Kind::Null => Some(Ok(Raw::trust(b"{}"))),
        Kind::Object => Some(Ok(Raw::from(shapes::without_nulls(result)))),
        _ => None,
    }
}

fn evaluator(reply: &[u8]) -> Option<Outcome<'_>> {
    let result = json::member(reply, "result")?;
    let known = matches!(json::kind(result)?, Kind::Null | Kind::Object);
    known.then(|| Ok(Raw::from(shapes::without_nulls(result))))
}

fn service<'f>(reply: &'f [u8], name: &str) -> Option<Outcome<'f>> {
    if json::boolean(json::member(reply, "success")?)? {
        return Some(Ok(Raw::null()));
    }
    let reason = text(reply, "error").unwrap_or(Cow::Borrowed("the plugin gave no reason"));
    let lacking = format!("Service not found: {name}");
    let failure = if reason == lacking.as_str() {
        not_found("serviceNotFound", lacking, name)
    } else {
        Failure::new("internal", reason)
    };
    Some(Err(failure))
}

fn route<'f>(reply: &'f [u8], path: &str) -> Option<Outcome<'f>> {
    let status = json::member(reply, "status")?;
    let body = json::member(reply, "body");
    let lacking = format!("Route not found: {path}");
    let said = body.and_then(|body| text(body, "error"));
    if json::integer(status)? == 404 && said.as_deref() == Some(&lacking) {
        return Some(Err(not_found("routeNotFound", lacking, path)));
    }
    let response = Members::default()
        .raw("status", status)
        .present("headers", present(reply, "headers"))
        .present("body", body);
    Some(Ok(Raw::owned(response.finish())))
}

fn not_found<'f>(code: &'static str, message: String, name: &str) -> Failure<'f> {
    let details = Members::default().text("name", name).finish();
    Failure {
        details: Some(Raw::owned(details)),
        ..Failure::new(code, message)
    }
}
