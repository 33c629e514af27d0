//! Events: their descriptors, what a plugin emits with, and what its handlers are called.

use std::collections::HashSet;

use super::codecs::codec;
use super::expression::Types;
use super::page::{Page, quoted};
use crate::model::{Event, Side};

/// The class of the events.
pub(super) fn emit(page: &mut Page, types: &Types<'_>) {
    let interface = types.interface;
    let stem = &interface.stem;
    page.gap();
    page.line(&format!("class {stem}Events:"));
    page.docs(
        "    ",
        &format!(
            "The events of `{}`; those that a plugin sends are emitted by `{stem}Events(ctx)`.",
            interface.name
        ),
    );
    page.blank();
    page.line("    __slots__ = (\"_ctx\",)");
    let on = handler_names(types);
    for (event, on) in interface.events.iter().zip(&on) {
        page.blank();
        let payload = event
            .payload
            .as_ref()
            .map_or_else(|| "None".to_owned(), |ty| types.annotation(ty));
        let mut arguments = vec![quoted(&event.wire), quoted(on)];
        arguments.extend(
            event
                .payload
                .as_ref()
                .map(|ty| codec(types, ty, &format!("payload of {}", event.wire))),
        );
        let head = format!(
            "{}: _t.Final[_EventType[{payload}]] = _EventType",
            event.name.constant
        );
        page.call("    ", &head, &arguments, "");
        page.docs("    ", &event.description);
    }
    page.blank();
    page.line("    def __init__(self, ctx: _Context) -> None:");
    page.line("        self._ctx = ctx");
    for event in interface
        .events
        .iter()
        .filter(|event| event.from != Side::Host)
    {
        emitter(page, types, event);
    }
}

fn emitter(page: &mut Page, types: &Types<'_>, event: &Event) {
    let mut arguments = vec!["self".to_owned()];
    let mut passed = format!("{}Events.{}", types.interface.stem, event.name.constant);
    if let Some(payload) = &event.payload {
        arguments.push(format!("payload: {}", types.annotation(payload)));
        passed.push_str(", payload");
    }
    arguments.push("*".to_owned());
    arguments.push("stream: str | None = None".to_owned());
    page.blank();
    page.call(
        "    ",
        &format!("def {}", event.name.python),
        &arguments,
        " -> None:",
    );
    page.docs("        ", &event.description);
    page.line(&format!("        self._ctx.emit({passed}, stream=stream)"));
}

/// What an author's class calls the handlers of events.
pub(super) fn handler_names(types: &Types<'_>) -> Vec<String> {
    let mut taken: HashSet<String> = types
        .interface
        .methods
        .iter()
        .map(|method| method.name.python.clone())
        .collect();
    types
        .interface
        .events
        .iter()
        .map(|event| {
            let mut name = format!("on_{}", event.name.python);
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            name
        })
        .collect()
}
