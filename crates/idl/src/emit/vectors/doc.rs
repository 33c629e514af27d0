//! A document of the corpus as text: what is read, and what is written back.

use crate::refusal::member;
use serde_json::Value;

/// JSON text, or text that only looks like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doc {
    /// What is read.
    pub(super) text: String,
    /// What is written after reading it.
    pub(super) encodes: String,
    /// Whether any JSON reader takes the text for what it is: no `1.0`, no doubled names, no large integers.
    pub(super) plain: bool,
}

impl Doc {
    /// An ordinary value.
    pub(super) fn json(value: impl Into<Value>) -> Self {
        let text = value.into().to_string();
        Self {
            encodes: text.clone(),
            text,
            plain: true,
        }
    }

    /// Text that some readers of the corpus itself would change.
    pub(super) fn raw(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            encodes: text.clone(),
            text,
            plain: false,
        }
    }

    /// The same, written back as something else.
    pub(super) fn encoding(mut self, encodes: impl Into<String>) -> Self {
        self.encodes = encodes.into();
        self
    }

    pub(super) fn array(items: &[Self]) -> Self {
        let join = |part: fn(&Self) -> &str| {
            format!("[{}]", items.iter().map(part).collect::<Vec<_>>().join(","))
        };
        Self {
            text: join(|item| &item.text),
            encodes: join(|item| &item.encodes),
            plain: items.iter().all(|item| item.plain),
        }
    }

    pub(super) fn object(members: &[(String, Self)]) -> Self {
        let join = |part: fn(&Self) -> &str| {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), part(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        };
        Self {
            text: join(|value| &value.text),
            encodes: join(|value| &value.encodes),
            plain: members.iter().all(|(_, value)| value.plain),
        }
    }

    /// The document's members in a line of the corpus.
    pub(super) fn print(&self) -> String {
        if self.plain {
            format!("\"json\":{}", self.text)
        } else {
            format!("\"text\":{}", Value::from(self.text.as_str()))
        }
    }

    /// As [`Doc::print`], with what is written back where that differs.
    pub(super) fn print_valid(&self) -> String {
        if self.encodes == self.text {
            return self.print();
        }
        format!("{},\"encodes\":{}", self.print(), self.encodes)
    }
}

/// A valid document.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) label: String,
    pub(super) doc: Doc,
}

impl Sample {
    pub(super) fn new(label: impl Into<String>, doc: Doc) -> Self {
        Self {
            label: label.into(),
            doc,
        }
    }
}

/// An invalid document.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) label: String,
    pub(super) reason: &'static str,
    /// Where in the document.
    pub(super) pointer: String,
    pub(super) doc: Doc,
}

impl Fault {
    /// A fault of the value itself.
    pub(super) fn new(label: impl Into<String>, reason: &'static str, doc: Doc) -> Self {
        Self {
            label: label.into(),
            reason,
            pointer: String::new(),
            doc,
        }
    }

    /// The same fault at a member of the value.
    pub(super) fn at(mut self, token: &str) -> Self {
        self.pointer = member("", token);
        self
    }

    /// The fault inside a larger document.
    pub(super) fn inside(self, label: &str, token: &str, wrap: impl FnOnce(Doc) -> Doc) -> Self {
        Self {
            label: format!("{label}: {}", self.label),
            reason: self.reason,
            pointer: member("", token) + &self.pointer,
            doc: wrap(self.doc),
        }
    }
}
