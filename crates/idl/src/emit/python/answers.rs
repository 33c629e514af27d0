//! The services of an interface, as a host answers them.

use super::expression::Types;
use super::methods::{answer, described};
use super::page::{Page, quoted};
use crate::model::{Method, Type};

/// What a function is that answers a service: of the call, the params and the streams.
pub(super) fn handler_type(types: &Types<'_>, service: &Method) -> String {
    let arguments: Vec<String> = arguments(types, service)
        .into_iter()
        .map(|(_, annotation)| annotation)
        .collect();
    format!(
        "_t.Callable[[{}], {}]",
        arguments.join(", "),
        answer(types, service)
    )
}

fn arguments(types: &Types<'_>, service: &Method) -> Vec<(&'static str, String)> {
    let mut arguments = vec![("call", "_Asked".to_owned())];
    if let Some(params) = service.params {
        arguments.push(("params", types.annotation(&Type::Ref(params))));
    }
    if let Some(items) = &service.items {
        arguments.push(("items", format!("_AskedItems[{}]", types.annotation(items))));
    }
    if let Some(upload) = &service.upload {
        arguments.push((
            "upload",
            format!("_AskedUpload[{}]", types.annotation(upload)),
        ));
    }
    arguments
}

/// The class that a host derives from; none where the interface has no services.
pub(super) fn emit(page: &mut Page, types: &Types<'_>) {
    let interface = types.interface;
    if interface.services.is_empty() {
        return;
    }
    page.gap();
    page.line(&format!("class {}ServiceHandler:", interface.stem));
    page.docs(
        "    ",
        &format!(
            "The services of `{}`, as a host offers them: `Host(\"name\", MyServices())`.\n\nDerive from it and override what \
             the host has; every other service answers `methodNotFound`. A plain `def` runs on a thread of the host, an `async def` \
             on its event loop.",
            interface.name
        ),
    );
    page.blank();
    page.line(&format!(
        "    INTERFACE: _t.ClassVar[_Interface] = {}",
        types.free("INTERFACE")
    ));
    for service in &interface.services {
        page.blank();
        let arguments: Vec<String> = std::iter::once("self".to_owned())
            .chain(
                arguments(types, service)
                    .into_iter()
                    .map(|(name, annotation)| format!("{name}: {annotation}")),
            )
            .collect();
        page.call(
            "    ",
            &format!("def {}", service.name.python),
            &arguments,
            &format!(" -> {}:", answer(types, service)),
        );
        page.docs("        ", &described(types, service));
        page.line(&format!(
            "        raise _not_offered({})",
            quoted(&service.wire)
        ));
    }
}
