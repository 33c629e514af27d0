//! What an interface is to those who use it: the author's side and the host's side. Prints the model.

mod client;
mod emitter;
mod errors;
mod implemented;

use super::expression::spelled;
use super::names::Names;
use super::page::Page;
use crate::model::{Event, Interface, Method, Side};
use client::client;
use emitter::emitter;
pub(super) use errors::{error_class, errors};
use implemented::Implemented;

/// The author's side.
pub(super) fn plugin(page: &mut Page, interface: &Interface, names: &Names) {
    let from_host: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| event.from != Side::Plugin)
        .collect();
    let from_plugin: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| event.from != Side::Host)
        .collect();
    if !interface.methods.is_empty() || !from_host.is_empty() {
        let implemented = Implemented {
            name: interface.stem.clone(),
            constant: &names.descriptor,
            doc: format!(
                "{}\n\nWhat an author implements. A method that is left out is answered with `methodNotFound`.",
                interface.description
            ),
            context: "$.Context",
            methods: &interface.methods,
            events: &from_host,
        };
        implemented.print(page, interface, names);
    }
    if !interface.services.is_empty() {
        let doc = format!(
            "The services that a host of `{}` offers, with types: `new {0}Services(ctx)`.",
            interface.stem
        );
        client(
            page,
            interface,
            names,
            &format!("{}Services", interface.stem),
            &doc,
            &interface.services,
        );
    }
    if !from_plugin.is_empty() {
        emitter(page, interface, names, &from_plugin);
    }
}

/// The host's side.
pub(super) fn host(page: &mut Page, interface: &Interface, names: &Names) {
    if !interface.methods.is_empty() {
        let doc = format!("A plugin that implements `{}`, with types.", interface.name);
        client(
            page,
            interface,
            names,
            &format!("{}Client", interface.stem),
            &doc,
            &interface.methods,
        );
    }
    if !interface.services.is_empty() {
        let implemented = Implemented {
            name: format!("{}ServiceHandler", interface.stem),
            constant: &names.services_descriptor,
            doc: format!(
                "The services of `{}` as a host, or a test, offers them.",
                interface.name
            ),
            context: "$.ServiceContext",
            methods: &interface.services,
            events: &[],
        };
        implemented.print(page, interface, names);
    }
}

fn result_type(interface: &Interface, method: &Method) -> String {
    method
        .result
        .as_ref()
        .map_or_else(|| "void".to_owned(), |result| spelled(interface, result))
}

fn method_doc(method: &Method) -> String {
    let mut doc = method.description.clone();
    if let Some(permission) = &method.permission {
        doc.push_str(&format!(" Needs the permission `{permission}`."));
    }
    if !method.errors.is_empty() {
        let codes: Vec<String> = method
            .errors
            .iter()
            .map(|code| format!("`{code}`"))
            .collect();
        doc.push_str(&format!("\n\nMay answer with {}.", codes.join(", ")));
    }
    doc
}
