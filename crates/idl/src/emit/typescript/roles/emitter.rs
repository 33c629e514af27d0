//! The typed events that a plugin emits. Prints the model.

use super::super::codecs::{Place, message_writer};
use super::super::expression::spelled;
use super::super::names::Names;
use super::super::page::Page;
use super::super::text;
use crate::model::{Event, Interface};

/// A class with one method an event.
pub(super) fn emitter(page: &mut Page, interface: &Interface, names: &Names, events: &[&Event]) {
    let class = format!("{}Events", interface.stem);
    page.gap();
    page.doc(&format!(
        "The events that a plugin of `{}` emits, with types: `new {class}(ctx)`.",
        interface.name
    ));
    page.open(format_args!("export class {class} {{"));
    page.line(format_args!("readonly #ctx: $.PluginContext;"));
    page.gap();
    page.doc("Emits through the context of a plugin or of a call.");
    page.open(format_args!("constructor(ctx: $.PluginContext) {{"));
    page.line(format_args!("this.#ctx = ctx;"));
    page.close(format_args!("}}"));
    for event in events {
        page.gap();
        page.doc(&event.description);
        let wire = text::quoted(&event.wire);
        match &event.payload {
            Some(payload) => {
                let ty = spelled(interface, payload);
                let write = message_writer(interface, names, payload, Place::Notification);
                let what = text::quoted(&format!("the payload of {}", event.wire));
                page.open(format_args!(
                    "{}(payload: {ty}, stream?: string): void {{",
                    event.name.typescript
                ));
                page.line(format_args!(
                    "this.#ctx.emit({wire}, $.writeAs({what}, {write}, payload, this.#ctx.native), stream);"
                ));
            }
            None => {
                page.open(format_args!(
                    "{}(stream?: string): void {{",
                    event.name.typescript
                ));
                page.line(format_args!("this.#ctx.emit({wire}, null, stream);"));
            }
        }
        page.close(format_args!("}}"));
    }
    page.close(format_args!("}}"));
}
