//! The envelope of a document: its head, methods, services, events and errors. Types inside are read by `types`.

use super::keywords::{Keywords, MAX_SAFE};
use super::suggest::{list, nearest};
use super::syntax::{Definition, ErrorForm, EventForm, Form, MethodForm, Node, Sheet};
use super::types::{Place, node};
use crate::model::Side;
use crate::names::{camel, kebab, upper_camel};
use crate::refusal::Refusals;
use serde_json::Value;

/// The protocol's own codes; a test holds them to `schema/protocol.json`.
pub const PROTOCOL_CODES: [&str; 13] = [
    "parseError",
    "invalidRequest",
    "methodNotFound",
    "invalidParams",
    "internal",
    "permissionDenied",
    "notFound",
    "deadlineExceeded",
    "cancelled",
    "unavailable",
    "resourceExhausted",
    "failedPrecondition",
    "protocolViolation",
];

/// The protocol's own requests: no interface may have a method of that name.
const PROTOCOL_METHODS: [&str; 3] = ["initialize", "ping", "shutdown"];

/// Names become names of files.
const MAX_NAME: usize = 100;

/// Chains of references are followed by recursion; a document of this size is long past reading anyway.
const MAX_DEFINITIONS: usize = 2_000;

pub(super) fn sheet(root: &Value, refusals: &mut Refusals) -> Sheet {
    let Some(words) = Keywords::open(root, "", "an interface document", refusals) else {
        return Sheet::default();
    };
    let allowed = [
        "idl",
        "name",
        "version",
        "description",
        "methods",
        "services",
        "events",
        "errors",
        "$defs",
    ];
    words.only("an interface document", &allowed, refusals);
    idl(&words, refusals);
    let name = name(&words, refusals);
    Sheet {
        version: version(&words, refusals),
        description: words.description("the document", refusals),
        methods: methods(&words, "methods", name == "protocol", refusals),
        services: methods(&words, "services", name == "protocol", refusals),
        events: events(&words, refusals),
        errors: errors(&words, refusals),
        definitions: definitions(&words, refusals),
        name,
    }
}

fn idl(words: &Keywords<'_>, refusals: &mut Refusals) {
    let cure = "write \"idl\": \"1\", with quotes: the version of this language";
    match words.get("idl") {
        Some(Value::String(version)) if version == "1" => {}
        Some(other) => {
            let what =
                format!("this reads version \"1\" of the IDL, and the document says {other}");
            refusals.refuse(&words.at("idl"), what, cure);
        }
        None => refusals.refuse("", "the document has no \"idl\"", cure),
    }
}

