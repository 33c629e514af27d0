//! The parser of patterns. Everything outside the portable subset is refused with what to write instead.

use super::charset::Charset;
use super::{Ast, Fault};
use std::iter::Peekable;
use std::str::Chars;

/// Most repetitions that a pattern may count.
const MAX_COUNT: u32 = 1_000;
/// Deepest nesting of groups: engines recurse.
const MAX_GROUPS: usize = 32;
/// Most characters that a pattern may stand for after writing out its counts: engines write them out.
const MAX_SIZE: u64 = 10_000;

pub(super) fn parse(text: &str) -> Result<Ast, Fault> {
    let mut parser = Parser {
        chars: text.chars().peekable(),
        at: 0,
        groups: 0,
    };
    let ast = parser.alternatives()?;
    if parser.chars.peek().is_some() {
        return Err(parser.fault("`)` without a group", r"write \) for the character itself"));
    }
    if size(&ast) > MAX_SIZE {
        let what = format!("the pattern stands for more than {MAX_SIZE} characters");
        return Err(Fault {
            what,
            cure: "count less, and check the rest in code".into(),
        });
    }
    Ok(ast)
}

fn size(ast: &Ast) -> u64 {
    match ast {
        Ast::Class(_) => 1,
        Ast::Concat(parts) | Ast::Alternate(parts) => {
            parts.iter().map(size).fold(1, u64::saturating_add)
        }
        Ast::Repeat { body, min, max } => {
            size(body).saturating_mul(u64::from(max.unwrap_or(*min).max(1)))
        }
    }
}

struct Parser<'t> {
    chars: Peekable<Chars<'t>>,
    at: usize,
    groups: usize,
}

