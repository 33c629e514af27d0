//! The host's side of an interface: the client that calls a plugin, the trait of the services that plugins ask for, and
//! the events both ways.

mod heard;
mod services;

use super::Place;
use super::emitted::Emitter;
use super::expression::Scope;
use super::page::Page;
use super::plugin::{codec_of, errors_section, reexport, rust_of};
use crate::model::{Interface, Method, Side, Type};
use heard::heard;
use services::{service_dispatch, service_trait};

/// Lints that a document's own names and sizes would trip, and nothing else.
const EXCEPTIONS: &str = "\
#![allow(
    clippy::doc_lazy_continuation,
    clippy::should_implement_trait,
    clippy::wrong_self_convention,
    dead_code,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    reason = \"names, prose and sizes are the document's, and nobody uses all of it\"
)]";

/// Events that a host emits.
const EMITTER: Emitter = Emitter {
    side: Side::Host,
    docs: [
        "The events of the interface",
        "that a host sends to a plugin",
    ],
    lifetime: "'p",
    field: "plugin",
    borrowed: "Plugin",
    errors: "As for [`Plugin::emit`].",
    result: "Result<()>",
    send: |codec, event, payload| {
        vec![
            format!("let payload = typed::params::<{codec}>({payload});"),
            format!("self.plugin.emit({event}, payload, self.stream)"),
        ]
    },
};

pub(super) fn write(interface: &Interface, place: &Place, page: &mut Page) {
    let mut scope = Scope::new(interface, "types::");
    page.inner_docs(&format!(
        "What a host calls of the interface `{}` {}, and what its plugins ask of it.",
        interface.name, interface.version
    ));
    page.lines(EXCEPTIONS);
    let mut body = Page::part();
    client(interface, &mut scope, &mut body);
    if !interface.services.is_empty() {
        service_trait(interface, &mut scope, &mut body);
        service_dispatch(interface, &mut scope, &mut body);
    }
    EMITTER.write(interface, &mut scope, &mut body);
    heard(interface, &mut scope, &mut body);
    page.blank();
    imports(&body, place, page);
    if place.repository {
        reexport(interface, page);
    }
    page.append(body);
    scope.write_rules(&place.protocol, page);
}

/// What the body names of other rooms.
fn imports(body: &Page, place: &Place, page: &mut Page) {
    page.line("use std::time::Duration;");
    page.blank();
    if body.names("codec") {
        page.line(&format!("use {}::codec;", place.protocol));
    }
    if body.names("types") || place.repository {
        page.line(&format!("use {} as types;", place.types));
    }
    if body.names("typed") {
        page.line(&format!("use {}::typed;", place.runtime));
    }
    let names = [
        "Event",
        "Offer",
        "Payload",
        "Plugin",
        "PluginError",
        "Result",
        "ServiceCall",
        "ServiceHandler",
        "ServiceItems",
        "ServiceResult",
        "ServiceUpload",
        "StreamingCall",
        "TypedCall",
        "async_trait",
    ];
    let named: Vec<&str> = names.into_iter().filter(|name| body.names(name)).collect();
    page.line(&format!("use {}::{{{}}};", place.runtime, named.join(", ")));
}

fn client(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let stem = &interface.stem;
    page.blank();
    page.docs("", &interface.description);
    page.line("///");
    page.lines(&format!(
        "/// Calls a plugin with types. Cheap to clone.
#[derive(Debug, Clone)]
pub struct {stem}Client {{
    plugin: Plugin,
    timeout: Option<Duration>,
}}

impl {stem}Client {{
    /// Calls this plugin. Whether it implements the interface shows with the first call, or in
    /// [`Plugin::interfaces`].
    #[must_use]
    pub fn new(plugin: &Plugin) -> Self {{
        Self {{ plugin: plugin.clone(), timeout: None }}
    }}

    /// How long each call may take, in place of what the interface says.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {{
        self.timeout = Some(timeout);
        self
    }}

    /// The plugin.
    #[must_use]
    pub const fn plugin(&self) -> &Plugin {{
        &self.plugin
    }}"
    ));
    for method in &interface.methods {
        called(method, scope, page);
    }
    page.line("}");
}

fn called(method: &Method, scope: &mut Scope<'_>, page: &mut Page) {
    let wire = format!("types::methods::{}", method.name.constant);
    let mut arguments = vec!["&self".to_owned()];
    let mut params = None;
    if let Some(id) = method.params {
        arguments.push(format!("params: {}", scope.named(id)));
        let codec = scope.codec(&Type::Ref(id), "");
        params = Some(format!(
            "        let params = typed::params::<{codec}>(&params);"
        ));
    }
    let result = codec_of(scope, &method.result, &format!("{}Result", method.stem));
    let result_type = rust_of(scope, &method.result);
    let passed = if params.is_some() { "params" } else { "()" };
    let sends = |page: &mut Page| {
        params.iter().for_each(|line| page.line(line));
        page.line(&format!("        let call = typed::call(&self.plugin, &types::DESCRIPTOR, {wire}, self.timeout, {passed});"));
    };
    page.blank();
    page.docs("    ", &method.description);
    if method.items.is_none() && method.upload.is_none() {
        let tail = format!(" -> TypedCall<{result_type}> {{");
        page.signature(
            "    ",
            &format!("pub fn {}", method.name.rust),
            &arguments,
            &tail,
        );
        sends(page);
        page.line(&format!("        TypedCall::new::<{result}>(call)"));
        page.line("    }");
        page.blank();
        page.docs("    ", &method.description);
        page.line("    ///");
        page.line("    /// Waits on this thread.");
        errors_section(method, page);
        let blocking = format!(
            "pub fn {}_blocking",
            method.name.rust.trim_start_matches("r#")
        );
        page.signature(
            "    ",
            &blocking,
            &arguments,
            &format!(" -> Result<{result_type}> {{"),
        );
        let passed = if method.params.is_some() {
            "params"
        } else {
            ""
        };
        page.line(&format!(
            "        self.{}({passed}).blocking()",
            method.name.rust
        ));
        page.line("    }");
        return;
    }
    let items = codec_of(scope, &method.items, &format!("{}Item", method.stem));
    let upload = codec_of(scope, &method.upload, &format!("{}Upload", method.stem));
    let (item_type, upload_type) = (
        rust_of(scope, &method.items),
        rust_of(scope, &method.upload),
    );
    let tail = format!(" -> StreamingCall<{item_type}, {upload_type}, {result_type}> {{");
    page.signature(
        "    ",
        &format!("pub fn {}", method.name.rust),
        &arguments,
        &tail,
    );
    sends(page);
    page.line(&format!(
        "        StreamingCall::new::<{items}, {upload}, {result}>(call)"
    ));
    page.line("    }");
}
