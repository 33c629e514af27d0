//! Text that grows by lines, as every language lays it out. Knows no language.

/// The lines of a file, or of a part of one.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
}

impl Lines {
    /// Begins with the header as a comment.
    pub(super) fn headed(header: &str, sign: &str) -> Self {
        let mut lines = Self::default();
        for line in header.lines() {
            lines.line(&format!("{sign} {line}"));
        }
        lines
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The lines of a text.
    pub(super) fn lines(&mut self, lines: &str) {
        for line in lines.lines() {
            self.line(line);
        }
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Puts others behind what there is.
    pub(super) fn extend(&mut self, behind: &Self) {
        self.text.push_str(&behind.text);
    }

    /// `head(arguments)tail` on one line, or an argument to a line where that is wider than `width`.
    pub(super) fn wrapped(
        &mut self,
        width: usize,
        indent: &str,
        head: &str,
        arguments: &[String],
        tail: &str,
    ) {
        let one = format!("{indent}{head}({}){tail}", arguments.join(", "));
        if one.chars().count() <= width {
            return self.line(&one);
        }
        self.line(&format!("{indent}{head}("));
        for argument in arguments {
            self.line(&format!("{indent}    {argument},"));
        }
        self.line(&format!("{indent}){tail}"));
    }

    /// The whole text, ending in one line feed.
    pub(super) fn finish(mut self) -> String {
        let kept = self.text.trim_end().len();
        self.text.truncate(kept);
        self.text.push('\n');
        self.text
    }
}
