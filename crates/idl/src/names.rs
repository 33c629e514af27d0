//! What each language calls a name of a document. The only home of such decisions; knows no types.
//!
//! A scope hands out names one after the other: what a language keeps for itself gets `r#` in Rust where that is possible
//! and a `_` behind it elsewhere, and so does a name that is taken already.

mod reserved;
mod words;

use crate::model::{ModuleName, Name};
use std::collections::HashSet;

pub use reserved::STEM_SUFFIXES;
pub use words::{camel, kebab, screaming, snake, upper_camel};

/// What kind of thing the names of a scope belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Types of a module; they keep their spelling.
    Type,
    /// Fields of an object: snake_case, in TypeScript as on the wire.
    Field,
    /// Methods, services, events: snake_case, in TypeScript lower camel.
    Method,
    /// Values of an enum, arms of a union: UpperCamel, in Python SCREAMING_SNAKE for values.
    Variant,
    /// Errors: UpperCamel.
    Error,
}

/// Names that must differ from each other.
///
/// ```
/// use crossplug_idl::names::{Kind, Scope};
/// let mut fields = Scope::new(Kind::Field);
/// let name = fields.name("type");
/// assert_eq!((name.rust.as_str(), name.python.as_str(), name.typescript.as_str()), ("r#type", "type", "type"));
/// assert_eq!(fields.name("fooBar").rust, "foo_bar");
/// assert_eq!(fields.name("foo_bar").rust, "foo_bar_");
/// ```
#[derive(Debug)]
pub struct Scope {
    kind: Kind,
    rust: HashSet<String>,
    python: HashSet<String>,
    typescript: HashSet<String>,
    constant: HashSet<String>,
}

impl Scope {
    /// An empty scope.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            rust: HashSet::new(),
            python: HashSet::new(),
            typescript: HashSet::new(),
            constant: HashSet::new(),
        }
    }

    /// The next name of the scope.
    #[must_use]
    pub fn name(&mut self, wire: &str) -> Name {
        let (rust, python, typescript) = match self.kind {
            Kind::Type => (wire.to_owned(), wire.to_owned(), wire.to_owned()),
            Kind::Field => (snake(wire, "field"), snake(wire, "field"), wire.to_owned()),
            Kind::Method => (
                snake(wire, "method"),
                snake(wire, "method"),
                camel(wire, "method"),
            ),
            Kind::Variant => (
                upper_camel(wire),
                screaming(wire, "value"),
                upper_camel(wire),
            ),
            Kind::Error => (upper_camel(wire), upper_camel(wire), upper_camel(wire)),
        };
        let kind = self.kind;
        let rust = if kind == Kind::Method {
            with_twin(&mut self.rust, rust)
        } else {
            take(&mut self.rust, rust, |name| reserved::in_rust(kind, name))
        };
        Name {
            rust: raw(rust),
            python: take(&mut self.python, python, |name| {
                reserved::in_python(kind, name)
            }),
            typescript: take(&mut self.typescript, typescript, |name| {
                reserved::in_typescript(kind, name)
            }),
            constant: take(&mut self.constant, screaming(wire, "value"), |_| false),
        }
    }

    /// The name of an arm of a union whose type is a definition: the definition's own in every language.
    #[must_use]
    pub fn arm(&mut self, definition: &str) -> Name {
        Name {
            rust: take(&mut self.rust, definition.to_owned(), |name| {
                reserved::in_rust(Kind::Variant, name)
            }),
            python: take(&mut self.python, definition.to_owned(), |_| false),
            typescript: take(&mut self.typescript, definition.to_owned(), |_| false),
            constant: take(&mut self.constant, screaming(definition, "value"), |_| {
                false
            }),
        }
    }

    /// Keeps names out of the scope.
    pub fn reserve<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            for taken in [&mut self.rust, &mut self.python, &mut self.typescript] {
                taken.insert(name.to_owned());
            }
        }
    }
}

/// The name, or the name with as many `_` behind it as make it free.
fn take(taken: &mut HashSet<String>, name: String, reserved: impl Fn(&str) -> bool) -> String {
    let mut name = name;
    while reserved(&name) || taken.contains(&name) {
        name.push('_');
    }
    taken.insert(name.clone());
    name
}

/// A Rust method's name of which `<name>_blocking` is free too, since clients have both.
fn with_twin(taken: &mut HashSet<String>, mut name: String) -> String {
    let twin = |name: &str| format!("{name}_blocking");
    while reserved::in_rust(Kind::Method, &name)
        || taken.contains(&name)
        || taken.contains(&twin(&name))
    {
        name.push('_');
    }
    taken.insert(twin(&name));
    taken.insert(name.clone());
    name
}

/// Rust's own spelling of names that are keywords.
fn raw(name: String) -> String {
    if reserved::is_raw_in_rust(&name) {
        format!("r#{name}")
    } else {
        name
    }
}

/// A UpperCamel stem that no other of the list has; the later one gets a `_`.
#[must_use]
pub fn stem(taken: &mut HashSet<String>, wire: &str) -> String {
    take(taken, upper_camel(wire), |_| false)
}

/// Prefix of the generated names that belong to the interface itself. Where a definition is called like one of them, the
/// prefix ends in `Interface`: an interface `note` with a type `Note` has an author's trait `NoteInterface`.
///
/// ```
/// assert_eq!(crossplug_idl::names::interface_stem("text.stats", ["Stats"]), "TextStats");
/// assert_eq!(crossplug_idl::names::interface_stem("note", ["Note"]), "NoteInterface");
/// assert_eq!(crossplug_idl::names::interface_stem("note", ["NoteClient"]), "NoteInterface");
/// ```
#[must_use]
pub fn interface_stem<'d>(name: &str, definitions: impl IntoIterator<Item = &'d str>) -> String {
    let definitions: Vec<&str> = definitions.into_iter().collect();
    let mut stem = upper_camel(name);
    let clashes = |stem: &str| {
        definitions.iter().any(|definition| {
            definition
                .strip_prefix(stem)
                .is_some_and(|suffix| STEM_SUFFIXES.contains(&suffix))
        })
    };
    while clashes(&stem) {
        stem.push_str("Interface");
    }
    stem
}

/// The names of an interface's generated modules.
#[must_use]
pub fn module(name: &str) -> ModuleName {
    let snake = snake(name, "interface");
    let mut taken = HashSet::new();
    ModuleName {
        rust: take(&mut taken, snake.clone(), |name| {
            reserved::is_raw_in_rust(name) || reserved::in_rust(Kind::Method, name)
        }),
        python: take(&mut HashSet::new(), snake, reserved::is_python_keyword),
        typescript: kebab(name),
    }
}
