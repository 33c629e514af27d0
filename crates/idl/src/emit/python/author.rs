//! The class that an author derives from.

use super::events::handler_names;
use super::expression::Types;
use super::methods::{HANDLER, answer, described};
use super::page::{Page, quoted};
use crate::model::Side;

/// The class that an author derives from.
pub(super) fn author(page: &mut Page, types: &Types<'_>) {
    let interface = types.interface;
    let on = handler_names(types);
    page.gap();
    page.line(&format!("class {}:", interface.stem));
    page.docs(
        "    ",
        &format!(
            "{}\n\nDerive from it and override what the plugin has; every other method answers `methodNotFound`. Each \
             override may be `async def` or plain.",
            interface.description
        ),
    );
    page.blank();
    page.line(&format!(
        "    INTERFACE: _t.ClassVar[_Interface] = {}",
        types.free("INTERFACE")
    ));
    for method in &interface.methods {
        page.blank();
        let arguments = HANDLER.signature(types, method);
        page.call(
            "    ",
            &format!("def {}", method.name.python),
            &arguments,
            &format!(" -> {}:", answer(types, method)),
        );
        page.docs("        ", &described(types, method));
        page.line(&format!(
            "        raise _not_implemented({})",
            quoted(&method.wire)
        ));
    }
    for (event, name) in interface
        .events
        .iter()
        .zip(&on)
        .filter(|(event, _)| event.from != Side::Plugin)
    {
        page.blank();
        let payload = event
            .payload
            .as_ref()
            .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty));
        let arguments = [
            "self".to_owned(),
            "ctx: _Context".to_owned(),
            format!("event: _Event[{payload}]"),
        ];
        page.call(
            "    ",
            &format!("def {name}"),
            &arguments,
            " -> None | _t.Awaitable[None]:",
        );
        page.docs("        ", &event.description);
        page.line("        return None");
    }
}
