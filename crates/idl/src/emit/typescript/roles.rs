//! What an interface is to those who use it: the author's interface and its descriptor, the typed services and events, the
//! typed client, the classes of its errors. Prints the model.

use super::codecs::{Place, message_writer};
use super::expression::{function, spelled};
use super::names::{Names, Way};
use super::page::Page;
use super::text;
use crate::model::{ErrorDef, Event, Interface, Method, Side, Type};

/// The class of an error. The front keeps definitions off such names.
pub(super) fn error_class(error: &ErrorDef) -> String {
    format!("{}Error", error.name.typescript)
}

/// The classes of an interface's errors and the table of them.
pub(super) fn errors(page: &mut Page, interface: &Interface, names: &Names) {
    if interface.errors.is_empty() {
        return;
    }
    let (stem, table) = (&interface.stem, &names.error_classes);
    let codes: Vec<String> = interface
        .errors
        .iter()
        .map(|error| text::quoted(&error.wire))
        .collect();
    page.gap();
    page.doc(&format!(
        "Codes of the errors that `{}` declares.",
        interface.name
    ));
    page.line(format_args!(
        "export type {stem}ErrorCode = {};",
        codes.join(" | ")
    ));
    for error in &interface.errors {
        error_class_of(page, interface, names, error);
    }
    page.gap();
    page.doc(&format!(
        "Makes the classes from what came over the wire, by {{@link {stem}ErrorCode}}."
    ));
    page.open(format_args!(
        "export const {table}: {{ readonly [Code in {stem}ErrorCode]: $.ErrorClass }} = {{"
    ));
    for error in &interface.errors {
        let class = error_class(error);
        match &error.details {
            Some(details) => {
                let read = function(interface, names, details, Way::Read);
                page.line(format_args!(
                    "{}: $.errorClass({read}, (message, details, cause) => new {class}(message, details, cause)),",
                    text::key(&error.wire)
                ));
            }
            None => page.line(format_args!(
                "{}: $.errorClass($.readAny, (message, _details, cause) => new {class}(message, cause)),",
                text::key(&error.wire)
            )),
        }
    }
    page.close(format_args!("}};"));
}

fn error_class_of(page: &mut Page, interface: &Interface, names: &Names, error: &ErrorDef) {
    let class = error_class(error);
    let code = text::quoted(&error.wire);
    let retryable = error.retryable;
    page.gap();
    page.doc(&error.description);
    match &error.details {
        Some(details) => {
            let ty = spelled(interface, details);
            let write = message_writer(interface, names, details, Place::Details);
            let what = text::quoted(&format!("the details of {}", error.wire));
            page.open(format_args!(
                "export class {class} extends $.PluginError<{ty}> {{"
            ));
            page.line(format_args!("static readonly code = {code};"));
            page.gap();
            page.doc("With a sentence for a person, details for a program, and what led to it.");
            page.open(format_args!(
                "constructor(message: string, details?: {ty}, cause?: unknown) {{"
            ));
            page.line(format_args!(
                "super({code}, message, {{ details, retryable: {retryable}, cause }});"
            ));
            page.close(format_args!("}}"));
            page.gap();
            page.open(format_args!(
                "override wireDetails(): $.JsonValue | undefined {{"
            ));
            page.line(format_args!(
                "return this.details === undefined ? undefined : $.writeAs({what}, {write}, this.details);"
            ));
            page.close(format_args!("}}"));
        }
        None => {
            page.open(format_args!(
                "export class {class} extends $.PluginError {{"
            ));
            page.line(format_args!("static readonly code = {code};"));
            page.gap();
            page.doc("With a sentence for a person and what led to it.");
            page.open(format_args!(
                "constructor(message: string, cause?: unknown) {{"
            ));
            page.line(format_args!(
                "super({code}, message, {{ retryable: {retryable}, cause }});"
            ));
            page.close(format_args!("}}"));
        }
    }
    page.close(format_args!("}}"));
}

/// The author's side.
pub(super) fn plugin(page: &mut Page, interface: &Interface, names: &Names) {
    let from_host: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| event.from != Side::Plugin)
        .collect();
    let from_plugin: Vec<&Event> = interface
        .events
        .iter()
        .filter(|event| event.from != Side::Host)
        .collect();
    if !interface.methods.is_empty() || !from_host.is_empty() {
        let implemented = Implemented {
            name: interface.stem.clone(),
            constant: &names.descriptor,
            doc: format!(
                "{}\n\nWhat an author implements. A method that is left out is answered with `methodNotFound`.",
                interface.description
            ),
            context: "$.Context",
            methods: &interface.methods,
            events: &from_host,
        };
        implemented.print(page, interface, names);
    }
    if !interface.services.is_empty() {
        let doc = format!(
            "The services that a host of `{}` offers, with types: `new {0}Services(ctx)`.",
            interface.stem
        );
        client(
            page,
            interface,
            names,
            &format!("{}Services", interface.stem),
            &doc,
            &interface.services,
        );
    }
    if !from_plugin.is_empty() {
        emitter(page, interface, names, &from_plugin);
    }
}

