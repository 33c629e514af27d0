//! The services that plugins ask for: the trait that a host implements, and the dispatcher to it.

use super::super::expression::Scope;
use super::super::page::Page;
use super::super::plugin::{codec_of, errors_section, rust_of};
use crate::model::{Interface, Method, Type};

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

pub(super) fn service_trait(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
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

pub(super) fn service_dispatch(interface: &Interface, scope: &mut Scope<'_>, page: &mut Page) {
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
            "                typed::answered::<{result}>(call.encoding(), &result)"
        ));
        page.line("            }");
    }
    page.line("            other => Err(PluginError::method_not_found(other)),");
    page.line("        }");
    page.line("    }");
    page.line("}");
}
