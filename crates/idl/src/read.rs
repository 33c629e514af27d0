//! From text to JSON values, strictly: one value, no doubled names, no lone surrogates, bounded depth. Knows nothing of
//! the IDL.

use crate::refusal::{Refusal, Refusals, member};
use serde_json::{Map, Number, Value};

/// Deepest nesting of arrays and objects, as everywhere in crossplug.
const MAX_DEPTH: usize = 128;

/// A text that is JSON, and what it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// For messages: a path or a URL.
    pub source: String,
    /// The value; objects keep their order.
    pub root: Value,
}

/// Reads a document.
///
/// ```
/// let document = crossplug_idl::read::parse(r#"{"idl":"1"}"#, "my.json").unwrap();
/// assert_eq!(document.root["idl"], "1");
/// let refusals = crossplug_idl::read::parse(r#"{"a":1,"\u0061":2}"#, "my.json").unwrap_err();
/// assert_eq!(refusals[0].pointer, "/a");
/// ```
///
/// # Errors
/// Every doubled name, and the first place at which the text stops being JSON, with line and column.
pub fn parse(text: &str, source_name: &str) -> Result<Document, Vec<Refusal>> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        refusals: Refusals::default(),
    };
    match reader.document() {
        Ok(root) if reader.refusals.is_empty() => Ok(Document {
            source: source_name.to_owned(),
            root,
        }),
        Ok(_) => Err(reader.refusals.into_vec()),
        Err(Stop {
            pointer,
            what,
            cure,
        }) => {
            let place = place(text, reader.at);
            reader
                .refusals
                .refuse(&pointer, format!("{place}: {what}"), cure);
            Err(reader.refusals.into_vec())
        }
    }
}

/// Line and column, both from 1, columns in characters.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    format!("line {line}, column {column}")
}

/// Why reading cannot go on.
struct Stop {
    pointer: String,
    what: String,
    cure: String,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    refusals: Refusals,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Value, Stop> {
        let value = self.value("")?;
        self.space();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(stop(
                "",
                "something follows the value",
                "keep one JSON value in the file",
            )),
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn value(&mut self, pointer: &str) -> Result<Value, Stop> {
        self.space();
        match self.peek() {
            Some(b'{') => self.nested(pointer, Self::object),
            Some(b'[') => self.nested(pointer, Self::array),
            Some(b'"') => self.string(pointer).map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(pointer),
            _ => self.word(pointer),
        }
    }

    fn word(&mut self, pointer: &str) -> Result<Value, Stop> {
        for (word, value) in [
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("null", Value::Null),
        ] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(match self.rest().chars().next() {
            None => stop(
                pointer,
                "the text ends where a value belongs",
                "finish the document",
            ),
            Some('\u{feff}') => stop(
                pointer,
                "a byte order mark",
                "save the file as UTF-8 without one",
            ),
            Some('/') => stop(pointer, "a comment", "JSON has none; use \"description\""),
            Some('\'') => stop(pointer, "a single quote", "write strings in double quotes"),
            Some('}' | ']') => stop(
                pointer,
                "a value is missing here",
                "remove the comma before it",
            ),
            Some(found) => stop(
                pointer,
                format!("`{}` does not begin a JSON value", found.escape_debug()),
                "write a string in double quotes, a number, true, false, null, an array or an object",
            ),
        })
    }

    fn nested(
        &mut self,
        pointer: &str,
        read: fn(&mut Self, &str) -> Result<Value, Stop>,
    ) -> Result<Value, Stop> {
        if self.depth == MAX_DEPTH {
            let what = format!("nesting deeper than {MAX_DEPTH}");
            return Err(stop(pointer, what, "give inner types names in $defs"));
        }
        self.at += 1;
        self.depth += 1;
        let value = read(self, pointer);
        self.depth -= 1;
        value
    }

    fn array(&mut self, pointer: &str) -> Result<Value, Stop> {
        let mut items = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            let place = member(pointer, &items.len().to_string());
            items.push(self.value(&place)?);
            self.space();
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            if !self.take(b',') {
                return Err(stop(
                    &place,
                    "no `,` or `]` after an element",
                    "add the one that is missing",
                ));
            }
        }
    }

    fn object(&mut self, pointer: &str) -> Result<Value, Stop> {
        let mut members = Map::new();
        self.space();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            match self.peek() {
                Some(b'"') => {}
                Some(b'/' | b'\'') => {
                    self.word(pointer)?;
                }
                _ => {
                    let cure = "write the next member's name in double quotes, and no `,` after the last member";
                    return Err(stop(pointer, "no name of a member here", cure));
                }
            }
            let name = self.string(pointer)?;
            let place = member(pointer, &name);
            self.space();
            if !self.take(b':') {
                return Err(stop(&place, "no `:` after the name", "add it"));
            }
            let value = self.value(&place)?;
            if members.contains_key(&name) {
                let what = format!(
                    "the name \"{}\" stands twice in one object",
                    name.escape_debug()
                );
                self.refusals
                    .refuse(&place, what, "keep one of the two, or rename one");
            } else {
                members.insert(name, value);
            }
            self.space();
            if self.take(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.take(b',') {
                return Err(stop(
                    &place,
                    "no `,` or `}` after a member",
                    "add the one that is missing",
                ));
            }
        }
    }

    fn number(&mut self, pointer: &str) -> Result<Value, Stop> {
        let rest = self.rest();
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            .count();
        let text = rest.get(..length).unwrap_or_default();
        match serde_json::from_str::<Number>(text) {
            Ok(number) => {
                self.at += length;
                Ok(Value::Number(number))
            }
            Err(_) => Err(stop(
                pointer,
                format!("`{text}` is not a JSON number, or too large for a 64-bit float"),
                "write digits without leading zeros, and a fraction or exponent only with digits behind it",
            )),
        }
    }

    fn string(&mut self, pointer: &str) -> Result<String, Stop> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape(pointer)?);
                }
                Some(_) => {
                    let cure = "write it as an escape: \\n for a line feed, \\t for a tab";
                    return Err(stop(pointer, "a control character inside a string", cure));
                }
                None => {
                    return Err(stop(
                        pointer,
                        "a string does not end",
                        "add the closing quote",
                    ));
                }
            }
        }
    }

    fn escape(&mut self, pointer: &str) -> Result<char, Stop> {
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(pointer),
            _ => {
                self.at -= 1;
                let cure = "escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits; write a backslash as \\\\";
                return Err(stop(pointer, "an escape that JSON does not have", cure));
            }
        })
    }

    fn unicode(&mut self, pointer: &str) -> Result<char, Stop> {
        let lone = || {
            let cure = "write the character itself, or both halves of the pair";
            stop(pointer, "half of a surrogate pair", cure)
        };
        let first = self.hex(pointer)?;
        let code = match first {
            0xd800..=0xdbff => {
                if !self.rest().starts_with("\\u") {
                    return Err(lone());
                }
                self.at += 2;
                let second = self.hex(pointer)?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(lone());
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(lone)
    }

    fn hex(&mut self, pointer: &str) -> Result<u32, Stop> {
        let digits = self
            .rest()
            .get(..4)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(stop(
                pointer,
                "`\\u` without four hex digits",
                "write for example \\u00e9",
            )),
        }
    }
}

fn stop(pointer: &str, what: impl Into<String>, cure: impl Into<String>) -> Stop {
    Stop {
        pointer: pointer.to_owned(),
        what: what.into(),
        cure: cure.into(),
    }
}
