//! Everything beyond the types: errors, methods, services, events, and the interface that holds them together.

use super::expression::Types;
use super::methods::{HANDLER, descriptor};
use super::page::{Page, quoted};
use super::{answers, author, client, errors, events, services};

/// Everything that roles other than the types need; a client where somebody `calls` plugins.
pub(super) fn emit(page: &mut Page, types: &Types<'_>, calls: bool) {
    let interface = types.interface;
    let stem = &interface.stem;
    errors::classes(page, types);
    page.gap();
    page.line(&format!(
        "{}: dict[str, type[_CodedError]] = {{",
        types.free("ERRORS")
    ));
    page.block("", &errors::table(types));
    page.line("}");
    page.docs("", "The class of each error code of the interface.");

    page.gap();
    page.line(&format!("class {stem}Methods:"));
    page.docs(
        "    ",
        &format!(
            "The methods of `{}`, for `@plugin.method(…)` and for typed calls.",
            interface.name
        ),
    );
    for method in &interface.methods {
        page.blank();
        descriptor(page, types, method, &HANDLER.function(types, method));
        page.docs("    ", &method.description);
    }

    services::emit(page, types);
    events::emit(page, types);

    page.gap();
    page.line(&format!("{} = _Interface(", types.free("INTERFACE")));
    page.line(&format!("    {},", quoted(&interface.name)));
    page.line(&format!("    {},", quoted(&interface.version)));
    page.line(&format!("    {},", quoted(&interface.hash)));
    let list = |name: &str, class: &str, constants: Vec<&str>| {
        let items: Vec<String> = constants
            .iter()
            .map(|constant| format!("{stem}{class}.{constant},"))
            .collect();
        format!("    {name}=({}),", items.join(" "))
    };
    page.line(&list(
        "methods",
        "Methods",
        interface
            .methods
            .iter()
            .map(|m| m.name.constant.as_str())
            .collect(),
    ));
    page.line(&list(
        "services",
        "Services",
        interface
            .services
            .iter()
            .map(|m| m.name.constant.as_str())
            .collect(),
    ));
    page.line(&list(
        "events",
        "Events",
        interface
            .events
            .iter()
            .map(|m| m.name.constant.as_str())
            .collect(),
    ));
    page.line(&format!("    errors={},", types.free("ERRORS")));
    page.line(")");
    page.docs(
        "",
        "The interface, and the hash of the document that this module was generated from.",
    );

    author::author(page, types);
    if calls {
        client::emit(page, types);
        answers::emit(page, types);
    }
}
