//! Classes of error codes, and the tables from codes to classes. Knows nothing of methods.

use super::codecs::codec;
use super::expression::Types;
use super::page::{Page, quoted};
use crate::check::PROTOCOL_CODES;
use crate::model::ErrorDef;

/// JSON-RPC's numbers of the codes of the protocol (schema/README.md section 5), in the order of the codes.
const NUMBERS: [i32; 13] = [
    -32700, -32600, -32601, -32602, -32603, -32001, -32002, -32003, -32004, -32005, -32006, -32007,
    -32008,
];

/// `OutOfPaper` → `OutOfPaperError`, `ParseError` → `ParseError`.
fn class_of(stem: &str) -> String {
    if stem.ends_with("Error") {
        stem.to_owned()
    } else {
        format!("{stem}Error")
    }
}

/// The class of an error of the interface. Two codes may differ only by an `Error` at the end.
pub(super) fn error_class(types: &Types<'_>, error: &ErrorDef) -> String {
    let mut taken = Vec::new();
    for one in &types.interface.errors {
        let mut class = types.free(&class_of(&one.name.python));
        while taken.contains(&class) {
            class = types.free(&format!("{class}_"));
        }
        if one.wire == error.wire {
            return class;
        }
        taken.push(class);
    }
    class_of(&error.name.python)
}

/// The classes of an interface's own codes.
pub(super) fn classes(page: &mut Page, types: &Types<'_>) {
    for error in &types.interface.errors {
        page.gap();
        page.line(&format!(
            "class {}(_CodedError):",
            error_class(types, error)
        ));
        page.docs("    ", &error.description);
        page.blank();
        page.line(&format!("    CODE = {}", quoted(&error.wire)));
        if error.retryable {
            page.line("    RETRYABLE = True");
        }
        if let Some(details) = &error.details {
            let annotation = types.annotation(details);
            page.line(&format!(
                "    DETAILS = {}",
                codec(types, details, &format!("details of {}", error.wire))
            ));
            page.line(&format!("    details: {annotation} | None"));
            page.blank();
            page.line("    def __init__(");
            page.line(&format!(
                "        self, message: str = \"\", details: {annotation} | None = None, *, retryable: bool | None = None"
            ));
            page.line("    ) -> None:");
            page.line("        super().__init__(message, details, retryable=retryable)");
        }
    }
}

/// The entries of the table from code to class.
pub(super) fn table(types: &Types<'_>) -> Vec<String> {
    types
        .interface
        .errors
        .iter()
        .map(|error| {
            format!(
                "    {}: {},",
                quoted(&error.wire),
                error_class(types, error)
            )
        })
        .collect()
}

/// The module of the protocol's own codes.
pub(super) fn protocol_errors(header: &str, package: &str) -> String {
    let mut page = Page::new(header);
    page.line(
        "\"\"\"The protocol's own error codes: a class and a JSON-RPC number for each.\"\"\"",
    );
    page.blank();
    page.line("from __future__ import annotations");
    page.blank();
    page.line(&format!("from {package}.errors import CodedError"));
    let classes: Vec<(&str, String)> = PROTOCOL_CODES
        .iter()
        .map(|code| (*code, class_of(&crate::names::upper_camel(code))))
        .collect();
    for (code, class) in &classes {
        page.gap();
        page.line(&format!("class {class}(CodedError):"));
        page.docs("    ", &format!("The code `{code}` of the protocol."));
        page.blank();
        page.line(&format!("    CODE = {}", quoted(code)));
    }
    page.gap();
    page.line("CODES: dict[str, type[CodedError]] = {");
    for (code, class) in &classes {
        page.line(&format!("    {}: {class},", quoted(code)));
    }
    page.line("}");
    page.docs("", "The class of each code.");
    page.blank();
    page.line("NUMBERS: dict[str, int] = {");
    for ((code, _), number) in classes.iter().zip(NUMBERS) {
        page.line(&format!("    {}: {number},", quoted(code)));
    }
    page.line("}");
    page.docs("", "JSON-RPC's number of each code.");
    page.finish()
}
