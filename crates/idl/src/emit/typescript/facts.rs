//! What decides which codec functions a type needs: whether it is the same in memory and in JSON, and whether its values can
//! nest without bound. Prints nothing.

use std::collections::HashSet;

use crate::model::{Field, Interface, KindUnion, Object, Shape, TaggedUnion, Type};

/// The types directly inside a shape.
fn parts(shape: &Shape) -> Vec<Type> {
    match shape {
        Shape::Object(Object { fields, .. }) => {
            fields.iter().map(|field| field.ty.clone()).collect()
        }
        Shape::Enum(_) => Vec::new(),
        Shape::TaggedUnion(TaggedUnion { arms, .. }) => {
            arms.iter().map(|arm| Type::Ref(arm.ty)).collect()
        }
        Shape::KindUnion(KindUnion { arms }) => arms.iter().map(|arm| arm.ty.clone()).collect(),
        Shape::Alias(ty) => vec![ty.clone()],
    }
}

/// Which types are the same in memory and in JSON. Types that hold each other are, unless something in them is not.
pub(super) fn plain(interface: &Interface) -> Vec<bool> {
    let mut plain: Vec<bool> = interface
        .types
        .iter()
        .map(|def| match &def.shape {
            Shape::Object(object) => {
                object.extra.is_none()
                    && object
                        .fields
                        .iter()
                        .all(|Field { wire, name, .. }| *wire == name.typescript)
            }
            Shape::TaggedUnion(union) => !union.open,
            Shape::Enum(_) | Shape::KindUnion(_) | Shape::Alias(_) => true,
        })
        .collect();
    loop {
        let next: Vec<bool> = interface
            .types
            .iter()
            .zip(&plain)
            .map(|(def, was)| *was && parts(&def.shape).iter().all(|ty| is_plain(&plain, ty)))
            .collect();
        if next == plain {
            return plain;
        }
        plain = next;
    }
}

/// The same for any type, where it is known of the named ones.
pub(super) fn is_plain(plain: &[bool], ty: &Type) -> bool {
    use crate::model::IntegerFormat::{Int64, Uint64};
    match ty {
        Type::Ref(id) => plain.get(id.0).copied().unwrap_or(false),
        Type::Integer(Int64 | Uint64) | Type::Bytes | Type::Any => false,
        Type::Array(inner) | Type::Map(inner) | Type::Nullable(inner) => is_plain(plain, inner),
        _ => true,
    }
}

/// Which types can nest without bound: those that reach themselves, `any`, or a place where unknown members are kept.
pub(super) fn deep(interface: &Interface) -> Vec<bool> {
    let inside: Vec<Vec<usize>> = interface
        .types
        .iter()
        .map(|def| parts(&def.shape).iter().flat_map(references).collect())
        .collect();
    let open = |index: usize| {
        interface
            .types
            .get(index)
            .is_some_and(|def| match &def.shape {
                Shape::Object(object) => {
                    object.extra.is_some() || object.fields.iter().any(|field| holds_any(&field.ty))
                }
                Shape::TaggedUnion(union) => union.open,
                Shape::KindUnion(union) => union.arms.iter().any(|arm| holds_any(&arm.ty)),
                Shape::Alias(ty) => holds_any(ty),
                Shape::Enum(_) => false,
            })
    };
    (0..interface.types.len())
        .map(|start| {
            let mut seen = HashSet::new();
            let mut waiting = inside.get(start).cloned().unwrap_or_default();
            while let Some(next) = waiting.pop() {
                if seen.insert(next) {
                    waiting.extend(inside.get(next).into_iter().flatten());
                }
            }
            seen.contains(&start) || open(start) || seen.iter().any(|index| open(*index))
        })
        .collect()
}

fn references(ty: &Type) -> Vec<usize> {
    match ty {
        Type::Ref(id) => vec![id.0],
        Type::Array(inner) | Type::Map(inner) | Type::Nullable(inner) => references(inner),
        _ => Vec::new(),
    }
}

fn holds_any(ty: &Type) -> bool {
    match ty {
        Type::Any => true,
        Type::Array(inner) | Type::Map(inner) | Type::Nullable(inner) => holds_any(inner),
        _ => false,
    }
}
