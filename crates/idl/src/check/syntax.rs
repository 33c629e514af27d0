//! A document taken apart, before its references are followed. Data only.

use crate::model::{ConstValue, IntegerFormat, Side, StringRule};

/// A whole document.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) methods: Vec<MethodForm>,
    pub(crate) services: Vec<MethodForm>,
    pub(crate) events: Vec<EventForm>,
    pub(crate) errors: Vec<ErrorForm>,
    pub(crate) definitions: Vec<Definition>,
}

/// A named type.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) node: Node,
}

/// A type and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) pointer: String,
    pub(crate) form: Form,
}

/// The forms of a type.
#[derive(Debug)]
pub(crate) enum Form {
    /// Name of the definition.
    Ref(String),
    Boolean,
    Integer(IntegerFormat),
    Number,
    String(StringRule),
    Bytes,
    Const(ConstValue),
    Any,
    Array(Box<Node>),
    Map(Box<Node>),
    Nullable(Box<Node>),
    Object(ObjectForm),
    Enum {
        values: Vec<String>,
        open: bool,
    },
    /// A tagged union.
    OneOf {
        arms: Vec<Node>,
        open: bool,
    },
    /// A kind union.
    AnyOf(Vec<Node>),
    /// Already refused; whoever meets it says nothing more.
    Invalid,
}

#[derive(Debug)]
pub(crate) struct ObjectForm {
    pub(crate) fields: Vec<FieldForm>,
    pub(crate) extra: bool,
}

#[derive(Debug)]
pub(crate) struct FieldForm {
    pub(crate) wire: String,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) node: Node,
}

#[derive(Debug)]
pub(crate) struct MethodForm {
    pub(crate) wire: String,
    pub(crate) pointer: String,
    pub(crate) description: String,
    pub(crate) params: Option<Node>,
    pub(crate) result: Option<Node>,
    pub(crate) items: Option<Node>,
    pub(crate) upload: Option<Node>,
    pub(crate) errors: Vec<String>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) progress: bool,
    pub(crate) idempotent: bool,
    pub(crate) permission: Option<String>,
}

impl MethodForm {
    /// The types that the method names, `params` first.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        [&self.params, &self.result, &self.items, &self.upload]
            .into_iter()
            .flatten()
    }
}

#[derive(Debug)]
pub(crate) struct EventForm {
    pub(crate) wire: String,
    pub(crate) description: String,
    pub(crate) from: Side,
    pub(crate) payload: Option<Node>,
}

#[derive(Debug)]
pub(crate) struct ErrorForm {
    pub(crate) wire: String,
    pub(crate) description: String,
    pub(crate) retryable: bool,
    pub(crate) details: Option<Node>,
}
