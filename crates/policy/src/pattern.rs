//! Patterns of names and streams: `*` stands for any characters or none, wherever it stands. Knows nothing of what it
//! matches.

use std::fmt;

/// A pattern such as `location:*`, `kv.*` or `*:room1`. Only `*` is special; an empty pattern matches the empty text.
///
/// ```
/// use crossplug_policy::Pattern;
///
/// let rooms = Pattern::new("location:*:door");
/// assert!(rooms.matches("location:room1:door"));
/// assert!(rooms.matches("location::door"));
/// assert!(!rooms.matches("location:room1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(String);

impl Pattern {
    /// Any text is a pattern.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole text fits. Takes time in proportion to the two lengths together, whatever the pattern.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let Some((head, rest)) = self.0.split_once('*') else {
            return self.0 == text;
        };
        let Some(text) = text.strip_prefix(head) else {
            return false;
        };
        let (middle, tail) = match rest.rsplit_once('*') {
            Some((middle, tail)) => (middle, tail),
            None => ("", rest),
        };
        let Some(mut text) = text.strip_suffix(tail) else {
            return false;
        };
        // Between two stars the leftmost place is as good as any: what follows has the most room then.
        for part in middle.split('*') {
            match text.find(part).and_then(|at| text.get(at + part.len()..)) {
                Some(after) => text = after,
                None => return false,
            }
        }
        true
    }

    /// Whether everything that the other pattern matches is matched by this one too.
    ///
    /// ```
    /// use crossplug_policy::Pattern;
    ///
    /// assert!(Pattern::new("location:*").covers(&Pattern::new("location:room*:door")));
    /// assert!(!Pattern::new("location:room*").covers(&Pattern::new("location:*")));
    /// ```
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        // A star of the other pattern may become any text, also one that occurs nowhere in this pattern; so only a star
        // of this pattern can take it, which is exactly how `*` as a character is matched.
        self.matches(&other.0)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: Into<String>> From<T> for Pattern {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}
