//! What a plugin asks of its host: services.

use super::super::expression::Scope;
use super::super::page::Page;
use super::{codec_of, errors_section, rust_of};
use crate::model::{Interface, Type};

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
    /// Asks as part of the call that the context belongs to. A request is sent when it is awaited, and takes a time of its
    /// own by `timeout`.
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
        let timeout = service.timeout_ms.map_or_else(String::new, |ms| {
            format!(".usual_timeout(std::time::Duration::from_millis({ms}))")
        });
        let name = &service.name.rust;
        let wire = format!("types::services::{}", service.name.constant);
        if service.items.is_none() && service.upload.is_none() {
            let tail = format!(" -> ServiceRequest<{}> {{", rust_of(scope, &service.result));
            page.signature("    ", &format!("pub fn {name}"), &arguments, &tail);
            page.line(&format!(
                "        self.ctx.call::<{params_codec}, {result}>({wire}, {passed}){timeout}"
            ));
        } else {
            let items = codec_of(scope, &service.items, &format!("{}Item", service.stem));
            let upload = codec_of(scope, &service.upload, &format!("{}Upload", service.stem));
            let tail = format!(" -> ServiceRequest<ServiceCall<{items}, {upload}, {result}>> {{");
            page.signature("    ", &format!("pub fn {name}"), &arguments, &tail);
            page.line(&format!(
                "        self.ctx.start::<{params_codec}, _, _, _>({wire}, {passed}){timeout}"
            ));
        }
        page.line("    }");
    }
    page.line("}");
}
