//! Invalid documents, each wrong in one place.

use super::doc::{Doc, Fault};
use super::misfits;
use super::samples::{Maker, STRANGER, UNKNOWN};
use super::strings::Strings;
use super::values::constant;
use crate::model::{ConstValue, IntegerFormat, Kind, Object, Shape, TaggedUnion, Type, TypeId};
use serde_json::json;

/// Faults of a definition.
pub(super) fn of_definition(maker: &Maker<'_>, strings: &Strings, id: TypeId) -> Vec<Fault> {
    let ty = Type::Ref(id);
    let mut faults = match maker.shape(id) {
        Shape::Object(object) => of_object(maker, strings, object),
        Shape::TaggedUnion(union) => of_tagged(maker, strings, union),
        Shape::KindUnion(union) => union
            .arms
            .iter()
            .flat_map(|arm| {
                let faults = of_type(maker, strings, &arm.ty);
                // A value of another kind is a question of the other arms.
                faults.into_iter().filter(|fault| {
                    !fault.pointer.is_empty() || kind_of(&fault.doc.text) == Some(arm.kind)
                })
            })
            .collect(),
        Shape::Alias(ty) => return of_type(maker, strings, ty),
        Shape::Enum(_) => shallow(maker, id),
    };
    faults.extend(wrong_kinds(maker, &ty));
    faults
}

/// The JSON kind of a text.
fn kind_of(text: &str) -> Option<Kind> {
    match text.as_bytes().first()? {
        b'{' => Some(Kind::Object),
        b'[' => Some(Kind::Array),
        b'"' => Some(Kind::String),
        b't' | b'f' => Some(Kind::Boolean),
        b'n' => None,
        _ => Some(Kind::Number),
    }
}

/// The kinds that a type takes.
fn kinds(maker: &Maker<'_>, ty: &Type) -> Vec<Kind> {
    match ty {
        Type::Ref(id) => match maker.shape(*id) {
            Shape::Object(_) | Shape::TaggedUnion(_) => vec![Kind::Object],
            Shape::Enum(_) => vec![Kind::String],
            Shape::KindUnion(union) => union.arms.iter().map(|arm| arm.kind).collect(),
            Shape::Alias(inner) => kinds(maker, inner),
        },
        Type::Boolean | Type::Const(ConstValue::Boolean(_)) => vec![Kind::Boolean],
        Type::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64) => {
            vec![Kind::String, Kind::Number]
        }
        Type::Integer(_) | Type::Number | Type::Const(ConstValue::Integer(_)) => vec![Kind::Number],
        Type::String(_) | Type::Bytes | Type::Const(ConstValue::String(_)) => vec![Kind::String],
        Type::Array(_) => vec![Kind::Array],
        Type::Map(_) => vec![Kind::Object],
        Type::Nullable(inner) => kinds(maker, inner),
        Type::Any => vec![
            Kind::Boolean,
            Kind::Number,
            Kind::String,
            Kind::Array,
            Kind::Object,
        ],
    }
}

/// Whether null is a value of the type.
fn takes_null(maker: &Maker<'_>, ty: &Type) -> bool {
    match ty {
        Type::Nullable(_) | Type::Any => true,
        Type::Ref(id) => {
            matches!(maker.shape(*id), Shape::Alias(inner) if takes_null(maker, inner))
        }
        _ => false,
    }
}

/// A value of every kind that the type does not take, null included.
fn wrong_kinds(maker: &Maker<'_>, ty: &Type) -> Vec<Fault> {
    let kinds = kinds(maker, ty);
    let mut faults = Vec::new();
    for (kind, name, value) in [
        (Kind::Boolean, "a boolean", json!(true)),
        (Kind::Number, "a number", json!(1)),
        (Kind::String, "a string", json!("1")),
        (Kind::Array, "an array", json!([])),
        (Kind::Object, "an object", json!({})),
    ] {
        if !kinds.contains(&kind) {
            faults.push(Fault::new(name, "wrongKind", Doc::json(value)));
        }
    }
    if !takes_null(maker, ty) {
        faults.push(Fault::new("null", "wrongKind", Doc::json(json!(null))));
    }
    faults
}

