//! Emitter for Python: one module an interface, with types, what an author implements, and what he calls.
//!
//! The module is written out: reading and writing a record is straight-line code, so that nothing is looked up about a
//! class at run time and importing the module is little more than loading its byte code. Only what is used is imported,
//! under names that no definition can have (`_Record`, `_t`).

mod aliases;
mod answers;
mod author;
mod client;
mod clients;
mod codecs;
mod enums;
mod errors;
mod events;
mod expression;
mod kinds;
mod methods;
mod page;
mod records;
mod roles;
mod services;
mod tagged;

pub use clients::clients;

use super::{File, Options, Role};
use crate::model::{Interface, Shape};
use expression::Types;
use page::Page;

/// The package that generated code stands on, unless the options name another.
const PACKAGE: &str = "crossplug";

/// The files of an interface: its module, and for the protocol itself the module of its error codes.
#[must_use]
pub fn emit(interface: &Interface, options: &Options) -> Vec<File> {
    let package = options.runtime.as_deref().unwrap_or(PACKAGE);
    let mut files = vec![File {
        path: format!("{}.py", interface.module.python),
        text: module(interface, options, package),
    }];
    if interface.name == "protocol" && package == PACKAGE {
        files.push(File {
            path: "protocol_errors.py".to_owned(),
            text: errors::protocol_errors(&options.header, package),
        });
    }
    files
}

/// What generated code may import: module, name, and the name that it goes by. The second list is for type checkers.
const IMPORTS: [(&str, &str, &str); 16] = [
    ("codec.codec", "Codec", "_Codec"),
    ("codec.record", "Record", "_Record"),
    ("codec.record", "UNSET", "_UNSET"),
    ("codec.record", "Unset", "_Unset"),
    ("codec.strenum", "ClosedEnum", "_ClosedEnum"),
    ("codec.strenum", "OpenEnum", "_OpenEnum"),
    ("codec.strings", "StringRule", "_StringRule"),
    ("codec.unions", "LongText", "_LongText"),
    ("codec.unions", "Unknown", "_Unknown"),
    ("errors", "CodedError", "_CodedError"),
    ("errors", "RefusedValue", "_Refused"),
    ("plugin.method", "EventType", "_EventType"),
    ("plugin.method", "Interface", "_Interface"),
    ("plugin.method", "Method", "_Method"),
    ("plugin.method", "not_implemented", "_not_implemented"),
    ("plugin.method", "not_offered", "_not_offered"),
];
const TYPE_IMPORTS: [(&str, &str, &str); 10] = [
    ("host.caller", "CallInFlight", "_Call"),
    ("host.caller", "Caller", "_Caller"),
    ("host.service", "ServiceCall", "_Asked"),
    ("host.stream", "ItemReceiver", "_AskedUpload"),
    ("host.stream", "ItemSender", "_AskedItems"),
    ("plugin.context", "Context", "_Context"),
    ("plugin.service", "ServiceCall", "_ServiceCall"),
    ("plugin.stream", "ItemReceiver", "_ItemReceiver"),
    ("plugin.stream", "ItemSender", "_ItemSender"),
    ("protocol.exchange", "Event", "_Event"),
];

fn module(interface: &Interface, options: &Options, package: &str) -> String {
    let body = body(interface, options);
    let mut page = Page::new(&options.header);
    // Descriptions are as wide as they are, members stand in the document's order, functions are called like their types.
    page.line("# ruff: noqa: E501, I001, N802, RUF023, RUF036, RUF100");
    page.line("# fmt: off");
    page.docs(
        "",
        &format!(
            "{}\n\nThe interface `{}` {}.",
            interface.description, interface.name, interface.version
        ),
    );
    page.blank();
    page.line("from __future__ import annotations");
    page.blank();
    if body.contains("_s.") {
        page.line(&format!("from {package}.codec import runtime as _s"));
    }
    imports(&mut page, "", package, &IMPORTS, &body);
    page.blank();
    page.line("TYPE_CHECKING = False");
    page.line("if TYPE_CHECKING:");
    page.line("    import typing as _t");
    page.blank();
    imports(&mut page, "    ", package, &TYPE_IMPORTS, &body);
    page.blank();
    page.lines(&body);
    page.finish()
}

/// Imports what the text names.
fn imports(page: &mut Page, indent: &str, package: &str, known: &[(&str, &str, &str)], text: &str) {
    for (module, name, local) in known {
        if names(text, local) {
            page.line(&format!(
                "{indent}from {package}.{module} import {name} as {local}"
            ));
        }
    }
}

/// Whether a text has a word, and not only a longer one that it is a part of.
fn names(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn body(interface: &Interface, options: &Options) -> String {
    let types = Types::new(interface);
    let mut page = Page::new("");
    let has_records = interface
        .types
        .iter()
        .any(|def| matches!(def.shape, Shape::Object(_)));
    if has_records {
        page.line("_set = object.__setattr__");
    }
    for rule in types.rules() {
        page.line(&rule);
    }
    for def in &interface.types {
        match &def.shape {
            Shape::Object(object) => records::emit(&mut page, &types, def, object),
            Shape::Enum(set) => enums::enumeration(&mut page, def, set),
            Shape::TaggedUnion(union) => tagged::unknown(&mut page, &types, def, union),
            Shape::KindUnion(_) | Shape::Alias(_) => {}
        }
    }
    page.blank();
    aliases::names(&mut page, &types);
    for def in &interface.types {
        aliases::functions(&mut page, &types, def);
    }
    codecs::codecs(&mut page, &types);
    if options.has(Role::Plugin) || options.has(Role::Host) {
        roles::emit(&mut page, &types, options.has(Role::Host));
    }
    page.finish()
}
