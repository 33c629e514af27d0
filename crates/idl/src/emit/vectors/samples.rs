//! Valid documents.

use super::doc::{Doc, Sample};
use super::strings::{Strings, plainest};
use super::values::{constant, of_type};
use crate::model::{
    ConstValue, IntegerFormat, Interface, Kind, Object, Shape, TaggedUnion, Type, TypeId,
};
use serde_json::json;

/// A member that no shipped type declares.
pub(super) const UNKNOWN: &str = "zz-unknown";
/// A value that no closed enum and no union has; a name that JavaScript objects inherit.
pub(super) const STRANGER: &str = "constructor";

/// Makes the smallest valid document of each type.
pub(super) struct Maker<'i> {
    pub(super) interface: &'i Interface,
    /// How deep the smallest value of a definition is; the arms of unions are chosen by it.
    ranks: Vec<usize>,
}

impl<'i> Maker<'i> {
    pub(super) fn new(interface: &'i Interface) -> Self {
        let mut maker = Self {
            interface,
            ranks: vec![usize::MAX; interface.types.len()],
        };
        loop {
            let ranks: Vec<usize> = interface
                .types
                .iter()
                .map(|def| maker.shape_rank(&def.shape))
                .collect();
            if ranks == maker.ranks {
                return maker;
            }
            maker.ranks = ranks;
        }
    }

    pub(super) fn shape(&self, id: TypeId) -> &'i Shape {
        &self.interface.type_def(id).shape
    }

    fn shape_rank(&self, shape: &Shape) -> usize {
        let inner = match shape {
            Shape::Enum(_) => 0,
            Shape::Object(object) => {
                let required = object.fields.iter().filter(|field| field.required);
                required
                    .map(|field| self.rank(&field.ty))
                    .max()
                    .unwrap_or(0)
            }
            Shape::TaggedUnion(union) => union
                .arms
                .iter()
                .map(|arm| self.rank(&Type::Ref(arm.ty)))
                .min()
                .unwrap_or(0),
            Shape::KindUnion(union) => union
                .arms
                .iter()
                .map(|arm| self.rank(&arm.ty))
                .min()
                .unwrap_or(0),
            Shape::Alias(ty) => self.rank(ty),
        };
        inner.saturating_add(1)
    }

    fn rank(&self, ty: &Type) -> usize {
        match ty {
            Type::Ref(id) => self.ranks.get(id.0).copied().unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// The smallest valid document; none where no text that keeps a pattern was found.
    pub(super) fn minimal(&self, ty: &Type) -> Option<Doc> {
        Some(match ty {
            Type::Ref(id) => return self.minimal_definition(*id),
            Type::Boolean => Doc::json(true),
            Type::Integer(IntegerFormat::Int64 | IntegerFormat::Uint64) => Doc::json("1"),
            Type::Integer(_) => Doc::json(1),
            Type::Number => Doc::json(1.5),
            Type::String(rule) => Doc::json(plainest(rule)?),
            Type::Bytes => Doc::json("AQID"),
            Type::Const(value) => constant(value),
            Type::Array(_) => Doc::array(&[]),
            Type::Map(_) => Doc::object(&[]),
            Type::Nullable(_) => Doc::json(json!(null)),
            Type::Any => Doc::json(json!({"any": [1, "two", null]})),
        })
    }

    pub(super) fn minimal_definition(&self, id: TypeId) -> Option<Doc> {
        match self.shape(id) {
            Shape::Object(object) => Some(Doc::object(&self.minimal_members(object)?)),
            Shape::Enum(values) => values
                .values
                .first()
                .map(|value| Doc::json(value.wire.as_str())),
            Shape::TaggedUnion(union) => {
                let arm = union
                    .arms
                    .iter()
                    .min_by_key(|arm| self.rank(&Type::Ref(arm.ty)))?;
                self.minimal_definition(arm.ty)
            }
            Shape::KindUnion(union) => {
                let arm = union.arms.iter().min_by_key(|arm| self.rank(&arm.ty))?;
                self.minimal(&arm.ty)
            }
            Shape::Alias(ty) => self.minimal(ty),
        }
    }

    /// The required members.
    pub(super) fn minimal_members(&self, object: &Object) -> Option<Vec<(String, Doc)>> {
        let required = object.fields.iter().filter(|field| field.required);
        required
            .map(|field| Some((field.wire.clone(), self.minimal(&field.ty)?)))
            .collect()
    }

    /// The required members, with one set to a value.
    pub(super) fn with(&self, object: &Object, field: &str, value: Doc) -> Option<Doc> {
        let mut members = self.minimal_members(object)?;
        match members.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = value,
            None => members.push((field.to_owned(), value)),
        }
        Some(Doc::object(&members))
    }

    /// The smallest value that is not null and not empty, to see more of a type.
    pub(super) fn telling(&self, ty: &Type) -> Option<Doc> {
        match ty {
            Type::Nullable(inner) => self.telling(inner),
            Type::Array(inner) => Some(Doc::array(&[self.minimal(inner)?])),
            Type::Map(inner) => Some(Doc::object(&[("key".to_owned(), self.minimal(inner)?)])),
            other => self.minimal(other),
        }
    }
}

