//! Golden names: wire, Rust, Python, TypeScript, constant. The order within a scope matters.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "shared/corpus.rs"]
mod corpus;

use crossplug_idl::names::{Kind, Scope, interface_stem, module};
use std::collections::BTreeMap;

#[test]
fn scopes_give_the_golden_names() {
    let golden: BTreeMap<String, Vec<[String; 5]>> =
        serde_json::from_str(&corpus::data("names.json")).unwrap();
    assert_eq!(golden.len(), 5);
    for (kind, rows) in golden {
        let mut scope = Scope::new(match kind.as_str() {
            "field" => Kind::Field,
            "method" => Kind::Method,
            "variant" => Kind::Variant,
            "type" => Kind::Type,
            "error" => Kind::Error,
            other => panic!("{other}"),
        });
        for row in rows {
            let name = scope.name(&row[0]);
            let got = [
                row[0].clone(),
                name.rust,
                name.python,
                name.typescript,
                name.constant,
            ];
            assert_eq!(got, row, "{kind}");
        }
    }
}

#[test]
fn modules_are_no_keywords() {
    let names = |wire: &str| {
        let name = module(wire);
        [name.rust, name.python, name.typescript]
    };
    assert_eq!(
        names("text.stats"),
        ["text_stats", "text_stats", "text-stats"]
    );
    assert_eq!(names("type"), ["type_", "type", "type"]);
    assert_eq!(names("class"), ["class", "class_", "class"]);
    assert_eq!(names("self"), ["self_", "self", "self"]);
    assert_eq!(names("crate"), ["crate_", "crate", "crate"]);
}

#[test]
fn stems_leave_definitions_alone() {
    assert_eq!(interface_stem("notes", ["Note"]), "Notes");
    assert_eq!(interface_stem("notes", ["Notes"]), "NotesInterface");
    assert_eq!(
        interface_stem("notes", ["NotesClient", "NotesInterface"]),
        "NotesInterfaceInterface"
    );
}

/// In every scope of every document the names of each language differ.
#[test]
fn no_two_names_of_a_scope_are_equal() {
    for (path, text) in corpus::shipped().into_iter().chain(corpus::hard()) {
        let interface = crossplug_idl::compile(&text, &path).unwrap();
        let mut scopes: Vec<Vec<&crossplug_idl::model::Name>> = vec![
            interface.types.iter().map(|def| &def.name).collect(),
            interface
                .methods
                .iter()
                .map(|method| &method.name)
                .collect(),
            interface
                .services
                .iter()
                .map(|method| &method.name)
                .collect(),
            interface.events.iter().map(|event| &event.name).collect(),
            interface.errors.iter().map(|error| &error.name).collect(),
        ];
        for def in &interface.types {
            use crossplug_idl::model::Shape;
            scopes.push(match &def.shape {
                Shape::Object(object) => object
                    .fields
                    .iter()
                    .map(|field| &field.name)
                    .chain(&object.extra)
                    .collect(),
                Shape::Enum(values) => values.values.iter().map(|value| &value.name).collect(),
                Shape::TaggedUnion(union) => union.arms.iter().map(|arm| &arm.name).collect(),
                Shape::KindUnion(union) => union.arms.iter().map(|arm| &arm.name).collect(),
                Shape::Alias(_) => Vec::new(),
            });
        }
        for scope in scopes {
            for part in [
                |name: &crossplug_idl::model::Name| name.rust.clone(),
                |name: &crossplug_idl::model::Name| name.python.clone(),
                |name: &crossplug_idl::model::Name| name.typescript.clone(),
                |name: &crossplug_idl::model::Name| name.constant.clone(),
            ] {
                let mut names: Vec<String> = scope.iter().map(|name| part(name)).collect();
                let count = names.len();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), count, "{path}: {names:?}");
            }
        }
    }
}
