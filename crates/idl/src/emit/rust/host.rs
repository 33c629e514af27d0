//! The host's side of an interface: the client that calls a plugin, the trait of the services that plugins ask for, and
//! the events both ways.

use super::Place;
use super::expression::Scope;
use super::page::Page;
use super::plugin::{codec_of, errors_section, reexport, rust_of};
use crate::model::{Event, Interface, Method, Side, Type};

/// Lints that a document's own names and sizes would trip, and nothing else.
const EXCEPTIONS: &str = "\
#![allow(
    clippy::doc_lazy_continuation,
    clippy::should_implement_trait,
    clippy::wrong_self_convention,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    reason = \"names, prose and sizes are the document's\"
)]";

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
    sent(interface, &mut scope, &mut body);
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

/// What a handler of a service gets beside the call.
fn service_arguments(service: &Method, scope: &Scope<'_>) -> Vec<(String, String)> {
    let mut arguments = vec![("call".to_owned(), "&ServiceCall".to_owned())];
    if let Some(params) = service.params {
        arguments.push(("params".to_owned(), scope.named(params)));
    }
    if let Some(upload) = &service.upload {
        arguments.push((
            "upload".to_owned(),
            format!("ServiceUpload<'_, {}>", scope.rust(upload)),
        ));
    }
    if let Some(items) = &service.items {
        arguments.push((
            "items".to_owned(),
            format!("ServiceItems<'_, {}>", scope.rust(items)),
        ));
    }
    arguments
}

fn service_trait(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// The services of the interface `{}`, as a host implements them. [`{stem}ServiceDispatch`] brings them to it.
///
/// A service that a host does not implement answers `methodNotFound`. Handlers are polled on the thread that reads from
/// the plugin: wait by `await`, never by blocking.
#[async_trait]
pub trait {stem}ServiceHandler: Send + Sync + 'static {{",
        interface.name
    ));
    for (number, service) in interface.services.iter().enumerate() {
        if number > 0 {
            page.blank();
        }
        page.docs("    ", &service.description);
        errors_section(service, page);
        let arguments = service_arguments(service, scope);
        let names: Vec<&str> = arguments.iter().map(|(name, _)| name.as_str()).collect();
        let mut typed = vec!["&self".to_owned()];
        typed.extend(arguments.iter().map(|(name, ty)| format!("{name}: {ty}")));
        let tail = format!(" -> ServiceResult<{}> {{", rust_of(scope, &service.result));
        page.signature(
            "    ",
            &format!("async fn {}", service.name.rust),
            &typed,
            &tail,
        );
        match names.as_slice() {
            [one] => page.line(&format!("        let _ = {one};")),
            many => page.line(&format!("        let _ = ({});", many.join(", "))),
        }
        page.line(&format!(
            "        Err(PluginError::method_not_found(types::services::{}))",
            service.name.constant
        ));
        page.line("    }");
    }
    page.line("}");
}

