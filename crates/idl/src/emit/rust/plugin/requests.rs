//! What a plugin asks of its host and tells it: services and events.

use super::super::expression::Scope;
use super::super::page::Page;
use super::{codec_of, errors_section, rust_of};
use crate::model::{Event, Interface, Side, Type};

pub(super) fn services(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
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

pub(super) fn emitted(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
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
