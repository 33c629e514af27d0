//! A page of Rust: lines, docs, wrapped signatures. Knows no model.

/// The widest line that rustfmt leaves alone.
const WIDTH: usize = 100;

/// Text that grows by lines.
pub(super) struct Page {
    text: String,
}

impl Page {
    /// Begins with the header as a comment.
    pub(super) fn new(header: &str) -> Self {
        let mut page = Self {
            text: String::new(),
        };
        for line in header.lines() {
            page.line(&format!("// {line}"));
        }
        page
    }

    /// Without a header: to be put behind the imports that it turns out to need.
    pub(super) const fn part() -> Self {
        Self {
            text: String::new(),
        }
    }

    /// Whether the code, comments aside, names something.
    pub(super) fn names(&self, name: &str) -> bool {
        let code = self
            .text
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
        self.text.push_str(&part.text);
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn lines(&mut self, lines: &str) {
        for line in lines.lines() {
            self.line(line);
        }
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
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
        let one = format!("{indent}{head}({}){tail}", arguments.join(", "));
        if one.chars().count() <= WIDTH {
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
