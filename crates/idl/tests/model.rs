//! What the normaliser makes of the hard documents.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "shared/corpus.rs"]
mod corpus;

use crossplug_idl::model::{
    ConstValue, IntegerFormat, Interface, Kind, Object, Shape, Side, Type, TypeDef,
};

fn interface(name: &str) -> Interface {
    let path = format!("documents/{name}.json");
    crossplug_idl::compile(&corpus::data(&path), &path).unwrap()
}

fn def<'i>(interface: &'i Interface, wire: &str) -> &'i TypeDef {
    interface.types.iter().find(|def| def.wire == wire).unwrap()
}

fn object<'i>(interface: &'i Interface, wire: &str) -> &'i Object {
    match &def(interface, wire).shape {
        Shape::Object(object) => object,
        other => panic!("{wire}: {other:?}"),
    }
}

/// Names of the fields that need indirection.
fn boxed(interface: &Interface, wire: &str) -> Vec<String> {
    let fields = object(interface, wire).fields.iter();
    fields
        .filter(|field| field.boxed)
        .map(|field| field.wire.clone())
        .collect()
}

#[test]
fn recursion_is_broken_at_fields() {
    let it = interface("recursive");
    assert_eq!(
        boxed(&it, "Tree"),
        ["left", "right"],
        "arrays and maps need no box"
    );
    assert_eq!(boxed(&it, "Chain"), ["next"]);
    assert_eq!(boxed(&it, "Ping"), ["pong"]);
    assert_eq!(boxed(&it, "Pong"), ["ping"]);
    assert_eq!(boxed(&it, "Sum"), ["left", "right"], "through a union");
    assert_eq!(
        boxed(&it, "Negation"),
        ["inner"],
        "through another name of a union"
    );
    assert_eq!(boxed(&it, "Boxed"), ["box"], "through a kind union");
    assert!(boxed(&it, "Call").is_empty() && boxed(&it, "Walk").is_empty());
    let recursive: Vec<&str> = it
        .types
        .iter()
        .filter(|def| def.recursive)
        .map(|def| def.wire.as_str())
        .collect();
    let expected = [
        "Tree", "Chain", "Ping", "Pong", "Sum", "Negation", "Expr", "ExprName", "Box", "Boxed",
    ];
    assert_eq!(recursive, expected);
}

#[test]
fn every_field_is_in_the_order_of_the_document_with_its_states() {
    let it = interface("states");
    let fields = &object(&it, "Required").fields;
    assert_eq!(fields[0].wire, "flag");
    assert!(fields.iter().all(|field| field.required));
    let fields = &object(&it, "Optional").fields;
    assert!(fields.iter().all(|field| !field.required));
    let nullable = |wire: &str| {
        let field = fields.iter().find(|field| field.wire == wire).unwrap();
        matches!(field.ty, Type::Nullable(_))
    };
    assert!(nullable("textOrNull") && !nullable("text"));
    assert!(object(&it, "Anything").extra.is_some() && object(&it, "Nothing").extra.is_none());
}

#[test]
fn what_is_kept_gets_a_name_of_its_own() {
    let it = interface("keywords");
    let extra = object(&it, "Optional").extra.as_ref().unwrap();
    assert_eq!(
        (extra.rust.as_str(), extra.typescript.as_str()),
        ("extra__", "extra__")
    );
}

#[test]
fn integers_know_their_wire() {
    let it = interface("integers");
    let ty = |wire: &str| {
        let fields = &object(&it, "Limits").fields;
        fields
            .iter()
            .find(|field| field.wire == wire)
            .unwrap()
            .ty
            .clone()
    };
    assert_eq!(ty("int64"), Type::Integer(IntegerFormat::Int64));
    assert_eq!(ty("int64Number"), Type::Integer(IntegerFormat::Int64Number));
    assert_eq!(
        ty("uint64Number"),
        Type::Integer(IntegerFormat::Uint64Number)
    );
    assert_eq!(
        ty("least"),
        Type::Const(ConstValue::Integer(-9_007_199_254_740_991))
    );
    assert_eq!(it.methods[0].timeout_ms, Some(9_007_199_254_740_991));
}

#[test]
fn unions_know_their_arms() {
    let it = interface("unions");
    let Shape::TaggedUnion(outer) = &def(&it, "Outer").shape else {
        panic!()
    };
    assert_eq!(outer.tag, "kind", "`type` is a string in one arm");
    assert_eq!(outer.arms[1].tag, ConstValue::String("twig".into()));
    assert_eq!(it.type_def(outer.arms[1].ty).wire, "Twig");
    let Shape::TaggedUnion(open) = &def(&it, "OpenLeaf").shape else {
        panic!()
    };
    assert!(open.open && !outer.open);
    let Shape::KindUnion(kinds) = &def(&it, "Kinds").shape else {
        panic!()
    };
    let arms: Vec<(Kind, &str)> = kinds
        .arms
        .iter()
        .map(|arm| (arm.kind, arm.name.rust.as_str()))
        .collect();
    let expected = [
        (Kind::Boolean, "Boolean"),
        (Kind::Number, "Integer"),
        (Kind::String, "Mood"),
        (Kind::Array, "Array"),
        (Kind::Object, "Leaf"),
    ];
    assert_eq!(arms, expected);
    let Shape::Alias(Type::Ref(id)) = &def(&it, "OuterName").shape else {
        panic!()
    };
    assert_eq!(it.type_def(*id).wire, "Outer");
}

#[test]
fn methods_events_and_errors_say_all() {
    let it = interface("note");
    assert_eq!(
        (it.stem.as_str(), it.module.rust.as_str()),
        ("NoteInterface", "note")
    );
    let create = &it.methods[0];
    assert_eq!(create.stem, "NoteCreate");
    assert_eq!(it.type_def(create.params.unwrap()).wire, "Note");
    assert_eq!(create.errors, ["quotaExceeded"]);
    assert!(create.progress && !create.idempotent);
    let translate = &it.methods[3];
    assert!(translate.upload.is_some() && translate.items.is_some() && translate.result.is_none());
    assert_eq!(it.services[0].permission.as_deref(), Some("kv:read"));
    let sides: Vec<Side> = it.events.iter().map(|event| event.from).collect();
    assert_eq!(sides, [Side::Plugin, Side::Host, Side::Both]);
    assert!(it.errors[1].retryable && !it.errors[0].retryable);
    assert!(it.errors[0].details.is_some());
}

#[test]
fn the_class_of_an_error_is_no_definition() {
    let it = interface("case");
    let types: Vec<&str> = it.types.iter().map(|def| def.name.rust.as_str()).collect();
    assert!(types.contains(&"QuotaexceededError"));
    for error in &it.errors {
        let class = format!("{}Error", error.name.rust);
        assert!(!types.contains(&class.as_str()), "{class}");
    }
}
