//! The author's side of an interface: the trait that a plugin implements, the dispatch to it, the host's services and
//! the events that it may emit.

use super::Place;
use super::expression::Scope;
use super::page::Page;
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
    reason = \"names and prose are the document's\"
)]";

pub(super) fn write(interface: &Interface, place: &Place, page: &mut Page) {
    let mut scope = Scope::new(interface, "types::");
    let handled: Vec<Handled<'_>> = handled(interface);
    page.inner_docs(&format!(
        "What a plugin of the interface `{}` {} implements, and what it may ask of its host.",
        interface.name, interface.version
    ));
    page.lines(EXCEPTIONS);
    let mut body = Page::part();
    trait_of(interface, &handled, &mut scope, &mut body);
    dispatch_of(interface, &handled, &mut scope, &mut body);
    if !interface.services.is_empty() {
        services(interface, &mut scope, &mut body);
    }
    emitted(interface, &mut scope, &mut body);
    page.blank();
    imports(&body, place, page);
    if place.repository {
        reexport(interface, page);
    }
    page.append(body);
    scope.write_rules(&place.protocol, page);
}

/// An event of the host and the name of the author's handler.
struct Handled<'a> {
    event: &'a Event,
    method: String,
}

fn handled(interface: &Interface) -> Vec<Handled<'_>> {
    let mut taken: Vec<String> = interface
        .methods
        .iter()
        .map(|method| method.name.rust.clone())
        .collect();
    let events = interface
        .events
        .iter()
        .filter(|event| matches!(event.from, Side::Host | Side::Both));
    events
        .map(|event| {
            let mut method = format!("on_{}", event.name.rust.trim_start_matches("r#"));
            while taken.contains(&method) {
                method.push('_');
            }
            taken.push(method.clone());
            Handled { event, method }
        })
        .collect()
}

/// What the body names of other rooms.
fn imports(body: &Page, place: &Place, page: &mut Page) {
    let named = |names: &[&'static str]| -> Vec<&str> {
        names
            .iter()
            .copied()
            .filter(|name| body.names(name))
            .collect()
    };
    page.line("use std::sync::Arc;");
    page.blank();
    if body.names("codec") {
        page.line(&format!("use {}::codec;", place.protocol));
    }
    page.line(&format!("use {}::descriptor::Descriptor;", place.protocol));
    page.line(&format!("use {} as types;", place.types));
    let mut dispatch = named(&["Answering", "Handling", "Interface"]);
    if body.names("dispatch") {
        dispatch.insert(0, "self");
    }
    page.line(&format!(
        "use {}::dispatch::{{{}}};",
        place.runtime,
        dispatch.join(", ")
    ));
    let names = [
        "Context",
        "Event",
        "ItemReceiver",
        "ItemSender",
        "PluginError",
        "ServiceCall",
        "async_trait",
    ];
    page.line(&format!(
        "use {}::{{{}}};",
        place.runtime,
        named(&names).join(", ")
    ));
}

/// Authors find the types beside the trait.
pub(super) fn reexport(interface: &Interface, page: &mut Page) {
    let mut names: Vec<String> = interface
        .types
        .iter()
        .map(|def| def.name.rust.clone())
        .collect();
    if !interface.errors.is_empty() {
        names.push(format!("{}Error", interface.stem));
    }
    if names.is_empty() {
        return;
    }
    names.sort_unstable();
    page.blank();
    page.line("pub use types::{");
    for name in names {
        page.line(&format!("    {name},"));
    }
    page.line("};");
}

/// The type of a result, a payload or an item, or nothing.
pub(super) fn rust_of(scope: &Scope<'_>, ty: &Option<Type>) -> String {
    ty.as_ref()
        .map_or_else(|| "()".to_owned(), |ty| scope.rust(ty))
}

pub(super) fn codec_of(scope: &mut Scope<'_>, ty: &Option<Type>, owner: &str) -> String {
    ty.as_ref()
        .map_or_else(|| "codec::Nothing".to_owned(), |ty| scope.codec(ty, owner))
}

pub(super) fn errors_section(method: &Method, page: &mut Page) {
    page.line("    ///");
    page.line("    /// # Errors");
    if method.errors.is_empty() {
        page.line("    /// Any error of the protocol.");
    } else {
        let codes: Vec<String> = method
            .errors
            .iter()
            .map(|code| format!("`{code}`"))
            .collect();
        page.line(&format!(
            "    /// {}, or any error of the protocol.",
            codes.join(", ")
        ));
    }
}

fn arguments(method: &Method, scope: &Scope<'_>) -> Vec<(String, String)> {
    let mut arguments = vec![("ctx".to_owned(), "&Context".to_owned())];
    if let Some(params) = method.params {
        arguments.push(("params".to_owned(), scope.named(params)));
    }
    if let Some(upload) = &method.upload {
        arguments.push((
            "upload".to_owned(),
            format!("ItemReceiver<{}>", scope.rust(upload)),
        ));
    }
    if let Some(items) = &method.items {
        arguments.push((
            "items".to_owned(),
            format!("ItemSender<{}>", scope.rust(items)),
        ));
    }
    arguments
}

