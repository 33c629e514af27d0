//! What a document is refused with: where, what is wrong and how to mend it. Knows nothing of the laws themselves.

use std::fmt;

/// One mistake in a document.
///
/// ```
/// let refusal = crossplug_idl::Refusal {
///     pointer: "/$defs/Note".into(),
///     what: "the definition has no description".into(),
///     cure: "add \"description\": it becomes the docs of three languages".into(),
/// };
/// assert!(refusal.to_string().starts_with("/$defs/Note: the definition"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// JSON pointer (RFC 6901) to the place; empty for the whole document.
    pub pointer: String,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

impl Refusal {
    /// The refusal for a person, with the place as `my.json#/methods/note.get`.
    ///
    /// ```
    /// # let text = r#"{"idl": "1", "name": "a", "version": "1.0.0", "description": ""}"#;
    /// let refusals = crossplug_idl::compile(text, "my.json").unwrap_err();
    /// assert!(refusals[0].show("my.json").starts_with("my.json#/description: "));
    /// ```
    #[must_use]
    pub fn show(&self, source_name: &str) -> String {
        format!(
            "{source_name}#{}: {}\n  cure: {}",
            self.pointer, self.what, self.cure
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the document"
        } else {
            &self.pointer
        };
        write!(out, "{place}: {}\n  cure: {}", self.what, self.cure)
    }
}

impl std::error::Error for Refusal {}

/// The pointer to a member or element of what `parent` points to.
pub(crate) fn member(parent: &str, token: &str) -> String {
    format!("{parent}/{}", token.replace('~', "~0").replace('/', "~1"))
}

/// All mistakes of a document, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Vec<Refusal>);

impl Refusals {
    /// Notes a mistake.
    pub(crate) fn refuse(
        &mut self,
        pointer: &str,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.0.push(Refusal {
            pointer: pointer.to_owned(),
            what: what.into(),
            cure: cure.into(),
        });
    }

    /// Whether there is none so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands them over.
    pub(crate) fn into_vec(self) -> Vec<Refusal> {
        self.0
    }
}
