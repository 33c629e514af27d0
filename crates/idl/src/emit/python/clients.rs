//! The typed clients of all interfaces that ship, as properties of a loaded plugin.

use super::super::{File, Options};
use super::PACKAGE;
use super::page::Page;
use crate::model::Interface;

/// The module `clients.py`: a base class with a property for each interface.
#[must_use]
pub fn clients(interfaces: &[Interface], options: &Options) -> File {
    let package = options.runtime.as_deref().unwrap_or(PACKAGE);
    let module =
        |interface: &Interface| format!("{package}.interfaces.{}", interface.module.python);
    let mut page = Page::new(&options.header);
    page.docs(
        "",
        "The typed clients of the interfaces that ship; each is loaded when it is first asked for.",
    );
    page.blank();
    page.line("from __future__ import annotations");
    page.blank();
    page.line("TYPE_CHECKING = False");
    page.line("if TYPE_CHECKING:");
    page.line(&format!("    from {package}.host.caller import Caller"));
    for interface in interfaces {
        page.line(&format!(
            "    from {} import {}Client",
            module(interface),
            interface.stem
        ));
    }
    page.gap();
    page.line("class Clients:");
    page.docs(
        "    ",
        "A plugin with a typed client for each interface that ships.",
    );
    page.blank();
    page.line("    __slots__ = ()");
    for interface in interfaces {
        page.blank();
        page.line("    @property");
        page.line(&format!(
            "    def {}(self: Caller) -> {}Client:",
            interface.module.python, interface.stem
        ));
        page.docs(
            "        ",
            &format!(
                "Calls the methods of `{}`. Whether the plugin implements it shows with the first call.",
                interface.name
            ),
        );
        page.line(&format!(
            "        from {} import {}Client",
            module(interface),
            interface.stem
        ));
        page.blank();
        page.line(&format!("        return {}Client(self)", interface.stem));
    }
    File {
        path: "clients.py".to_owned(),
        text: page.finish(),
    }
}
