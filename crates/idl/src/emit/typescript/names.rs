//! Names of one module that are not in the model: codec functions and patterns. Prints nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use super::facts::{deep, is_plain, plain};
use crate::model::{Interface, Type, TypeId};
use crate::names::{Kind, Scope};

/// The direction of a codec function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// From JSON.
    Read,
    /// To JSON.
    Write,
    /// Both: the type is the same in memory and in JSON.
    Copy,
}

/// A function that a composite type without a name needs: a list or a map.
#[derive(Debug, Clone)]
pub(super) struct Composite {
    pub(super) function: String,
    pub(super) way: Way,
    pub(super) ty: Type,
}

/// Hands out the names of a module.
#[derive(Debug)]
pub(super) struct Names {
    /// The constant that describes the interface to a plugin.
    pub(super) descriptor: String,
    /// The same for a host that implements the services.
    pub(super) services_descriptor: String,
    /// The table of error classes.
    pub(super) error_classes: String,
    plain: Vec<bool>,
    deep: Vec<bool>,
    functions: Vec<[String; 3]>,
    taken: RefCell<HashSet<String>>,
    composites: RefCell<BTreeMap<String, Composite>>,
    order: RefCell<Vec<String>>,
    patterns: RefCell<Vec<(String, String)>>,
}

impl Names {
    pub(super) fn new(interface: &Interface) -> Self {
        let mut taken: HashSet<String> = interface
            .types
            .iter()
            .map(|def| def.name.typescript.clone())
            .collect();
        taken.extend(interface.errors.iter().map(super::roles::error_class));
        // The scope knows which words the language keeps.
        let mut scope = Scope::new(Kind::Method);
        let mut constant = |wanted: &str, taken: &mut HashSet<String>| {
            let mut name = scope.name(wanted).typescript;
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            name
        };
        let descriptor = constant(&interface.name, &mut taken);
        let services_descriptor = constant(&format!("{}.services", interface.name), &mut taken);
        let error_classes = constant(&format!("{}.errors", interface.name), &mut taken);
        let functions = interface
            .types
            .iter()
            .map(|def| {
                ["read", "write", "copy"]
                    .map(|verb| free(&mut taken, format!("{verb}{}", def.name.typescript)))
            })
            .collect();
        Self {
            descriptor,
            services_descriptor,
            error_classes,
            plain: plain(interface),
            deep: deep(interface),
            functions,
            taken: RefCell::new(taken),
            composites: RefCell::default(),
            order: RefCell::default(),
            patterns: RefCell::default(),
        }
    }

    /// Every type of the interface, in its order.
    pub(super) fn ids(&self) -> impl Iterator<Item = TypeId> + use<> {
        (0..self.plain.len()).map(TypeId)
    }

    /// Whether a type is the same in memory and in JSON.
    pub(super) fn is_plain(&self, id: TypeId) -> bool {
        self.plain.get(id.0).copied().unwrap_or(false)
    }

    /// The same for any type.
    pub(super) fn is_plain_type(&self, ty: &Type) -> bool {
        is_plain(&self.plain, ty)
    }

    /// Whether values of a type can nest without bound.
    pub(super) fn is_deep(&self, id: TypeId) -> bool {
        self.deep.get(id.0).copied().unwrap_or(false)
    }

    /// The same for any type.
    pub(super) fn is_deep_type(&self, ty: &Type) -> bool {
        match ty {
            Type::Ref(id) => self.is_deep(*id),
            Type::Any => true,
            Type::Array(inner) | Type::Map(inner) | Type::Nullable(inner) => {
                self.is_deep_type(inner)
            }
            _ => false,
        }
    }

    /// The function of a named type. Plain types have one for both ways.
    pub(super) fn function(&self, id: TypeId, way: Way) -> &str {
        let index = match way {
            _ if self.is_plain(id) => 2,
            Way::Read => 0,
            Way::Write | Way::Copy => 1,
        };
        self.functions
            .get(id.0)
            .and_then(|names| names.get(index))
            .map_or("", String::as_str)
    }

    /// The function of a list or map; it is emitted once.
    pub(super) fn composite(&self, interface: &Interface, ty: &Type, way: Way) -> String {
        let way = if self.is_plain_type(ty) {
            Way::Copy
        } else {
            way
        };
        let key = format!("{way:?} {ty:?}");
        if let Some(known) = self.composites.borrow().get(&key) {
            return known.function.clone();
        }
        let verb = match way {
            Way::Read => "read",
            Way::Write => "write",
            Way::Copy => "copy",
        };
        let function = free(
            &mut self.taken.borrow_mut(),
            format!("{verb}{}", label(interface, ty)),
        );
        let composite = Composite {
            function: function.clone(),
            way,
            ty: ty.clone(),
        };
        self.composites.borrow_mut().insert(key.clone(), composite);
        self.order.borrow_mut().push(key);
        function
    }

    /// The composite that was asked for at a position; printing one may ask for more.
    pub(super) fn composite_at(&self, index: usize) -> Option<Composite> {
        let key = self.order.borrow().get(index).cloned()?;
        self.composites.borrow().get(&key).cloned()
    }

    /// The constant of a pattern; it is emitted once.
    pub(super) fn pattern(&self, source: &str) -> String {
        if let Some((name, _)) = self
            .patterns
            .borrow()
            .iter()
            .find(|(_, known)| known == source)
        {
            return name.clone();
        }
        let number = self.patterns.borrow().len() + 1;
        let name = free(&mut self.taken.borrow_mut(), format!("pattern{number}"));
        self.patterns
            .borrow_mut()
            .push((name.clone(), source.to_owned()));
        name
    }

    /// Constants and sources of all patterns that were asked for.
    pub(super) fn patterns(&self) -> Vec<(String, String)> {
        self.patterns.borrow().clone()
    }
}

fn free(taken: &mut HashSet<String>, wanted: String) -> String {
    let mut name = wanted;
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

/// `ListOfInt64`, `MapOfNullableColor`.
fn label(interface: &Interface, ty: &Type) -> String {
    match ty {
        Type::Ref(id) => interface.type_def(*id).name.typescript.clone(),
        Type::Boolean => "Boolean".into(),
        Type::Integer(format) => format!("{format:?}"),
        Type::Number => "Number".into(),
        Type::String(rule) if rule == &crate::model::StringRule::default() => "String".into(),
        Type::String(_) => "Text".into(),
        Type::Bytes => "Bytes".into(),
        Type::Const(_) => "Const".into(),
        Type::Array(inner) => format!("ListOf{}", label(interface, inner)),
        Type::Map(inner) => format!("MapOf{}", label(interface, inner)),
        Type::Nullable(inner) => format!("Nullable{}", label(interface, inner)),
        Type::Any => "Any".into(),
    }
}
