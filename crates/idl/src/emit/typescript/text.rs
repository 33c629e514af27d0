//! How TypeScript spells strings, properties and regular expressions. Knows no model.

use crate::model::ConstValue;

/// Members that every object inherits: an absent one must not be taken for the inherited one.
const INHERITED: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Line ends of JavaScript, and what nobody can see.
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                out.push_str(&format!("\\u{{{:x}}}", c as u32));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The literal of a constant; also its type.
pub(super) fn literal(value: &ConstValue) -> String {
    match value {
        ConstValue::String(text) => quoted(text),
        ConstValue::Integer(number) => number.to_string(),
        ConstValue::Boolean(truth) => truth.to_string(),
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name in an interface or an object literal.
pub(super) fn property(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// The same in an object literal, where `__proto__` would set the prototype.
pub(super) fn key(name: &str) -> String {
    if name == "__proto__" {
        format!("[{}]", quoted(name))
    } else {
        property(name)
    }
}

/// Reads a member of an object that came from outside.
pub(super) fn member(object: &str, name: &str) -> String {
    if INHERITED.contains(&name) {
        format!("$.own({object}, {})", quoted(name))
    } else if is_identifier(name) {
        format!("{object}.{name}")
    } else {
        format!("{object}[{}]", quoted(name))
    }
}

/// Sets a member of an object that is being made.
pub(super) fn assign(object: &str, name: &str, value: &str) -> String {
    if INHERITED.contains(&name) {
        format!("$.put({object}, {}, {value});", quoted(name))
    } else {
        format!("{} = {value};", plain_member(object, name))
    }
}

/// A member of an object whose type is known.
pub(super) fn plain_member(object: &str, name: &str) -> String {
    if is_identifier(name) {
        format!("{object}.{name}")
    } else {
        format!("{object}[{}]", quoted(name))
    }
}

/// A pattern of the portable subset as JavaScript's `u` flag wants it: outside a class it takes no `\-`.
pub(super) fn pattern(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut in_class = false;
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('-') if !in_class => out.push('-'),
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                out.push(c);
            }
            ']' if in_class => {
                in_class = false;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{key, literal, member, pattern, property, quoted};
    use crate::model::ConstValue;

    #[test]
    fn strings_survive() {
        assert_eq!(quoted("a\"b\\c\n\u{2028}é"), r#""a\"b\\c\n\u{2028}é""#);
        assert_eq!(literal(&ConstValue::Integer(-3)), "-3");
    }

    #[test]
    fn dangerous_names_are_handled() {
        assert_eq!(property("x-y"), "\"x-y\"");
        assert_eq!(key("__proto__"), "[\"__proto__\"]");
        assert_eq!(member("from", "toString"), "$.own(from, \"toString\")");
        assert_eq!(member("from", "class"), "from.class");
    }

    #[test]
    fn a_hyphen_is_escaped_only_where_javascript_takes_it() {
        assert_eq!(pattern(r"a\-[a\-z]\]"), r"a-[a\-z]\]");
    }
}
