//! The author's side of an interface: the trait that a plugin implements, the dispatch to it, the host's services and
//! the events that it may emit.

mod client;
mod dispatch;
mod services;

use super::Place;
use super::emitted::Emitter;
use super::expression::Scope;
use super::page::Page;
use crate::model::{Event, Interface, Method, Side, Type};
use client::client;
use dispatch::dispatch_of;
use services::services;

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
    reason = \"names and prose are the document's, and nobody uses all of it\"
)]";

/// Events that a plugin emits.
const EMITTER: Emitter = Emitter {
    side: Side::Plugin,
    docs: ["The events that a plugin of the interface", "may emit"],
    lifetime: "'c",
    field: "ctx",
    borrowed: "Context",
    errors: "`failedPrecondition` where the host's dialect has no events.",
    result: "Result<(), PluginError>",
    send: |codec, event, payload| {
        vec![format!(
            "self.ctx.emit::<{codec}>({event}, {payload}, self.stream)"
        )]
    },
};

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
    methods_of(interface, place, &mut body);
    if !interface.services.is_empty() {
        services(interface, &mut scope, &mut body);
    }
    EMITTER.write(interface, &mut scope, &mut body);
    client(interface, &mut scope, &mut body);
    page.blank();
    imports(&body, place, page);
    if place.repository {
        reexport(interface, page);
    }
    page.append(body);
    scope.write_rules(&place.protocol, page);
}

/// The names of the methods, for exports that are called like them. A macro of the trait's name: whoever names the trait in
/// `export!` has named it, too.
fn methods_of(interface: &Interface, place: &Place, page: &mut Page) {
    let (stem, mark) = (&interface.stem, &place.mark);
    page.blank();
    page.lines(&format!(
        "/// The names of the methods, handed on to another macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __crossplug_methods_of_{stem}{mark} {{
    ($to:path, $($given:tt)*) => {{
        $to! {{
            $($given)*"
    ));
    for method in &interface.methods {
        page.line(&format!("            {:?}", method.wire));
    }
    page.lines(&format!(
        "        }}
    }};
}}
#[doc(hidden)]
#[allow(unused_imports, reason = \"for modules alone\")]
pub use __crossplug_methods_of_{stem}{mark} as {stem};"
    ));
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
    let mut dispatch = named(&["Answering", "Encoded", "Handling", "Interface"]);
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
        "ServiceRequest",
        "async_trait",
    ];
    page.line(&format!(
        "use {}::{{{}}};",
        place.runtime,
        named(&names).join(", ")
    ));
    if body.names("TestCall") {
        page.line(&format!(
            "use {}::testing::{{TestCall, TestHost}};",
            place.runtime
        ));
    }
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
