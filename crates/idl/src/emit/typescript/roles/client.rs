//! Typed calls: the class with one method for each that a peer answers. Prints the model.

use super::super::codecs::{Place, message_writer};
use super::super::expression::{function, spelled};
use super::super::names::{Names, Way};
use super::super::page::Page;
use super::super::text;
use super::{method_doc, result_type};
use crate::model::{Interface, Method, Type};

/// A class with one typed call a method.
pub(super) fn client(
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
            "startTyped",
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
    // Where the caller names no time.
    let timeout = method
        .timeout_ms
        .map_or_else(String::new, |ms| format!(", timeoutMs: {ms}"));
    page.line(format_args!(
        "const signature = {{ params: {write}, result: {read}{item}, errors: {errors}{timeout} }};"
    ));
    page.line(format_args!(
        "return $.{call}(this.#peer, {}, signature, {given}, options{upload});",
        text::quoted(&method.wire)
    ));
    page.close(format_args!("}}"));
}
