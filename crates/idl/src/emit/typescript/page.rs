//! Text that grows line by line, indented by two spaces. Knows no TypeScript.

use std::fmt::{Arguments, Write as _};

/// Lines of a file.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    depth: usize,
}

impl Page {
    /// One line, indented.
    pub(super) fn line(&mut self, line: Arguments<'_>) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        // Writing to a String cannot fail.
        let _ = self.text.write_fmt(line);
        self.text.push('\n');
    }

    /// A line, then deeper.
    pub(super) fn open(&mut self, line: Arguments<'_>) {
        self.line(line);
        self.depth += 1;
    }

    /// Back, then a line.
    pub(super) fn close(&mut self, line: Arguments<'_>) {
        self.depth = self.depth.saturating_sub(1);
        self.line(line);
    }

    /// Back, a line, and deeper again: `} catch (thrown) {`.
    pub(super) fn turn(&mut self, line: Arguments<'_>) {
        self.close(line);
        self.depth += 1;
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Another page behind this one.
    pub(super) fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
    }

    /// A doc comment. Empty lines of the prose stay.
    pub(super) fn doc(&mut self, prose: &str) {
        let safe = prose.replace("*/", "*\\/");
        let lines: Vec<&str> = safe.lines().map(str::trim_end).collect();
        match lines.as_slice() {
            [] => {}
            [one] => self.line(format_args!("/** {one} */")),
            many => {
                self.line(format_args!("/**"));
                for line in many {
                    let space = if line.is_empty() { "" } else { " " };
                    self.line(format_args!(" *{space}{line}"));
                }
                self.line(format_args!(" */"));
            }
        }
    }

    /// What is written so far.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}