impl Parser<'_> {
    fn fault(&self, what: impl AsRef<str>, cure: impl Into<String>) -> Fault {
        let what = format!("pattern, character {}: {}", self.at.max(1), what.as_ref());
        Fault {
            what,
            cure: cure.into(),
        }
    }

    fn next(&mut self) -> Option<char> {
        let next = self.chars.next();
        self.at += usize::from(next.is_some());
        next
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.chars.peek() == Some(&c);
        if found {
            self.next();
        }
        found
    }

    fn alternatives(&mut self) -> Result<Ast, Fault> {
        let mut arms = vec![self.sequence()?];
        while self.take('|') {
            arms.push(self.sequence()?);
        }
        Ok(match arms.pop() {
            Some(only) if arms.is_empty() => only,
            Some(last) => {
                arms.push(last);
                Ast::Alternate(arms)
            }
            None => Ast::Concat(Vec::new()),
        })
    }

    fn sequence(&mut self) -> Result<Ast, Fault> {
        let mut parts = Vec::new();
        while let Some(&c) = self.chars.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let atom = self.atom()?;
            parts.push(self.repeated(atom)?);
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Ast::Concat(parts)
            }
            None => Ast::Concat(Vec::new()),
        })
    }

    fn atom(&mut self) -> Result<Ast, Fault> {
        let c = self.next().unwrap_or_default();
        match c {
            '(' => self.group(),
            '[' => self.class().map(Ast::Class),
            '\\' => {
                let c = self.escape()?;
                Ok(Ast::Class(Charset::new(vec![(c, c)])))
            }
            '.' => Err(self.fault(
                "`.` means something else in each engine",
                r"write [^\n], or \. for a full stop",
            )),
            '^' | '$' => Err(self.fault(
                format!("`{c}` is not needed: the whole text is matched anyway"),
                format!(r"remove it, or write \{c} for the character itself"),
            )),
            '*' | '+' | '?' => Err(self.fault(
                format!("`{c}` with nothing before it to repeat"),
                format!(r"write \{c} for the character itself"),
            )),
            '{' | '}' | ']' => Err(self.fault(
                format!("`{c}` without its partner"),
                format!(r"write \{c} for the character itself"),
            )),
            c => Ok(Ast::Class(Charset::new(vec![(c, c)]))),
        }
    }

    fn group(&mut self) -> Result<Ast, Fault> {
        if self.take('?') && !self.take(':') {
            let cure = "write (?:…); say look-ahead, look-behind, names and flags in code";
            return Err(self.fault("only (?:…) and (…) are groups", cure));
        }
        self.groups += 1;
        if self.groups > MAX_GROUPS {
            let what = format!("groups nested deeper than {MAX_GROUPS}");
            return Err(self.fault(what, "write it flatter"));
        }
        let ast = self.alternatives()?;
        self.groups -= 1;
        if !self.take(')') {
            return Err(self.fault("a group does not end", "add `)`"));
        }
        Ok(ast)
    }

    fn escape(&mut self) -> Result<char, Fault> {
        match self.next() {
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(c) if r"\.+*?()[]{}|^$/-".contains(c) => Ok(c),
            None => Err(self.fault(r"`\` at the end", r"write \\ for the character itself")),
            Some(c) => {
                let cure = match c {
                    'd' => "write [0-9]".to_owned(),
                    'D' => "write [^0-9]".to_owned(),
                    'w' => "write [A-Za-z0-9_]".to_owned(),
                    'W' => "write [^A-Za-z0-9_]".to_owned(),
                    's' => r"write [ \t\r\n]".to_owned(),
                    'S' => r"write [^ \t\r\n]".to_owned(),
                    'A' | 'Z' | 'z' => "remove it: the whole text is matched anyway".to_owned(),
                    'b' | 'B' => "write out what stands around the word".to_owned(),
                    '0'..='9' => "write the group out again".to_owned(),
                    'u' | 'x' => {
                        r#"write the character itself; JSON's own "\u00e9" does"#.to_owned()
                    }
                    'p' | 'P' => "write out the ranges".to_owned(),
                    c => format!("write {c} without the backslash"),
                };
                let shown = c.escape_debug();
                Err(self.fault(
                    format!(r"`\{shown}` does not mean the same in every engine"),
                    cure,
                ))
            }
        }
    }

    fn class(&mut self) -> Result<Charset, Fault> {
        let negated = self.take('^');
        let mut ranges = Vec::new();
        loop {
            if self.take(']') {
                break;
            }
            let Some(first) = self.class_char()? else {
                return Err(self.fault("a class does not end", "add `]`"));
            };
            let mut ahead = self.chars.clone();
            let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
            if !is_range {
                ranges.push((first, first));
                continue;
            }
            self.next();
            let Some(last) = self.class_char()? else {
                return Err(self.fault("a class does not end", "add `]`"));
            };
            if last < first {
                let what = format!(
                    "the range {}-{} runs backwards",
                    first.escape_debug(),
                    last.escape_debug()
                );
                return Err(self.fault(what, "swap its ends"));
            }
            ranges.push((first, last));
        }
        let set = Charset::new(ranges);
        let set = if negated { set.complement() } else { set };
        if set.is_empty() || (negated && set.complement().is_empty()) {
            return Err(self.fault(
                "a class that says nothing",
                "name characters between [ and ]",
            ));
        }
        Ok(set)
    }

    fn class_char(&mut self) -> Result<Option<char>, Fault> {
        match self.next() {
            Some('\\') => self.escape().map(Some),
            Some('[') => Err(self.fault(
                "`[` inside a class",
                r"write \[ for the character itself; there are no named classes",
            )),
            other => Ok(other),
        }
    }

    fn repeated(&mut self, body: Ast) -> Result<Ast, Fault> {
        let (min, max) = match self.chars.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => self.counts()?,
            _ => return Ok(body),
        };
        self.next();
        if matches!(self.chars.peek(), Some('?' | '+' | '*' | '{')) {
            self.next();
            let cure = "keep one of them: lazy and possessive ones make no difference, the whole text is matched anyway";
            return Err(self.fault("two quantifiers in a row", cure));
        }
        Ok(Ast::Repeat {
            body: Box::new(body),
            min,
            max,
        })
    }

    /// Reads up to, and not over, the closing brace.
    fn counts(&mut self) -> Result<(u32, Option<u32>), Fault> {
        self.next();
        let min = self.count()?;
        let max = if self.take(',') {
            if self.chars.peek() == Some(&'}') {
                None
            } else {
                Some(self.count()?)
            }
        } else {
            Some(min)
        };
        if self.chars.peek() != Some(&'}') {
            let cure = r"write {n}, {n,} or {n,m}; \{ for the character itself";
            return Err(self.fault("a count that is not one", cure));
        }
        match max {
            Some(max) if max < min => {
                Err(self.fault("a count that runs backwards", "swap its ends"))
            }
            Some(0) => Err(self.fault("a part repeated 0 times", "remove it")),
            max => Ok((min, max)),
        }
    }

    fn count(&mut self) -> Result<u32, Fault> {
        let mut digits = String::new();
        while let Some(digit) = self.chars.peek().filter(|c| c.is_ascii_digit()).copied() {
            digits.push(digit);
            self.next();
        }
        match digits.parse::<u32>() {
            Ok(count) if count <= MAX_COUNT => Ok(count),
            Ok(_) | Err(_) if !digits.is_empty() => Err(self.fault(
                format!("a count above {MAX_COUNT}"),
                "use minLength and maxLength for lengths",
            )),
            _ => Err(self.fault(
                "a count without a number",
                r"write {n}, {n,} or {n,m}; \{ for the character itself",
            )),
        }
    }
}
