//! A page of Python: docstrings, literals. Knows no model.

use super::super::lines::Lines;

/// The widest line that ruff leaves alone in this project.
const WIDTH: usize = 120;

/// A file of Python.
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
        Self(Lines::headed(header, "#"))
    }

    /// Lines, each with `indent` in front of it.
    pub(super) fn block(&mut self, indent: &str, lines: &[String]) {
        for line in lines {
            if line.is_empty() {
                self.blank();
            } else {
                self.line(&format!("{indent}{line}"));
            }
        }
    }

    /// The two blank lines before a definition of the module.
    pub(super) fn gap(&mut self) {
        self.blank();
        self.blank();
    }

    /// A docstring.
    pub(super) fn docs(&mut self, indent: &str, text: &str) {
        let (quote, text) = ("\"\"\"", prose(text));
        let mut lines = wrapped(&text, WIDTH - indent.len() - 3);
        if lines.len() == 1 {
            // The quotes behind it stand on the same line, or it takes two.
            lines = wrapped(&text, WIDTH - indent.len() - 6);
        }
        match lines.as_slice() {
            [only] => {
                self.line(&format!("{indent}{quote}{only}{quote}"));
            }
            [first, rest @ ..] => {
                self.line(&format!("{indent}{quote}{first}"));
                for line in rest {
                    self.line(format!("{indent}{line}").trim_end());
                }
                self.line(&format!("{indent}{quote}"));
            }
            [] => {}
        }
    }

    /// `head(arguments)tail` on one line, or an argument to a line where that is too wide.
    pub(super) fn call(&mut self, indent: &str, head: &str, arguments: &[String], tail: &str) {
        self.wrapped(WIDTH, indent, head, arguments, tail);
    }

    /// The whole text, ending in one line feed.
    pub(super) fn finish(self) -> String {
        self.0.finish()
    }
}

/// A description as the inside of a docstring.
fn prose(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\\' => made.push_str("\\\\"),
            '\r' => {}
            '\n' => made.push('\n'),
            c if c.is_control() => made.push_str(&escaped(c)),
            c => made.push(c),
        }
    }
    let mut made = made.replace("\"\"\"", "\\\"\\\"\\\"");
    if made.ends_with('"') {
        made.pop();
        made.push_str("\\\"");
    }
    if made.is_empty() {
        made.push_str("Not described.");
    }
    made
}

/// The lines of a text, none wider than `width` where words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// A string as Python source.
pub(super) fn quoted(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 2);
    made.push('"');
    for c in text.chars() {
        match c {
            '"' => made.push_str("\\\""),
            '\\' => made.push_str("\\\\"),
            '\n' => made.push_str("\\n"),
            '\r' => made.push_str("\\r"),
            '\t' => made.push_str("\\t"),
            // Line ends to some readers of Python source, and marks that no eye sees.
            c if c.is_control()
                || matches!(u32::from(c), 0x2028..=0x202e | 0x2066..=0x2069 | 0xfeff) =>
            {
                made.push_str(&escaped(c));
            }
            c => made.push(c),
        }
    }
    made.push('"');
    made
}

/// A name as part of a JSON pointer, as Python source: `"/a~1b"`.
pub(super) fn pointer(name: &str) -> String {
    quoted(&format!("/{}", name.replace('~', "~0").replace('/', "~1")))
}
