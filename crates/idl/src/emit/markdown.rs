//! A reference page of one interface, as people read it: CommonMark with tables. Knows no programming language.

mod types;

use super::lines::Lines;
use super::{File, Options};
use crate::model::{Event, Interface, Method, Side, Type};
use types::{expression, linked};

/// One file: `<module>.md`. Everything that has a name has an anchor of its own, since headings that differ in signs alone
/// would share theirs.
///
/// ```
/// use crossplug_idl::emit::{Layout, Options, Role, markdown};
/// let document = r#"{"idl":"1","name":"greeter","version":"1.0.0","description":"Greets.","methods":{"greet":
///     {"description":"Says hello.","result":{"type":"string"}}}}"#;
/// let interface = crossplug_idl::compile(document, "greeter.json").unwrap();
/// let options = Options { header: "made".into(), roles: vec![Role::Types], layout: Layout::User, runtime: None };
/// let page = markdown::emit(&interface, &options);
/// assert_eq!(page.path, "greeter.md");
/// assert!(page.text.contains("### `greet`\n\nSays hello.\n"));
/// ```
#[must_use]
pub fn emit(interface: &Interface, options: &Options) -> File {
    let mut page = Lines::default();
    for line in options.header.lines() {
        page.line(&format!("<!-- {line} -->"));
    }
    page.blank();
    page.line(&format!("# {} {}", interface.name, interface.version));
    prose(&mut page, &interface.description);
    contents(&mut page, interface);
    let called = [
        (
            "Methods",
            "method",
            "What a host calls on a plugin.",
            &interface.methods,
        ),
        (
            "Services",
            "service",
            "What a plugin calls on its host.",
            &interface.services,
        ),
    ];
    for (title, kind, about, methods) in called {
        if methods.is_empty() {
            continue;
        }
        head(&mut page, title, about);
        for method in methods {
            named(&mut page, kind, &method.wire, &method.description);
            facts(&mut page, &of_method(interface, method));
        }
    }
    events(&mut page, interface);
    errors(&mut page, interface);
    types::section(&mut page, interface);
    page.blank();
    page.line(&format!(
        "The interface's hash, which both sides compare, is `{}`.",
        interface.hash
    ));
    File {
        path: format!("{}.md", interface.module.typescript),
        text: page.finish(),
    }
}

/// What there is on the page, in a line for each kind.
fn contents(page: &mut Lines, interface: &Interface) {
    let called = |kind, methods: &[Method]| {
        let links = methods.iter().map(|method| link(kind, &method.wire));
        links.collect::<Vec<String>>()
    };
    let kinds = [
        ("Methods", called("method", &interface.methods)),
        ("Services", called("service", &interface.services)),
        (
            "Events",
            interface
                .events
                .iter()
                .map(|event| link("event", &event.wire))
                .collect(),
        ),
        (
            "Types",
            interface
                .types
                .iter()
                .map(|ty| link("type", &ty.wire))
                .collect(),
        ),
    ];
    for (kind, links) in kinds.iter().filter(|(_, links)| !links.is_empty()) {
        page.blank();
        page.line(&format!("{kind}: {}", links.join(", ")));
    }
}

fn events(page: &mut Lines, interface: &Interface) {
    if interface.events.is_empty() {
        return;
    }
    head(page, "Events", "One-way messages.");
    for event in &interface.events {
        named(page, "event", &event.wire, &event.description);
        let Event { from, payload, .. } = event;
        let from = match from {
            Side::Host => "the host",
            Side::Plugin => "the plugin",
            Side::Both => "either side",
        };
        let carries = payload.as_ref();
        let mut told = vec![("Sent by", from.to_owned())];
        told.push(("Carries", or_nothing(interface, carries)));
        facts(page, &told);
    }
}

fn errors(page: &mut Lines, interface: &Interface) {
    if interface.errors.is_empty() {
        return;
    }
    head(page, "Errors", "Codes beside those of the protocol.");
    let rows = interface.errors.iter().map(|error| {
        let again = if error.retryable {
            "may help"
        } else {
            "does not help"
        };
        [
            format!("`{}`", error.wire),
            again.to_owned(),
            or_nothing(interface, error.details.as_ref()),
            cell(&error.description),
        ]
    });
    table(page, ["Code", "Trying again", "Details", "Meaning"], rows);
}

/// What is said of a method or service, but for what goes without saying.
fn of_method(interface: &Interface, method: &Method) -> Vec<(&'static str, String)> {
    let params = method.params.map(|id| linked(interface, id));
    let mut told = vec![
        ("Params", params.unwrap_or_else(|| "none".to_owned())),
        ("Result", or_nothing(interface, method.result.as_ref())),
    ];
    let mut also = |name, said: Option<String>| told.extend(said.map(|said| (name, said)));
    let streamed = |ty: &Option<Type>| ty.as_ref().map(|ty| expression(interface, ty));
    also("Streams to the caller", streamed(&method.items));
    also("Takes a stream of", streamed(&method.upload));
    let codes: Vec<String> = method
        .errors
        .iter()
        .map(|code| format!("`{code}`"))
        .collect();
    also("Own errors", (!codes.is_empty()).then(|| codes.join(", ")));
    let time = method.timeout_ms.map(|time| format!("{time} ms"));
    also("Time, where the caller says none", time);
    also(
        "Reports progress",
        method.progress.then(|| "yes".to_owned()),
    );
    let again = method.idempotent.then(|| "yes".to_owned());
    also("May be called again", again);
    let permission = method.permission.as_ref();
    also("Permission", permission.map(|name| format!("`{name}`")));
    told
}

fn or_nothing(interface: &Interface, ty: Option<&Type>) -> String {
    ty.map_or_else(|| "nothing".to_owned(), |ty| expression(interface, ty))
}

fn head(page: &mut Lines, title: &str, about: &str) {
    page.blank();
    page.line(&format!("## {title}"));
    prose(page, about);
}

/// The heading of a thing, with its anchor, and what is said about it.
fn named(page: &mut Lines, kind: &str, wire: &str, description: &str) {
    page.blank();
    page.line(&format!("<a id=\"{kind}-{wire}\"></a>"));
    page.blank();
    page.line(&format!("### `{wire}`"));
    prose(page, description);
}

fn facts(page: &mut Lines, told: &[(&str, String)]) {
    page.blank();
    for (name, said) in told {
        page.line(&format!("- {name}: {said}"));
    }
}

/// Prose as its author wrote it, which is Markdown; nothing where there is none.
fn prose(page: &mut Lines, text: &str) {
    if !text.trim().is_empty() {
        page.blank();
        page.lines(text.trim());
    }
}

fn link(kind: &str, wire: &str) -> String {
    format!("[`{wire}`](#{kind}-{wire})")
}

fn table<const N: usize>(
    page: &mut Lines,
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    page.blank();
    page.line(&format!("| {} |", head.join(" | ")));
    page.line(&format!("|{}", " --- |".repeat(N)));
    for row in rows {
        page.line(&format!("| {} |", row.join(" | ")));
    }
}

/// Prose within one cell of a table.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
