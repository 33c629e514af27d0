//! The reference pages: every link has its target, every table its columns, and everything of the document is on its page.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "shared/corpus.rs"]
mod corpus;

use std::collections::BTreeSet;

use crossplug_idl::emit::{Layout, Options, Role, markdown};
use crossplug_idl::model::{Interface, Shape};

fn page(interface: &Interface) -> String {
    let options = Options {
        header: "test".into(),
        roles: vec![Role::Types],
        layout: Layout::Repository,
        runtime: None,
    };
    markdown::emit(interface, &options).text
}

fn all() -> impl Iterator<Item = Interface> {
    let documents = corpus::shipped().into_iter().chain(corpus::hard());
    documents.map(|(path, text)| crossplug_idl::compile(&text, &path).unwrap())
}

/// What stands between `before` and `after`, wherever it does.
fn between<'t>(text: &'t str, before: &str, after: &str) -> BTreeSet<&'t str> {
    let parts = text.split(before).skip(1);
    parts.filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn links_lead_somewhere_and_places_are_named_once() {
    let mut links = 0;
    for interface in all() {
        let page = page(&interface);
        let places = between(&page, "<a id=\"", "\"></a>");
        assert_eq!(
            places.len(),
            page.matches("<a id=").count(),
            "{}",
            interface.name
        );
        for link in between(&page, "](#", ")") {
            assert!(places.contains(link), "{}: {link}", interface.name);
            links += 1;
        }
    }
    assert!(links > 300, "{links}");
}

#[test]
fn rows_of_a_table_have_as_many_cells_as_its_head() {
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    for interface in all() {
        let mut columns = None;
        for line in page(&interface).lines() {
            if !line.starts_with("| ") && !line.starts_with("|-") && !line.starts_with("| -") {
                columns = None;
                continue;
            }
            let wanted = *columns.get_or_insert_with(|| cells(line));
            assert_eq!(cells(line), wanted, "{}: {line}", interface.name);
        }
    }
}

#[test]
fn everything_of_the_document_is_on_its_page() {
    for interface in all() {
        let page = page(&interface);
        let calls = interface.methods.iter().chain(&interface.services);
        let named = calls
            .map(|method| &method.wire)
            .chain(interface.events.iter().map(|event| &event.wire))
            .chain(interface.types.iter().map(|ty| &ty.wire));
        for name in named {
            assert!(page.contains(&format!("### `{name}`\n")), "{name}");
        }
        for error in &interface.errors {
            assert!(
                page.contains(&format!("| `{}` |", error.wire)),
                "{}",
                error.wire
            );
        }
        for ty in &interface.types {
            let Shape::Object(object) = &ty.shape else {
                continue;
            };
            for field in &object.fields {
                let words: Vec<&str> = field.description.split_whitespace().collect();
                let meaning = words.join(" ").replace('|', "\\|");
                assert!(page.contains(&meaning), "{}.{}", ty.wire, field.wire);
            }
        }
        assert!(page.contains(&interface.hash), "{}", interface.name);
    }
}