fn of_object(maker: &Maker<'_>, strings: &Strings, object: &Object) -> Vec<Fault> {
    let Some(members) = maker.minimal_members(object) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for field in &object.fields {
        let wire = field.wire.as_str();
        if field.required {
            let others: Vec<(String, Doc)> = members
                .iter()
                .filter(|(name, _)| name != wire)
                .cloned()
                .collect();
            let label = format!("without {wire}");
            faults.push(Fault::new(label, "missingField", Doc::object(&others)));
        }
        for mut fault in of_type(maker, strings, &field.ty) {
            if !field.required && fault.doc.text == "null" {
                fault.reason = "nullForAbsent";
            }
            let Some(doc) = maker.with(object, wire, fault.doc.clone()) else {
                continue;
            };
            faults.push(fault.inside(wire, wire, |_| doc));
        }
    }
    faults
}

fn of_tagged(maker: &Maker<'_>, strings: &Strings, union: &TaggedUnion) -> Vec<Fault> {
    let tag = union.tag.as_str();
    let mut faults = Vec::new();
    for arm in &union.arms {
        let Shape::Object(object) = maker.shape(arm.ty) else {
            continue;
        };
        let wire = &maker.interface.type_def(arm.ty).wire;
        // The arm has a file of its own: here only whether the union looks into it at all.
        let own = of_object(maker, strings, object).into_iter();
        let own = own.filter(|fault| {
            let at_tag = fault.pointer.trim_start_matches('/') == tag;
            let without_tag = fault.label == format!("without {tag}");
            !at_tag && !without_tag
        });
        faults.extend(own.take(2).map(|fault| Fault {
            label: format!("{wire}: {}", fault.label),
            ..fault
        }));
        let Some(members) = maker.minimal_members(object) else {
            continue;
        };
        let others: Vec<(String, Doc)> = members
            .into_iter()
            .filter(|(name, _)| name != tag)
            .collect();
        let label = format!("{wire} without its tag");
        faults.push(Fault::new(label, "missingTag", Doc::object(&others)));
    }
    let Some(first) = union.arms.first() else {
        return faults;
    };
    let Some(Shape::Object(object)) = Some(maker.shape(first.ty)) else {
        return faults;
    };
    let mut wrong = vec![("tag null", json!(null)), ("tag is an array", json!([]))];
    let mut unknown = Vec::new();
    match &first.tag {
        ConstValue::String(text) => {
            wrong.push(("tag is a number", json!(1)));
            if !union.open {
                unknown.push(("unknown tag", json!(STRANGER)));
                unknown.push(("tag with a space behind", json!(format!("{text} "))));
                unknown.push(("empty tag", json!("")));
            }
        }
        ConstValue::Integer(integer) => {
            wrong.push(("tag is a string", json!(integer.to_string())));
            if !union.open {
                unknown.push(("unknown tag", json!(987_654_321)));
            }
        }
        ConstValue::Boolean(_) => wrong.push(("tag is a string", json!("true"))),
    }
    let known = |value: &serde_json::Value| {
        let text = value.to_string();
        union.arms.iter().any(|arm| constant(&arm.tag).text == text)
    };
    let reasons = [("wrongKind", wrong), ("unknownTag", unknown)];
    for (reason, values) in reasons {
        for (label, value) in values.into_iter().filter(|(_, value)| !known(value)) {
            if let Some(doc) = maker.with(object, tag, Doc::json(value)) {
                faults.push(Fault::new(label, reason, doc).at(tag));
            }
        }
    }
    faults
}

