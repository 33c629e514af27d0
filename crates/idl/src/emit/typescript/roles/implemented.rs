//! What an author implements, or a host that offers services: the interface, and its descriptor. Prints the model.

use super::super::codecs::{Place, message_writer};
use super::super::expression::{function, spelled};
use super::super::names::{Names, Way};
use super::super::page::Page;
use super::super::text;
use super::{method_doc, result_type};
use crate::model::{Event, Interface, Method, Type};

/// Something that an author or a host implements.
pub(super) struct Implemented<'m> {
    pub(super) name: String,
    pub(super) constant: &'m str,
    pub(super) doc: String,
    pub(super) context: &'m str,
    pub(super) methods: &'m [Method],
    pub(super) events: &'m [&'m Event],
}

impl Implemented<'_> {
    pub(super) fn print(&self, page: &mut Page, interface: &Interface, names: &Names) {
        let Self {
            name,
            constant,
            context,
            ..
        } = self;
        page.gap();
        page.doc(&self.doc);
        page.open(format_args!("export interface {name} {{"));
        for method in self.methods {
            page.doc(&method_doc(method));
            let mut arguments = vec![format!("ctx: {context}")];
            if let Some(params) = method.params {
                arguments.push(format!(
                    "params: {}",
                    spelled(interface, &Type::Ref(params))
                ));
            }
            if let Some(items) = &method.items {
                arguments.push(format!(
                    "items: $.ItemSender<{}>",
                    spelled(interface, items)
                ));
            }
            if let Some(upload) = &method.upload {
                arguments.push(format!(
                    "upload: $.ItemReceiver<{}>",
                    spelled(interface, upload)
                ));
            }
            let result = result_type(interface, method);
            page.line(format_args!(
                "{}?({}): $.Awaitable<{result}>;",
                method.name.typescript,
                arguments.join(", ")
            ));
        }
        for event in self.events {
            page.doc(&event.description);
            let payload = event
                .payload
                .as_ref()
                .map_or_else(|| "undefined".to_owned(), |ty| spelled(interface, ty));
            page.line(format_args!(
                "{}?(ctx: $.PluginContext, event: $.Event<{payload}>): $.Awaitable<void>;",
                handler(self.methods, event)
            ));
        }
        page.close(format_args!("}}"));
        page.gap();
        page.doc(&format!(
            "Describes {{@link {name}}}, so that an object can be bound to it."
        ));
        page.line(format_args!(
            "export const {constant}: $.InterfaceDescriptor<{name}> = $.describe<{name}>("
        ));
        page.open(format_args!("  {},", text::quoted(&interface.name)));
        page.line(format_args!("{},", text::quoted(&interface.version)));
        page.line(format_args!("{},", text::quoted(&interface.hash)));
        page.open(format_args!("["));
        for method in self.methods {
            self.method(page, interface, names, method);
        }
        page.close(format_args!("],"));
        page.open(format_args!("["));
        for event in self.events {
            self.event(page, interface, names, event);
        }
        page.close(format_args!("],"));
        page.close(format_args!(");"));
    }

    fn method(&self, page: &mut Page, interface: &Interface, names: &Names, method: &Method) {
        let called = &method.name.typescript;
        page.open(format_args!("$.method({}, {{", text::quoted(&method.wire)));
        if let Some(permission) = &method.permission {
            page.line(format_args!("permission: {},", text::quoted(permission)));
        }
        let params = method.params.map_or_else(
            || "$.readNothing".to_owned(),
            |params| function(interface, names, &Type::Ref(params), Way::Read),
        );
        page.line(format_args!("params: {params},"));
        page.line(format_args!(
            "result: {},",
            result_writer(interface, names, method)
        ));
        if let Some(items) = &method.items {
            page.line(format_args!(
                "item: {},",
                message_writer(interface, names, items, Place::Notification)
            ));
        }
        if let Some(upload) = &method.upload {
            page.line(format_args!(
                "upload: {},",
                function(interface, names, upload, Way::Read)
            ));
        }
        page.line(format_args!(
            "has: (plugin: {}) => plugin.{called} !== undefined,",
            self.name
        ));
        let mut taken = vec![
            format!("plugin: {}", self.name),
            format!("ctx: {}", self.context),
        ];
        let mut given = vec!["ctx"];
        let wanted = [
            ("params", method.params.is_some()),
            ("items", method.items.is_some()),
            ("upload", method.upload.is_some()),
        ];
        let last = wanted
            .iter()
            .rposition(|(_, is)| *is)
            .map_or(0, |last| last + 1);
        for (name, is) in wanted.into_iter().take(last) {
            taken.push(if is { name.into() } else { format!("_{name}") });
            if is {
                given.push(name);
            }
        }
        // `has` was asked before: the method is there.
        page.line(format_args!(
            "call: ({}) => plugin.{called}!({}),",
            taken.join(", "),
            given.join(", ")
        ));
        page.close(format_args!("}}),"));
    }

    fn event(&self, page: &mut Page, interface: &Interface, names: &Names, event: &Event) {
        let called = handler(self.methods, event);
        page.open(format_args!("$.event({}, {{", text::quoted(&event.wire)));
        match &event.payload {
            Some(payload) => page.line(format_args!(
                "payload: {},",
                function(interface, names, payload, Way::Read)
            )),
            None => page.line(format_args!("payload: $.readNothing,")),
        }
        page.line(format_args!(
            "has: (plugin: {}) => plugin.{called} !== undefined,",
            self.name
        ));
        page.line(format_args!(
            "call: (plugin: {}, ctx: $.PluginContext, event) => plugin.{called}!(ctx, event),",
            self.name
        ));
        page.close(format_args!("}}),"));
    }
}

fn result_writer(interface: &Interface, names: &Names, method: &Method) -> String {
    method.result.as_ref().map_or_else(
        || "$.writeNothing".to_owned(),
        |result| message_writer(interface, names, result, Place::Call),
    )
}

/// `onNoteChanged`; a method of that name has it first.
fn handler(methods: &[Method], event: &Event) -> String {
    let mut name = format!("on{}", event.stem);
    while methods.iter().any(|method| method.name.typescript == name) {
        name.push('_');
    }
    name
}