/// The host's side.
pub(super) fn host(page: &mut Page, interface: &Interface, names: &Names) {
    if !interface.methods.is_empty() {
        let doc = format!("A plugin that implements `{}`, with types.", interface.name);
        client(
            page,
            interface,
            names,
            &format!("{}Client", interface.stem),
            &doc,
            &interface.methods,
        );
    }
    if !interface.services.is_empty() {
        let implemented = Implemented {
            name: format!("{}ServiceHandler", interface.stem),
            constant: &names.services_descriptor,
            doc: format!(
                "The services of `{}` as a host, or a test, offers them.",
                interface.name
            ),
            context: "$.ServiceContext",
            methods: &interface.services,
            events: &[],
        };
        implemented.print(page, interface, names);
    }
}

/// Something that an author or a host implements.
struct Implemented<'m> {
    name: String,
    constant: &'m str,
    doc: String,
    context: &'m str,
    methods: &'m [Method],
    events: &'m [&'m Event],
}

impl Implemented<'_> {
    fn print(&self, page: &mut Page, interface: &Interface, names: &Names) {
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
            let payload = payload_argument(interface, event);
            page.line(format_args!(
                "{}?(ctx: $.PluginContext{payload}): $.Awaitable<void>;",
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
        let (taken, given) = if event.payload.is_some() {
            (", payload", ", payload")
        } else {
            ("", "")
        };
        page.line(format_args!(
            "call: (plugin: {}, ctx: $.PluginContext{taken}) => plugin.{called}!(ctx{given}),",
            self.name
        ));
        page.close(format_args!("}}),"));
    }
}

/// `onNoteChanged`; a method of that name has it first.
fn handler(methods: &[Method], event: &Event) -> String {
    let mut name = format!("on{}", event.stem);
    while methods.iter().any(|method| method.name.typescript == name) {
        name.push('_');
    }
    name
}

fn payload_argument(interface: &Interface, event: &Event) -> String {
    event.payload.as_ref().map_or_else(String::new, |payload| {
        format!(", payload: {}", spelled(interface, payload))
    })
}

fn result_type(interface: &Interface, method: &Method) -> String {
    method
        .result
        .as_ref()
        .map_or_else(|| "void".to_owned(), |result| spelled(interface, result))
}

fn result_writer(interface: &Interface, names: &Names, method: &Method) -> String {
    method.result.as_ref().map_or_else(
        || "$.writeNothing".to_owned(),
        |result| message_writer(interface, names, result, Place::Call),
    )
}

fn method_doc(method: &Method) -> String {
    let mut doc = method.description.clone();
    if let Some(permission) = &method.permission {
        doc.push_str(&format!(" Needs the permission `{permission}`."));
    }
    if !method.errors.is_empty() {
        let codes: Vec<String> = method
            .errors
            .iter()
            .map(|code| format!("`{code}`"))
            .collect();
        doc.push_str(&format!("\n\nMay answer with {}.", codes.join(", ")));
    }
    doc
}

/// A class with one typed call a method.
fn client(
    page: &mut Page,
    interface: &Interface,
    names: &Names,
    class: &str,
    doc: &str,
    methods: &[Method],
) {
    page.gap();
    page.doc(doc);
    page.open(format_args!("export class {class} {{"));
    page.line(format_args!("readonly #peer: $.Caller;"));
    page.gap();
    page.doc("Calls through the given peer.");
    page.open(format_args!("constructor(peer: $.Caller) {{"));
    page.line(format_args!("this.#peer = peer;"));
    page.close(format_args!("}}"));
    for method in methods {
        page.gap();
        page.doc(&method_doc(method));
        typed_call(page, interface, names, method);
    }
    page.close(format_args!("}}"));
}

fn typed_call(page: &mut Page, interface: &Interface, names: &Names, method: &Method) {
    let mut arguments = Vec::new();
    let (write, given) = match method.params {
        Some(params) => {
            let ty = Type::Ref(params);
            arguments.push(format!("params: {}", spelled(interface, &ty)));
            (message_writer(interface, names, &ty, Place::Call), "params")
        }
        None => ("$.writeEmpty".to_owned(), "undefined"),
    };
    let mut upload = String::new();
    if let Some(ty) = &method.upload {
        arguments.push(format!("upload: $.Uploadable<{}>", spelled(interface, ty)));
        upload = format!(
            ", {{ from: upload, write: {} }}",
            message_writer(interface, names, ty, Place::Notification)
        );
    }
    arguments.push("options?: $.CallOptions".into());
    let read = method.result.as_ref().map_or_else(
        || "$.readNothing".to_owned(),
        |result| function(interface, names, result, Way::Read),
    );
    let result = result_type(interface, method);
    let errors = if interface.errors.is_empty() {
        "$.noErrors"
    } else {
        names.error_classes.as_str()
    };
    let (call, given_type, item) = match &method.items {
        Some(items) => (
            "openTyped",
            format!("$.StreamingCall<{}, {result}>", spelled(interface, items)),
            format!(", item: {}", function(interface, names, items, Way::Read)),
        ),
        None => ("callTyped", format!("Promise<{result}>"), String::new()),
    };
    page.open(format_args!(
        "{}({}): {given_type} {{",
        method.name.typescript,
        arguments.join(", ")
    ));
    page.line(format_args!(
        "const signature = {{ params: {write}, result: {read}{item}, errors: {errors} }};"
    ));
    page.line(format_args!(
        "return $.{call}(this.#peer, {}, signature, {given}, options{upload});",
        text::quoted(&method.wire)
    ));
    page.close(format_args!("}}"));
}

fn emitter(page: &mut Page, interface: &Interface, names: &Names, events: &[&Event]) {
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
                    "this.#ctx.emit({wire}, $.writeAs({what}, {write}, payload), stream);"
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