fn service_dispatch(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// Hands the calls of plugins to a [`{stem}ServiceHandler`]; for `HostBuilder::services`.
#[derive(Debug)]
pub struct {stem}ServiceDispatch<H> {{
    handler: H,
}}

impl<H: {stem}ServiceHandler> {stem}ServiceDispatch<H> {{
    /// Calls go to this handler.
    #[must_use]
    pub const fn new(handler: H) -> Self {{
        Self {{ handler }}
    }}
}}

#[async_trait]
impl<H: {stem}ServiceHandler> ServiceHandler for {stem}ServiceDispatch<H> {{
    fn offers(&self) -> Vec<Offer> {{
        types::DESCRIPTOR.services.iter().map(Offer::of).collect()
    }}

    async fn call(&self, call: ServiceCall) -> ServiceResult<Payload> {{
        match call.method() {{"
    ));
    for service in &interface.services {
        let result = codec_of(scope, &service.result, &format!("{}Result", service.stem));
        let mut passed = vec!["&call".to_owned()];
        page.line(&format!(
            "            types::services::{} => {{",
            service.name.constant
        ));
        if let Some(params) = service.params {
            let codec = scope.codec(&Type::Ref(params), "");
            page.line(&format!(
                "                let params = typed::asked::<{codec}>(&call)?;"
            ));
            passed.push("params".to_owned());
        }
        if let Some(upload) = &service.upload {
            let codec = scope.codec(upload, &format!("{}Upload", service.stem));
            page.line(&format!(
                "                let upload = ServiceUpload::new::<{codec}>(&call);"
            ));
            passed.push("upload".to_owned());
        }
        if let Some(items) = &service.items {
            let codec = scope.codec(items, &format!("{}Item", service.stem));
            page.line(&format!(
                "                let items = ServiceItems::new::<{codec}>(&call);"
            ));
            passed.push("items".to_owned());
        }
        page.line(&format!(
            "                let result = self.handler.{}({}).await?;",
            service.name.rust,
            passed.join(", ")
        ));
        page.line(&format!(
            "                typed::answered::<{result}>(&result)"
        ));
        page.line("            }");
    }
    page.line("            other => Err(PluginError::method_not_found(other)),");
    page.line("        }");
    page.line("    }");
    page.line("}");
}

/// Events that a host emits.
fn sent(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let events: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| matches!(event.from, Side::Host | Side::Both))
        .collect();
    if events.is_empty() {
        return;
    }
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// The events of the interface `{}` that a host sends to a plugin.
#[derive(Debug, Clone, Copy)]
pub struct {stem}Events<'p> {{
    plugin: &'p Plugin,
    stream: Option<&'p str>,
}}

impl<'p> {stem}Events<'p> {{
    /// Events outside any stream.
    #[must_use]
    pub const fn new(plugin: &'p Plugin) -> Self {{
        Self {{ plugin, stream: None }}
    }}

    /// Events of a stream, such as `location:room1`, in which their order counts.
    #[must_use]
    pub const fn on_stream(plugin: &'p Plugin, stream: &'p str) -> Self {{
        Self {{ plugin, stream: Some(stream) }}
    }}",
        interface.name
    ));
    for event in events {
        let name = if event.name.rust == "on_stream" {
            "on_stream_"
        } else {
            &event.name.rust
        };
        let codec = codec_of(scope, &event.payload, &format!("{}Payload", event.stem));
        let mut arguments = vec!["&self".to_owned()];
        let passed = match &event.payload {
            Some(payload) => {
                arguments.push(format!("payload: {}", scope.rust(payload)));
                "&payload"
            }
            None => "&()",
        };
        page.blank();
        page.docs("    ", &event.description);
        page.line("    ///");
        page.line("    /// # Errors");
        page.line("    /// As for [`Plugin::emit`].");
        page.signature(
            "    ",
            &format!("pub fn {name}"),
            &arguments,
            " -> Result<()> {",
        );
        page.line(&format!(
            "        let payload = Payload::encode::<{codec}>({passed});"
        ));
        page.line(&format!(
            "        self.plugin.emit(types::events::{}, self.stream, payload)",
            event.name.constant
        ));
        page.line("    }");
    }
    page.line("}");
}

/// Events that a host hears.
fn heard(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let events: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| matches!(event.from, Side::Plugin | Side::Both))
        .collect();
    if events.is_empty() {
        return;
    }
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// What a host does with the events of the interface `{}`; for `HostBuilder::on_event`.
pub trait {stem}EventHandler: Send + Sync + 'static {{",
        interface.name
    ));
    for event in &events {
        page.docs("    ", &event.description);
        page.line("    ///");
        page.line(&format!("    /// The event `{}`.", event.wire));
        let payload = rust_of(scope, &event.payload);
        let arguments = [
            "&self".to_owned(),
            "event: &Event".to_owned(),
            format!("payload: {payload}"),
        ];
        page.signature("    ", &format!("fn {}", heard_as(event)), &arguments, " {");
        page.line("        let _ = (event, payload);");
        page.line("    }");
        page.blank();
    }
    page.lines(
        "    /// Hands an event to the method of its name. False for an event of another interface.
    ///
    /// # Errors
    /// `ErrorKind::Protocol` where the payload does not fit its type.
    fn handle(&self, event: &Event) -> Result<bool> {
        match event.name.as_str() {",
    );
    for event in &events {
        let codec = codec_of(scope, &event.payload, &format!("{}Payload", event.stem));
        page.line(&format!(
            "            types::events::{} => {{",
            event.name.constant
        ));
        page.line(&format!(
            "                self.{}(event, event.payload.decode::<{codec}>()?);",
            heard_as(event)
        ));
        page.line("            }");
    }
    page.line("            _ => return Ok(false),");
    page.line("        }");
    page.line("        Ok(true)");
    page.line("    }");
    page.line("}");
}

/// The trait has a method of its own besides those of the document.
fn heard_as(event: &Event) -> &str {
    if event.name.rust == "handle" {
        "handle_"
    } else {
        &event.name.rust
    }
}
