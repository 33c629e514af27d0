//! From a checked document to the model: names are given, references become ids, recursion is found.

use crate::check::syntax::{Form, MethodForm, Node, ObjectForm, Sheet};
use crate::check::{Relations, constant, tags};
use crate::model::{
    ConstValue, Enum, EnumValue, ErrorDef, Event, Field, Interface, Kind, KindArm, KindUnion,
    Method, Name, Object, Shape, TaggedArm, TaggedUnion, Type, TypeDef, TypeId,
};
use crate::names::{self, Kind as NameKind, Scope};
use std::collections::HashSet;

/// Makes the model of a document that has passed every check.
pub(crate) fn normalise(sheet: &Sheet, hash: String) -> Interface {
    let relations = Relations::new(sheet);
    let normaliser = Normaliser {
        relations: &relations,
    };
    let definitions = || {
        sheet
            .definitions
            .iter()
            .map(|definition| definition.name.as_str())
    };
    let mut scope = Scope::new(NameKind::Type);
    let mut types: Vec<TypeDef> = sheet
        .definitions
        .iter()
        .map(|definition| TypeDef {
            wire: definition.name.clone(),
            name: scope.name(&definition.name),
            description: definition.description.clone(),
            shape: normaliser.shape(&definition.node),
            recursive: false,
        })
        .collect();
    find_recursion(&mut types);
    Interface {
        name: sheet.name.clone(),
        version: sheet.version.clone(),
        description: sheet.description.clone(),
        hash,
        module: names::module(&sheet.name),
        stem: names::interface_stem(&sheet.name, definitions()),
        types,
        methods: normaliser.methods(&sheet.methods),
        services: normaliser.methods(&sheet.services),
        events: normaliser.events(sheet),
        errors: normaliser.errors(sheet),
    }
}

struct Normaliser<'s> {
    relations: &'s Relations<'s>,
}

impl Normaliser<'_> {
    /// Ids are positions of definitions. Every reference of a checked document has one.
    fn id(&self, name: &str) -> TypeId {
        TypeId(self.relations.index(name).unwrap_or_default())
    }

    fn shape(&self, node: &Node) -> Shape {
        match &node.form {
            Form::Object(object) => Shape::Object(self.object(object)),
            Form::Enum { values, open } => {
                let mut scope = Scope::new(NameKind::Variant);
                let values = values
                    .iter()
                    .map(|wire| EnumValue {
                        wire: wire.clone(),
                        name: scope.name(wire),
                    })
                    .collect();
                Shape::Enum(Enum {
                    values,
                    open: *open,
                })
            }
            Form::OneOf { arms, open } => Shape::TaggedUnion(self.tagged(arms, *open)),
            Form::AnyOf(arms) => Shape::KindUnion(self.kinds(arms)),
            _ => Shape::Alias(self.ty(node)),
        }
    }

    fn object(&self, object: &ObjectForm) -> Object {
        let mut scope = Scope::new(NameKind::Field);
        let fields = object
            .fields
            .iter()
            .map(|field| Field {
                wire: field.wire.clone(),
                name: scope.name(&field.wire),
                description: field.description.clone(),
                required: field.required,
                ty: self.ty(&field.node),
                boxed: false,
            })
            .collect();
        Object {
            fields,
            extra: object.extra.then(|| scope.name("extra")),
        }
    }

    fn tagged(&self, arms: &[Node], open: bool) -> TaggedUnion {
        let tag = tags(arms, self.relations)
            .first()
            .copied()
            .unwrap_or_default()
            .to_owned();
        let mut scope = Scope::new(NameKind::Variant);
        let arms = arms.iter().filter_map(|arm| {
            let Form::Ref(name) = &arm.form else {
                return None;
            };
            let Form::Object(object) = &self.relations.definition(name)?.node.form else {
                return None;
            };
            let tag: ConstValue = constant(object, &tag, self.relations)?.clone();
            Some(TaggedArm {
                tag,
                name: scope.arm(name),
                ty: self.id(name),
            })
        });
        TaggedUnion {
            arms: arms.collect(),
            tag: tag.clone(),
            open,
        }
    }

    fn kinds(&self, arms: &[Node]) -> KindUnion {
        let mut scope = Scope::new(NameKind::Variant);
        let arms = arms.iter().filter_map(|arm| {
            let kind = self.relations.kind(arm)?;
            let name = match &arm.form {
                Form::Ref(name) => scope.arm(name),
                form => scope.arm(match (form, kind) {
                    (Form::Bytes, _) => "Bytes",
                    (Form::Integer(_), _) => "Integer",
                    (_, Kind::Boolean) => "Boolean",
                    (_, Kind::Number) => "Number",
                    (_, Kind::String) => "String",
                    (_, Kind::Array) => "Array",
                    (_, Kind::Object) => "Map",
                }),
            };
            Some(KindArm {
                kind,
                name,
                ty: self.ty(arm),
            })
        });
        KindUnion {
            arms: arms.collect(),
        }
    }

    fn ty(&self, node: &Node) -> Type {
        match &node.form {
            Form::Ref(name) => Type::Ref(self.id(name)),
            Form::Boolean => Type::Boolean,
            Form::Integer(format) => Type::Integer(*format),
            Form::Number => Type::Number,
            Form::String(rule) => Type::String(rule.clone()),
            Form::Bytes => Type::Bytes,
            Form::Const(value) => Type::Const(value.clone()),
            Form::Array(inner) => Type::Array(Box::new(self.ty(inner))),
            Form::Map(inner) => Type::Map(Box::new(self.ty(inner))),
            Form::Nullable(inner) => Type::Nullable(Box::new(self.ty(inner))),
            // The others have names, so a checked document does not have them here.
            Form::Any
            | Form::Object(_)
            | Form::Enum { .. }
            | Form::OneOf { .. }
            | Form::AnyOf(_)
            | Form::Invalid => Type::Any,
        }
    }

    fn optional(&self, node: Option<&Node>) -> Option<Type> {
        node.map(|node| self.ty(node))
    }

    fn methods(&self, forms: &[MethodForm]) -> Vec<Method> {
        let mut scope = Scope::new(NameKind::Method);
        let mut stems = HashSet::new();
        forms
            .iter()
            .map(|form| Method {
                wire: form.wire.clone(),
                name: scope.name(&form.wire),
                stem: names::stem(&mut stems, &form.wire),
                description: form.description.clone(),
                params: form.params.as_ref().and_then(|node| match &node.form {
                    Form::Ref(name) => Some(self.id(name)),
                    _ => None,
                }),
                result: self.optional(form.result.as_ref()),
                items: self.optional(form.items.as_ref()),
                upload: self.optional(form.upload.as_ref()),
                errors: form.errors.clone(),
                timeout_ms: form.timeout_ms,
                progress: form.progress,
                idempotent: form.idempotent,
                permission: form.permission.clone(),
            })
            .collect()
    }

    fn events(&self, sheet: &Sheet) -> Vec<Event> {
        let mut scope = Scope::new(NameKind::Method);
        let mut stems = HashSet::new();
        let events = sheet.events.iter().map(|form| Event {
            wire: form.wire.clone(),
            name: scope.name(&form.wire),
            stem: names::stem(&mut stems, &form.wire),
            description: form.description.clone(),
            from: form.from,
            payload: self.optional(form.payload.as_ref()),
        });
        events.collect()
    }

    /// Classes of errors are called by the code and `Error`, which may not be a definition.
    fn errors(&self, sheet: &Sheet) -> Vec<ErrorDef> {
        let mut scope = Scope::new(NameKind::Error);
        for definition in &sheet.definitions {
            scope.reserve(definition.name.strip_suffix("Error"));
        }
        let errors = sheet.errors.iter().map(|form| {
            let name: Name = scope.name(&form.wire);
            ErrorDef {
                wire: form.wire.clone(),
                name,
                description: form.description.clone(),
                retryable: form.retryable,
                details: self.optional(form.details.as_ref()),
            }
        });
        errors.collect()
    }
}