fn trait_of(
    interface: &Interface,
    handled: &[Handled<'_>],
    scope: &mut Scope<'_>,
    page: &mut Page,
) {
    let stem = &interface.stem;
    page.blank();
    page.docs("", &interface.description);
    page.line("///");
    page.line("/// A method that a plugin does not implement answers `methodNotFound`.");
    page.line("#[async_trait]");
    page.line(&format!("pub trait {stem}: Send + Sync + 'static {{"));
    for method in &interface.methods {
        page.docs("    ", &method.description);
        errors_section(method, page);
        let arguments = arguments(method, scope);
        let names: Vec<&str> = arguments.iter().map(|(name, _)| name.as_str()).collect();
        let mut typed = vec!["&self".to_owned()];
        typed.extend(arguments.iter().map(|(name, ty)| format!("{name}: {ty}")));
        let tail = format!(
            " -> Result<{}, PluginError> {{",
            rust_of(scope, &method.result)
        );
        page.signature(
            "    ",
            &format!("async fn {}", method.name.rust),
            &typed,
            &tail,
        );
        page.line(&discard(&names));
        page.line(&format!(
            "        Err(PluginError::method_not_found(types::methods::{}))",
            method.name.constant
        ));
        page.line("    }");
        page.blank();
    }
    for handled in handled {
        page.docs("    ", &handled.event.description);
        page.line("    ///");
        page.line(&format!(
            "    /// The event `{}`. Events are handled one after the other.",
            handled.event.wire
        ));
        let payload = rust_of(scope, &handled.event.payload);
        let typed = [
            "&self".to_owned(),
            "ctx: &Context".to_owned(),
            format!("event: Event<{payload}>"),
        ];
        page.signature(
            "    ",
            &format!("async fn {}", handled.method),
            &typed,
            " {",
        );
        page.line("        let _ = (ctx, event);");
        page.line("    }");
        page.blank();
    }
    page.line("    /// The plugin as the runtime sees it.");
    page.line("    #[doc(hidden)]");
    page.line("    fn __interface(self: Arc<Self>) -> Arc<dyn Interface>");
    page.line("    where");
    page.line("        Self: Sized,");
    page.line("    {");
    page.line(&format!("        Arc::new({stem}Dispatch::shared(self))"));
    page.line("    }");
    page.line("}");
}

fn discard(names: &[&str]) -> String {
    match names {
        [one] => format!("        let _ = {one};"),
        many => format!("        let _ = ({});", many.join(", ")),
    }
}

fn dispatch_of(
    interface: &Interface,
    handled: &[Handled<'_>],
    scope: &mut Scope<'_>,
    page: &mut Page,
) {
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// Hands the calls of the interface to a plugin.
#[derive(Debug)]
pub struct {stem}Dispatch<P> {{
    plugin: Arc<P>,
}}

impl<P: {stem}> {stem}Dispatch<P> {{
    /// Calls go to this plugin.
    #[must_use]
    pub fn new(plugin: P) -> Self {{
        Self::shared(Arc::new(plugin))
    }}

    /// Calls go to this plugin, which has other interfaces too.
    #[must_use]
    pub const fn shared(plugin: Arc<P>) -> Self {{
        Self {{ plugin }}
    }}

    /// The plugin.
    #[must_use]
    pub const fn plugin(&self) -> &Arc<P> {{
        &self.plugin
    }}
}}

impl<P: {stem}> Interface for {stem}Dispatch<P> {{
    fn descriptor(&self) -> &'static Descriptor {{
        &types::DESCRIPTOR
    }}
"
    ));
    if interface.methods.is_empty() {
        page.line("    fn call(&self, _context: &Context, _method: &str, _params: &str) -> Option<Answering> {");
        page.line("        None");
        page.line("    }");
    } else {
        let reads = if interface
            .methods
            .iter()
            .any(|method| method.params.is_some())
        {
            "params"
        } else {
            "_params"
        };
        page.line(&format!("    fn call(&self, context: &Context, method: &str, {reads}: &str) -> Option<Answering> {{"));
        page.line("        let (plugin, context) = (Arc::clone(&self.plugin), context.clone());");
        page.line("        match method {");
        for method in &interface.methods {
            dispatched(method, scope, page);
        }
        page.line("            _ => None,");
        page.line("        }");
        page.line("    }");
    }
    if !handled.is_empty() {
        page.blank();
        page.line(
            "    fn event(&self, context: &Context, event: Event<&str>) -> Option<Handling> {",
        );
        page.line("        let plugin = Arc::clone(&self.plugin);");
        page.line("        let handling = match event.name.as_str() {");
        for handled in handled {
            let event = handled.event;
            let codec = codec_of(scope, &event.payload, &format!("{}Payload", event.stem));
            page.line(&format!(
                "            types::events::{} => {{",
                event.name.constant
            ));
            page.line("                let own = context.clone();");
            page.line(&format!("                dispatch::event::<{codec}, _>(context, &event, |event| async move {{"));
            page.line(&format!(
                "                    plugin.{}(&own, event).await;",
                handled.method
            ));
            page.line("                })");
            page.line("            }");
        }
        page.line("            _ => return None,");
        page.line("        };");
        page.line("        Some(handling)");
        page.line("    }");
    }
    page.line("}");
}

