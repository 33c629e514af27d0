//! The classes of an interface's errors, and the table that makes them from what came over the wire. Prints the model.

use super::super::codecs::{Place, message_writer};
use super::super::expression::{function, spelled};
use super::super::names::{Names, Way};
use super::super::page::Page;
use super::super::text;
use crate::model::{ErrorDef, Interface};

/// The class of an error. The front keeps definitions off such names.
pub(in super::super) fn error_class(error: &ErrorDef) -> String {
    format!("{}Error", error.name.typescript)
}

/// The classes of an interface's errors and the table of them.
pub(in super::super) fn errors(page: &mut Page, interface: &Interface, names: &Names) {
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
