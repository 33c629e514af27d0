//! The services of an interface, as a host answers them.

use super::expression::Types;
use super::methods::{SERVICE, answer, described};
use super::page::{Page, quoted};

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
        let arguments = SERVICE.signature(types, service);
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