fn dispatched(method: &Method, scope: &mut Scope<'_>, page: &mut Page) {
    let result = codec_of(scope, &method.result, &format!("{}Result", method.stem));
    page.line(&format!(
        "            types::methods::{} => {{",
        method.name.constant
    ));
    let mut passed = vec!["&context".to_owned()];
    if method.params.is_some() {
        passed.push("params".to_owned());
    }
    if let Some(upload) = &method.upload {
        let codec = scope.codec(upload, &format!("{}Upload", method.stem));
        page.line(&format!(
            "                let upload = context.receiver::<{codec}>();"
        ));
        passed.push("upload".to_owned());
    }
    if let Some(items) = &method.items {
        let codec = scope.codec(items, &format!("{}Item", method.stem));
        page.line(&format!(
            "                let items = context.sender::<{codec}>();"
        ));
        passed.push("items".to_owned());
    }
    let call = format!("plugin.{}({}).await", method.name.rust, passed.join(", "));
    match method.params {
        Some(params) => {
            let params = scope.codec(&Type::Ref(params), "");
            page.line(&format!(
                "                Some(dispatch::typed::<{params}, {result}, _>(params, |params| async move {{"
            ));
        }
        None => page.line(&format!(
            "                Some(dispatch::untyped::<{result}, _>(async move {{"
        )),
    }
    page.line(&format!("                    {call}"));
    page.line("                }))");
    page.line("            }");
}

fn services(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// The host's services of the interface `{}`.
#[derive(Debug, Clone, Copy)]
pub struct {stem}Services<'c> {{
    ctx: &'c Context,
}}

impl<'c> {stem}Services<'c> {{
    /// Asks as part of the call that the context belongs to.
    #[must_use]
    pub const fn new(ctx: &'c Context) -> Self {{
        Self {{ ctx }}
    }}",
        interface.name
    ));
    for service in &interface.services {
        page.blank();
        page.docs("    ", &service.description);
        if let Some(permission) = &service.permission {
            page.line("    ///");
            page.line(&format!("    /// Needs the permission `{permission}`."));
        }
        errors_section(service, page);
        let params = service.params.map(Type::Ref);
        let (params_codec, result) = (
            codec_of(scope, &params, ""),
            codec_of(scope, &service.result, &format!("{}Result", service.stem)),
        );
        let mut arguments = vec!["&self".to_owned()];
        let passed = match &params {
            Some(params) => {
                arguments.push(format!("params: {}", scope.rust(params)));
                "&params"
            }
            None => "&()",
        };
        let name = &service.name.rust;
        let wire = format!("types::services::{}", service.name.constant);
        if service.items.is_none() && service.upload.is_none() {
            let tail = format!(
                " -> Result<{}, PluginError> {{",
                rust_of(scope, &service.result)
            );
            page.signature("    ", &format!("pub async fn {name}"), &arguments, &tail);
            page.line(&format!(
                "        self.ctx.ask::<{params_codec}, {result}>({wire}, {passed}).await"
            ));
        } else {
            let items = codec_of(scope, &service.items, &format!("{}Item", service.stem));
            let upload = codec_of(scope, &service.upload, &format!("{}Upload", service.stem));
            let tail =
                format!(" -> Result<ServiceCall<{items}, {upload}, {result}>, PluginError> {{");
            page.signature("    ", &format!("pub fn {name}"), &arguments, &tail);
            page.line(&format!(
                "        self.ctx.start::<{params_codec}, _, _, _>({wire}, {passed})"
            ));
        }
        page.line("    }");
    }
    page.line("}");
}

fn is_emitted(event: &Event) -> bool {
    matches!(event.from, Side::Plugin | Side::Both)
}

fn emitted(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
    let events: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| is_emitted(event))
        .collect();
    if events.is_empty() {
        return;
    }
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// The events that a plugin of the interface `{}` may emit.
#[derive(Debug, Clone, Copy)]
pub struct {stem}Events<'c> {{
    ctx: &'c Context,
    stream: Option<&'c str>,
}}

impl<'c> {stem}Events<'c> {{
    /// Events outside any stream.
    #[must_use]
    pub const fn new(ctx: &'c Context) -> Self {{
        Self {{ ctx, stream: None }}
    }}

    /// Events of a stream, such as `location:room1`, in which their order counts.
    #[must_use]
    pub const fn on_stream(ctx: &'c Context, stream: &'c str) -> Self {{
        Self {{ ctx, stream: Some(stream) }}
    }}",
        interface.name
    ));
    for event in events {
        // `new` is kept free by the names themselves.
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
        page.line("    /// `failedPrecondition` where the host's dialect has no events.");
        page.signature(
            "    ",
            &format!("pub fn {name}"),
            &arguments,
            " -> Result<(), PluginError> {",
        );
        page.line(&format!(
            "        self.ctx.emit::<{codec}>(types::events::{}, self.stream, {passed})",
            event.name.constant
        ));
        page.line("    }");
    }
    page.line("}");
}