/// Marks the types whose values can hold one of their own without an array or map between, and the fields on the way.
fn find_recursion(types: &mut [TypeDef]) {
    let inside: Vec<Vec<usize>> = types.iter().map(|def| contents(&def.shape)).collect();
    let reach: Vec<Vec<bool>> = (0..inside.len())
        .map(|start| {
            let mut seen = vec![false; inside.len()];
            let mut open = inside.get(start).cloned().unwrap_or_default();
            while let Some(next) = open.pop() {
                if let Some(seen) = seen.get_mut(next).filter(|seen| !**seen) {
                    *seen = true;
                    open.extend(inside.get(next).into_iter().flatten());
                }
            }
            seen
        })
        .collect();
    let reaches = |from: usize, to: usize| {
        reach
            .get(from)
            .and_then(|seen| seen.get(to))
            .is_some_and(|seen| *seen)
    };
    for (index, def) in types.iter_mut().enumerate() {
        def.recursive = reaches(index, index);
        if let Shape::Object(object) = &mut def.shape {
            for field in &mut object.fields {
                field.boxed = target(&field.ty).is_some_and(|id| id == index || reaches(id, index));
            }
        }
    }
}

/// What a value of a shape holds in place.
fn contents(shape: &Shape) -> Vec<usize> {
    match shape {
        Shape::Object(object) => object
            .fields
            .iter()
            .filter_map(|field| target(&field.ty))
            .collect(),
        Shape::TaggedUnion(union) => union.arms.iter().map(|arm| arm.ty.0).collect(),
        Shape::KindUnion(union) => union
            .arms
            .iter()
            .filter_map(|arm| target(&arm.ty))
            .collect(),
        Shape::Alias(ty) => target(ty).into_iter().collect(),
        Shape::Enum(_) => Vec::new(),
    }
}

fn target(ty: &Type) -> Option<usize> {
    match ty {
        Type::Ref(id) => Some(id.0),
        Type::Nullable(inner) => target(inner),
        _ => None,
    }
}
