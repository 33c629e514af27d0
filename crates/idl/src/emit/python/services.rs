//! The typed services of a host, as a plugin calls them.

use std::collections::HashSet;

use super::expression::Types;
use super::methods::{SERVICE, described, descriptor, result, stream_types};
use super::page::Page;
use crate::model::{Method, Type};

/// The class of the services.
pub(super) fn emit(page: &mut Page, types: &Types<'_>) {
    let interface = types.interface;
    let stem = &interface.stem;
    page.gap();
    page.line(&format!("class {stem}Services:"));
    page.docs(
        "    ",
        &format!(
            "The host's services of `{}`, typed: `{stem}Services(ctx)`. Every name that ends in `_blocking` blocks; its twin is awaited.",
            interface.name
        ),
    );
    page.blank();
    page.line("    __slots__ = (\"_ctx\",)");
    for service in &interface.services {
        page.blank();
        descriptor(page, types, service, &SERVICE.function(types, service));
        page.docs("    ", &service.description);
    }
    page.blank();
    page.line("    def __init__(self, ctx: _Context) -> None:");
    page.line("        self._ctx = ctx");
    let mut taken: HashSet<String> = interface
        .services
        .iter()
        .map(|service| service.name.python.clone())
        .collect();
    for service in &interface.services {
        let mut twin = format!("{}_blocking", service.name.python);
        while !taken.insert(twin.clone()) {
            twin.push('_');
        }
        service_methods(page, types, service, &twin);
    }
}

fn service_methods(page: &mut Page, types: &Types<'_>, service: &Method, twin: &str) {
    let name = &service.name.python;
    let constant = &service.name.constant;
    let mut arguments = vec!["self".to_owned()];
    let mut passed = format!("{}Services.{constant}", types.interface.stem);
    if let Some(params) = service.params {
        arguments.push(format!("params: {}", types.annotation(&Type::Ref(params))));
        passed.push_str(", params");
    }
    arguments.push("*".to_owned());
    arguments.push("timeout: float | None = None".to_owned());
    if service.items.is_some() || service.upload.is_some() {
        let call = format!("_ServiceCall[{}]", stream_types(types, service));
        page.blank();
        page.call(
            "    ",
            &format!("def {name}"),
            &arguments,
            &format!(" -> {call}:"),
        );
        page.docs(
            "        ",
            &format!(
                "{}\n\nGives the call in flight, for its streams and its result.",
                described(types, service)
            ),
        );
        page.line(&format!(
            "        return self._ctx.start({passed}, timeout=timeout)"
        ));
        return;
    }
    let result = result(types, service);
    page.blank();
    page.call(
        "    ",
        &format!("async def {name}"),
        &arguments,
        &format!(" -> {result}:"),
    );
    page.docs("        ", &described(types, service));
    page.line(&format!(
        "        return await self._ctx.call({passed}, timeout=timeout)"
    ));
    page.blank();
    page.call(
        "    ",
        &format!("def {twin}"),
        &arguments,
        &format!(" -> {result}:"),
    );
    page.docs("        ", &described(types, service));
    page.line(&format!(
        "        return self._ctx.call_blocking({passed}, timeout=timeout)"
    ));
}