/// Lower-case words, each beginning with a letter, joined by `-` or `.`.
fn is_interface_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.split(['-', '.']).all(|word| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

fn name(words: &Keywords<'_>, refusals: &mut Refusals) -> String {
    let cure = "add \"name\", such as \"notes\" or \"text.stats\"";
    let name = words.required_text("name", "the document", cure, refusals);
    if let Some(name) = name.filter(|name| !is_interface_name(name)) {
        let what = format!("\"{}\" is not a name for an interface", name.escape_debug());
        let cure = format!(
            "write lower-case words of letters and digits joined by - or ., at most {MAX_NAME} characters: \"{}\"",
            kebab(name).chars().take(MAX_NAME).collect::<String>()
        );
        refusals.refuse(&words.at("name"), what, cure);
    }
    name.unwrap_or_default().to_owned()
}

fn version(words: &Keywords<'_>, refusals: &mut Refusals) -> String {
    let cure = "add \"version\": \"1.0.0\"";
    let version = words.required_text("version", "the document", cure, refusals);
    if let Some(version) = version
        && let Err(reason) = semver::Version::parse(version)
    {
        let what = format!(
            "\"{}\" is not a semantic version: {reason}",
            version.escape_debug()
        );
        refusals.refuse(
            &words.at("version"),
            what,
            "write MAJOR.MINOR.PATCH, such as \"1.0.0\"",
        );
    }
    version.unwrap_or_default().to_owned()
}

/// A lower-camel word.
fn is_code(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn wire_name(name: &str, at: &str, what: &str, own: bool, refusals: &mut Refusals) {
    if !name.split('.').all(is_code) {
        let better: Vec<String> = name.split('.').map(|word| camel(word, "do")).collect();
        let what = format!("\"{}\" is not a name for {what}", name.escape_debug());
        let cure = format!(
            "write lower-camel words joined by dots: \"{}\"",
            better.join(".")
        );
        refusals.refuse(at, what, cure);
    } else if !own && PROTOCOL_METHODS.contains(&name) {
        let what = format!("\"{name}\" is a request of the protocol itself");
        refusals.refuse(
            at,
            what,
            format!("put a word before it, such as \"tool.{name}\""),
        );
    }
}

fn optional_type(words: &Keywords<'_>, key: &str, refusals: &mut Refusals) -> Option<Node> {
    let value = words.get(key)?;
    Some(node(value, &words.at(key), Place::Inline, refusals))
}

fn methods(words: &Keywords<'_>, key: &str, own: bool, refusals: &mut Refusals) -> Vec<MethodForm> {
    let is_service = key == "services";
    let what = if is_service { "a service" } else { "a method" };
    let allowed = [
        "description",
        "params",
        "result",
        "items",
        "upload",
        "errors",
        "timeoutMs",
        "progress",
        "idempotent",
        "permission",
    ];
    let mut methods = Vec::new();
    for (wire, value, at) in words.named(key, key, refusals) {
        wire_name(wire, &at, what, own, refusals);
        let Some(words) = Keywords::open(value, &at, what, refusals) else {
            continue;
        };
        words.only(what, &allowed, refusals);
        let permission = words.text("permission", refusals);
        if permission.is_some() && !is_service {
            let cure = "remove it; permissions guard the services that a plugin asks of its host";
            refusals.refuse(&words.at("permission"), "a permission on a method", cure);
        }
        if permission.is_some_and(str::is_empty) {
            let cure = "name it, such as \"kv:read\", or leave it out";
            refusals.refuse(&words.at("permission"), "a permission without a name", cure);
        }
        let timeout = words.integer("timeoutMs", 1, MAX_SAFE, refusals);
        methods.push(MethodForm {
            wire: wire.clone(),
            description: words.description(what, refusals),
            params: params(&words, refusals),
            result: optional_type(&words, "result", refusals),
            items: optional_type(&words, "items", refusals),
            upload: optional_type(&words, "upload", refusals),
            errors: words.texts("errors", refusals),
            timeout_ms: timeout.and_then(|ms| u64::try_from(ms).ok()),
            progress: words.flag("progress", refusals),
            idempotent: words.flag("idempotent", refusals),
            permission: permission.map(str::to_owned),
            pointer: at,
        });
    }
    methods
}

fn params(words: &Keywords<'_>, refusals: &mut Refusals) -> Option<Node> {
    let node = optional_type(words, "params", refusals)?;
    if !matches!(node.form, Form::Ref(_) | Form::Invalid | Form::Object(_)) {
        let cure = "put the parameters into an object in \"$defs\" and write {\"$ref\": \"#/$defs/…\"}; leave \"params\" out where there are none";
        refusals.refuse(
            &node.pointer,
            "params that are not a reference to an object",
            cure,
        );
    }
    Some(node)
}

fn events(words: &Keywords<'_>, refusals: &mut Refusals) -> Vec<EventForm> {
    let mut events = Vec::new();
    for (wire, value, at) in words.named("events", "events", refusals) {
        wire_name(wire, &at, "an event", true, refusals);
        let Some(words) = Keywords::open(value, &at, "an event", refusals) else {
            continue;
        };
        words.only("an event", &["description", "from", "payload"], refusals);
        let cure = "add \"from\": \"host\", \"plugin\" or \"both\": who sends it";
        let from = words.required_text("from", "the event", cure, refusals);
        let side = match from {
            Some("host") => Side::Host,
            Some("plugin") => Side::Plugin,
            Some("both") | None => Side::Both,
            Some(other) => {
                let sides = ["host", "plugin", "both"];
                let what = format!("\"{}\" sends no events", other.escape_debug());
                let cure = match nearest(other, sides) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => format!("write {}", list(sides)),
                };
                refusals.refuse(&words.at("from"), what, cure);
                Side::Both
            }
        };
        events.push(EventForm {
            wire: wire.clone(),
            description: words.description("the event", refusals),
            from: side,
            payload: optional_type(&words, "payload", refusals),
        });
    }
    events
}

fn errors(words: &Keywords<'_>, refusals: &mut Refusals) -> Vec<ErrorForm> {
    let mut errors = Vec::new();
    for (wire, value, at) in words.named("errors", "errors", refusals) {
        if !is_code(wire) {
            let what = format!("\"{}\" is not a code for an error", wire.escape_debug());
            let cure = format!("write one lower-camel word: \"{}\"", camel(wire, "error"));
            refusals.refuse(&at, what, cure);
        } else if PROTOCOL_CODES.contains(&wire.as_str()) {
            let what = format!("\"{wire}\" is a code of the protocol itself");
            refusals.refuse(
                &at,
                what,
                "remove it: every method may answer with it anyway",
            );
        }
        let Some(words) = Keywords::open(value, &at, "an error", refusals) else {
            continue;
        };
        words.only(
            "an error",
            &["description", "retryable", "details"],
            refusals,
        );
        errors.push(ErrorForm {
            wire: wire.clone(),
            description: words.description("the error", refusals),
            retryable: words.flag("retryable", refusals),
            details: optional_type(&words, "details", refusals),
        });
    }
    errors
}

fn definitions(words: &Keywords<'_>, refusals: &mut Refusals) -> Vec<Definition> {
    let mut definitions = Vec::new();
    let named = words.named("$defs", "definitions", refusals);
    if named.len() > MAX_DEFINITIONS {
        let what = format!("more than {MAX_DEFINITIONS} definitions");
        refusals.refuse(&words.at("$defs"), what, "make several interfaces of it");
        return definitions;
    }
    for (name, value, at) in named {
        let good = name.len() <= MAX_NAME
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        if !good {
            let what = format!("\"{}\" is not a name for a definition", name.escape_debug());
            let better: String = upper_camel(name).chars().take(MAX_NAME).collect();
            let cure =
                format!("write UpperCamel letters and digits, at most {MAX_NAME}: \"{better}\"");
            refusals.refuse(&at, what, cure);
        }
        let Some(words) = Keywords::open(value, &at, "a type", refusals) else {
            continue;
        };
        definitions.push(Definition {
            name: name.clone(),
            description: words.description("the definition", refusals),
            node: node(value, &at, Place::Definition, refusals),
        });
    }
    definitions
}