/// One look into a definition from outside.
fn shallow(maker: &Maker<'_>, id: TypeId) -> Vec<Fault> {
    match maker.shape(id) {
        Shape::Enum(values) if !values.open => {
            let strangers = [STRANGER, "", "unknown"].into_iter().map(str::to_owned);
            let first = values.values.first().map(|value| value.wire.to_uppercase());
            strangers
                .chain(first)
                .filter(|text| !values.values.iter().any(|value| value.wire == *text))
                .map(|text| Fault::new(format!("{text:?}"), "closedEnum", Doc::json(text)))
                .collect()
        }
        Shape::Object(object) => {
            let Some(members) = maker.minimal_members(object) else {
                return Vec::new();
            };
            let missing = object
                .fields
                .iter()
                .find(|field| field.required)
                .map(|field| {
                    let others: Vec<(String, Doc)> = members
                        .iter()
                        .filter(|(name, _)| *name != field.wire)
                        .cloned()
                        .collect();
                    Fault::new(
                        format!("without {}", field.wire),
                        "missingField",
                        Doc::object(&others),
                    )
                });
            let wrong = object.fields.iter().find_map(|field| {
                let fault = wrong_kinds(maker, &field.ty).into_iter().next()?;
                let doc = maker.with(object, &field.wire, fault.doc.clone())?;
                Some(fault.inside(&field.wire, &field.wire, |_| doc))
            });
            missing.into_iter().chain(wrong).collect()
        }
        Shape::TaggedUnion(union) => {
            let stranger = json!({union.tag.as_str(): STRANGER});
            let known = union
                .arms
                .iter()
                .any(|arm| arm.tag == ConstValue::String(STRANGER.into()));
            let text_tags = union
                .arms
                .iter()
                .all(|arm| matches!(arm.tag, ConstValue::String(_)));
            let mut faults = vec![Fault::new(
                "without a tag",
                "missingTag",
                Doc::json(json!({UNKNOWN: 1})),
            )];
            if !union.open && !known && text_tags {
                faults.push(
                    Fault::new("unknown tag", "unknownTag", Doc::json(stranger)).at(&union.tag),
                );
            }
            faults
        }
        _ => Vec::new(),
    }
}

/// Faults of a value inside another.
fn of_type(maker: &Maker<'_>, strings: &Strings, ty: &Type) -> Vec<Fault> {
    if let Type::Ref(id) = ty
        && let Shape::Alias(inner) = maker.shape(*id)
    {
        return of_type(maker, strings, inner);
    }
    let mut faults = match ty {
        Type::Ref(id) => shallow(maker, *id),
        Type::Integer(format) => misfits::integers(*format),
        Type::Number => vec![
            Fault::new("1e400", "notFinite", Doc::raw("1e400")),
            Fault::new("NaN", "notJson", Doc::raw("NaN")),
        ],
        Type::String(rule) => strings.faults(rule),
        Type::Bytes => misfits::bytes(),
        Type::Const(value) => misfits::constants(value),
        Type::Array(inner) => {
            let mut faults: Vec<Fault> = of_type(maker, strings, inner)
                .into_iter()
                .take(6)
                .filter_map(|fault| {
                    let good = maker.minimal(inner)?;
                    Some(fault.inside("element", "1", |bad| Doc::array(&[good.clone(), bad, good])))
                })
                .collect();
            if let Some(good) = maker.minimal(inner) {
                let object = Doc::object(&[("0".to_owned(), good)]);
                faults.push(Fault::new(
                    "an object with index names",
                    "wrongKind",
                    object,
                ));
            }
            faults
        }
        Type::Map(inner) => maps(maker, strings, inner),
        Type::Nullable(inner) => {
            let mut faults = of_type(maker, strings, inner);
            faults.retain(|fault| fault.doc.text != "null");
            return faults;
        }
        Type::Any => misfits::any(),
        Type::Boolean => Vec::new(),
    };
    faults.extend(wrong_kinds(maker, ty));
    faults
}

fn maps(maker: &Maker<'_>, strings: &Strings, inner: &Type) -> Vec<Fault> {
    let mut faults: Vec<Fault> = of_type(maker, strings, inner)
        .into_iter()
        .take(6)
        .filter_map(|fault| {
            let good = maker.minimal(inner)?;
            let key = "a/b~c";
            let wrap = |bad| Doc::object(&[("a".to_owned(), good), (key.to_owned(), bad)]);
            Some(fault.inside("value", key, wrap))
        })
        .collect();
    if let Some(good) = maker.minimal(inner) {
        let doubled = Doc::raw(format!("{{\"k\":{0},\"\\u006B\":{0}}}", good.text));
        faults.push(Fault::new("one key in two spellings", "duplicateKey", doubled).at("k"));
    }
    faults
}
