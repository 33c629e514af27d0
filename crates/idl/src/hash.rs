//! The hash of an interface: SHA-256 over RFC 8785 of its document without descriptions.

use crate::check::integer;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Members whose names are the document's own, not keywords.
const NAMED: [&str; 6] = [
    "methods",
    "services",
    "events",
    "errors",
    "$defs",
    "properties",
];

/// Lower-case hex.
pub(crate) fn interface_hash(document: &Value) -> String {
    let mut text = String::new();
    canonical(document, false, &mut text);
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _infallible = write!(hex, "{byte:02x}");
            hex
        })
}

/// RFC 8785: members by the UTF-16 code units of their names, no space, shortest escapes. A document's numbers are
/// integers, which this form writes as such.
fn canonical(value: &Value, named: bool, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map
                .iter()
                .filter(|(name, _)| named || *name != "description")
                .collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, !named && NAMED.contains(&name.as_str()), text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                canonical(item, false, text);
            }
            text.push(']');
        }
        Value::Number(_) => match integer(value) {
            Some(exact) => text.push_str(&exact.to_string()),
            None => text.push_str(&value.to_string()),
        },
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::{canonical, interface_hash};
    use serde_json::{Value, json};

    fn text(value: &Value) -> String {
        let mut text = String::new();
        canonical(value, false, &mut text);
        text
    }

    #[test]
    fn follows_rfc_8785() {
        let value: Value = serde_json::from_str(
            "{\"\u{e000}\":1.0,\"\u{10000}\":[-0.0,true],\"a\":\"\\u000f\\n/\u{20ac}\"}",
        )
        .unwrap();
        assert_eq!(
            text(&value),
            "{\"a\":\"\\u000f\\n/\u{20ac}\",\"\u{10000}\":[0,true],\"\u{e000}\":1}"
        );
    }

    #[test]
    fn takes_out_descriptions_that_are_keywords() {
        let value = json!({"description": "gone", "$defs": {"A": {"description": "gone", "type": "object",
            "properties": {"description": {"description": "gone", "type": "string"}}}}});
        let expected =
            r#"{"$defs":{"A":{"properties":{"description":{"type":"string"}},"type":"object"}}}"#;
        assert_eq!(text(&value), expected);
        assert_eq!(interface_hash(&json!({})).len(), 64);
    }
}
