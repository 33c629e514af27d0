//! A page of Rust: docs, wrapped signatures. Knows no model.

use super::super::lines::Lines;

/// The widest line that rustfmt leaves alone.
const WIDTH: usize = 100;

/// A file of Rust, or a part of one.
pub(super) struct Page(Lines);

impl std::ops::Deref for Page {
    type Target = Lines;

    fn deref(&self) -> &Lines {
        &self.0
    }
}

impl std::ops::DerefMut for Page {
    fn deref_mut(&mut self) -> &mut Lines {
        &mut self.0
    }
}

impl Page {
    /// Begins with the header as a comment.
    pub(super) fn new(header: &str) -> Self {
        Self(Lines::headed(header, "//"))
    }

    /// Without a header: to be put behind the imports that it turns out to need.
    pub(super) fn part() -> Self {
        Self(Lines::default())
    }

    /// Whether the code, comments aside, names something.
    pub(super) fn names(&self, name: &str) -> bool {
        let code = self
            .text()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let word = |c: char| c.is_alphanumeric() || c == '_';
        code.into_iter().any(|line| {
            line.match_indices(name).any(|(at, _)| {
                let before = line.get(..at).and_then(|before| before.chars().next_back());
                let after = line
                    .get(at + name.len()..)
                    .and_then(|after| after.chars().next());
                !before.is_some_and(word) && !after.is_some_and(word)
            })
        })
    }

    /// Puts a part behind what there is.
    pub(super) fn append(&mut self, part: Self) {
        self.extend(&part.0);
    }

    /// Documentation of what follows.
    pub(super) fn docs(&mut self, indent: &str, text: &str) {
        self.comment(&format!("{indent}///"), text);
    }

    /// Documentation of the file.
    pub(super) fn inner_docs(&mut self, text: &str) {
        self.comment("//!", text);
    }

    fn comment(&mut self, sign: &str, text: &str) {
        for line in prose(text).lines() {
            let line = line.trim_end();
            if line.is_empty() {
                self.line(sign)
            } else {
                self.line(&format!("{sign} {line}"))
            }
        }
    }

    /// `head(arguments)tail` on one line, or an argument to a line where that is too wide.
    pub(super) fn signature(&mut self, indent: &str, head: &str, arguments: &[String], tail: &str) {
        self.wrapped(WIDTH, indent, head, arguments, tail);
    }

    /// The whole text, ending in one line feed.
    pub(super) fn finish(self) -> String {
        self.0.finish()
    }
}

/// A description as rustdoc should read it: what looks like a link or a tag to it, but stands in no code, is escaped.
fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut code = false;
    for c in text.chars() {
        match c {
            '`' => code = !code,
            '[' | ']' | '<' | '>' | '*' | '_' if !code => escaped.push('\\'),
            '\r' => continue,
            _ => {}
        }
        escaped.push(c);
    }
    // Three slashes in front of a fourth would be no documentation, and an empty one says nothing.
    if escaped.trim().is_empty() {
        "Not described.".to_owned()
    } else {
        escaped
    }
}

/// A string as Rust source.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}