/// Valid documents of a definition.
pub(super) fn of_definition(maker: &Maker<'_>, strings: &Strings, id: TypeId) -> Vec<Sample> {
    match maker.shape(id) {
        Shape::Object(object) => of_object(maker, strings, object).unwrap_or_default(),
        Shape::Enum(values) => {
            let mut samples: Vec<Sample> = values
                .values
                .iter()
                .map(|value| Sample::new(value.wire.clone(), Doc::json(value.wire.as_str())))
                .collect();
            if values.open && !values.values.iter().any(|value| value.wire == STRANGER) {
                samples.push(Sample::new("unknown value", Doc::json(STRANGER)));
                samples.push(Sample::new("empty unknown value", Doc::json("")));
            }
            samples
        }
        Shape::TaggedUnion(union) => of_tagged(maker, union),
        Shape::KindUnion(union) => union
            .arms
            .iter()
            .flat_map(|arm| {
                let mut samples = of_type(maker, strings, &arm.ty);
                // The kind chooses the arm, so a 64-bit integer is a string here and never a number.
                if arm.kind == Kind::String {
                    samples.retain(|sample| sample.doc.text.starts_with('"'));
                }
                samples
            })
            .collect(),
        Shape::Alias(ty) => of_type(maker, strings, ty),
    }
}

fn of_object(maker: &Maker<'_>, strings: &Strings, object: &Object) -> Option<Vec<Sample>> {
    let minimal = maker.minimal_members(object)?;
    let full: Option<Vec<(String, Doc)>> = object
        .fields
        .iter()
        .map(|field| Some((field.wire.clone(), maker.telling(&field.ty)?)))
        .collect();
    let full = full?;
    let mut samples = vec![Sample::new("minimal", Doc::object(&minimal))];
    samples.push(Sample::new("full", Doc::object(&full)));
    let mut reversed = full;
    reversed.reverse();
    samples.push(Sample::new("full, other order", Doc::object(&reversed)));
    samples.extend(unknown_members(object, &minimal));
    for field in &object.fields {
        for sample in of_type(maker, strings, &field.ty) {
            let doc = maker.with(object, &field.wire, sample.doc)?;
            samples.push(Sample::new(
                format!("{}: {}", field.wire, sample.label),
                doc,
            ));
        }
    }
    Some(samples)
}

/// Members that the type does not know: passed over, or kept with `x-extra`.
fn unknown_members(object: &Object, minimal: &[(String, Doc)]) -> Vec<Sample> {
    let declared = |name: &str| object.fields.iter().any(|field| field.wire == name);
    let strangers: Vec<(&str, Doc)> = [
        (
            UNKNOWN,
            Doc::json(json!({"a": [1.5, null, {"b": "\u{1f600}"}], "": false})),
        ),
        ("extra", Doc::json("not the language's own")),
        ("__proto__", Doc::json(json!({"polluted": true}))),
        (STRANGER, Doc::json(json!(null))),
    ]
    .into_iter()
    .filter(|(name, _)| !declared(name))
    .collect();
    let known = Doc::object(minimal);
    let sample = |label: &str, added: Vec<(String, Doc)>| {
        let mut members = minimal.to_vec();
        members.extend(added);
        let doc = Doc::object(&members);
        let doc = if object.extra.is_some() {
            doc
        } else {
            doc.encoding(known.encodes.clone())
        };
        Sample::new(label, doc)
    };
    let mut samples = Vec::new();
    for (name, value) in &strangers {
        samples.push(sample(
            &format!("unknown member {name}"),
            vec![((*name).to_owned(), value.clone())],
        ));
    }
    if !strangers.is_empty() {
        let all = strangers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        samples.push(sample("unknown members", all));
    }
    // 1 for the object itself. Readers of the corpus may have limits too, hence as text.
    let deep = Doc::raw(format!("{}{}", "[".repeat(127), "]".repeat(127)));
    samples.push(sample(
        "unknown member, 128 deep",
        vec![(UNKNOWN.to_owned(), deep)],
    ));
    samples
}

fn of_tagged(maker: &Maker<'_>, union: &TaggedUnion) -> Vec<Sample> {
    let mut samples = Vec::new();
    for arm in &union.arms {
        let Shape::Object(object) = maker.shape(arm.ty) else {
            continue;
        };
        let wire = &maker.interface.type_def(arm.ty).wire;
        let Some(minimal) = maker.minimal_members(object) else {
            continue;
        };
        samples.push(Sample::new(wire.clone(), Doc::object(&minimal)));
        let mut last = minimal.clone();
        last.sort_by_key(|(name, _)| *name == union.tag);
        samples.push(Sample::new(format!("{wire}, tag last"), Doc::object(&last)));
        let full: Option<Vec<(String, Doc)>> = object
            .fields
            .iter()
            .map(|field| Some((field.wire.clone(), maker.telling(&field.ty)?)))
            .collect();
        samples.extend(full.map(|full| Sample::new(format!("{wire}, full"), Doc::object(&full))));
        if let ConstValue::Integer(tag) = arm.tag
            && let Some(doc) = maker.with(object, &union.tag, Doc::raw(format!("{tag}.0")))
        {
            samples.push(Sample::new(format!("{wire}, tag {tag}.0"), doc));
        }
    }
    let known = |tag: &ConstValue| union.arms.iter().any(|arm| arm.tag == *tag);
    if union.open
        && !known(&ConstValue::String(STRANGER.into()))
        && !known(&ConstValue::Integer(987_654_321))
    {
        let tag = match union.arms.first().map(|arm| &arm.tag) {
            Some(ConstValue::String(_)) => json!(STRANGER),
            Some(ConstValue::Integer(_)) => json!(987_654_321),
            _ => return samples,
        };
        let bare = json!({union.tag.as_str(): tag.clone()});
        let rich = json!({"a": [1, {"b": null}], union.tag.as_str(): tag, "__proto__": 1.5});
        samples.push(Sample::new("unknown tag", Doc::json(bare)));
        samples.push(Sample::new("unknown tag with members", Doc::json(rich)));
    }
    samples
}
