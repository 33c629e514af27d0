//! Whether a message is the one that a case expects. Pure; must not know where either came from.

use std::fmt;

use serde_json::{Map, Value};

/// Matches any value.
const ANY: &str = "$any";
/// With the value true: the object may have further members.
const REST: &str = "$rest";

/// Codes of the protocol and the numbers that give them. Its own list: what judges shares no code with the judged.
const NUMBERS: [(&str, i64); 13] = [
    ("parseError", -32700),
    ("invalidRequest", -32600),
    ("methodNotFound", -32601),
    ("invalidParams", -32602),
    ("internal", -32603),
    ("permissionDenied", -32001),
    ("notFound", -32002),
    ("deadlineExceeded", -32003),
    ("cancelled", -32004),
    ("unavailable", -32005),
    ("resourceExhausted", -32006),
    ("failedPrecondition", -32007),
    ("protocolViolation", -32008),
];

/// The first place where a message is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// JSON pointer into the message.
    pub pointer: String,
    /// What the case says of the place, or that nothing should be there.
    pub expected: String,
    /// What stands there, or that nothing does.
    pub got: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the message itself"
        } else {
            &self.pointer
        };
        write!(
            out,
            "at {place}: expected {}, got {}",
            self.expected, self.got
        )
    }
}

/// Compares a message with what a case expects: `"$any"` stands for any value, a member `"$rest": true` lets an object
/// have further members, numbers are compared as 64-bit floats, and everything else is equal. An error of JSON-RPC
/// without `data` has the code that its number gives, as `schema/README.md` section 5 says.
///
/// # Errors
/// The first place that differs.
///
/// ```
/// use crossplug_conformance::matching::compare;
/// use serde_json::json;
///
/// let expected = json!({"id": 1, "result": {"at": "$any", "$rest": true}});
/// assert!(compare(&expected, &json!({"id": 1.0, "result": {"at": 7, "more": []}})).is_ok());
/// let mismatch = compare(&expected, &json!({"id": 1, "result": {}})).unwrap_err();
/// assert_eq!(mismatch.pointer, "/result/at");
/// ```
pub fn compare(expected: &Value, got: &Value) -> Result<(), Mismatch> {
    let mut pointer = String::new();
    match without_data(expected, got) {
        Some(expected) => compare_at(&expected, got, &mut pointer),
        None => compare_at(expected, got, &mut pointer),
    }
}

/// What is expected, less the `data` of its error: where that is a code of the protocol alone, and what came is an error
/// without `data` whose number gives the same code.
fn without_data(expected: &Value, got: &Value) -> Option<Value> {
    let got = got.get("error")?.as_object()?;
    let data = expected.pointer("/error/data")?.as_object()?;
    let nothing_else = data
        .iter()
        .all(|(name, value)| name == "code" || (name == REST && *value == Value::Bool(true)));
    let (_, number) = NUMBERS
        .iter()
        .find(|(code, _)| data.get("code").and_then(Value::as_str) == Some(code))?;
    if !nothing_else || got.contains_key("data") || got.get("code")?.as_i64() != Some(*number) {
        return None;
    }
    let mut expected = expected.clone();
    expected.get_mut("error")?.as_object_mut()?.remove("data");
    Some(expected)
}

fn compare_at(expected: &Value, got: &Value, pointer: &mut String) -> Result<(), Mismatch> {
    match (expected, got) {
        (Value::String(text), _) if text == ANY => Ok(()),
        (Value::Object(expected), Value::Object(got)) => objects(expected, got, pointer),
        (Value::Array(expected), Value::Array(got)) => arrays(expected, got, pointer),
        (Value::Number(a), Value::Number(b)) if a == b || a.as_f64() == b.as_f64() => Ok(()),
        (a, b) if a == b => Ok(()),
        (a, b) => Err(mismatch(pointer, a.to_string(), b.to_string())),
    }
}

fn objects(
    expected: &Map<String, Value>,
    got: &Map<String, Value>,
    pointer: &mut String,
) -> Result<(), Mismatch> {
    let open = expected.get(REST) == Some(&Value::Bool(true));
    for (name, value) in expected.iter().filter(|(name, _)| !(open && *name == REST)) {
        below(pointer, name, |pointer| match got.get(name) {
            Some(found) => compare_at(value, found, pointer),
            None => Err(mismatch(pointer, value.to_string(), "nothing".to_owned())),
        })?;
    }
    let surplus = got
        .iter()
        .find(|(name, _)| !open && !expected.contains_key(*name));
    match surplus {
        Some((name, value)) => below(pointer, name, |pointer| {
            Err(mismatch(pointer, "nothing".to_owned(), value.to_string()))
        }),
        None => Ok(()),
    }
}

fn arrays(expected: &[Value], got: &[Value], pointer: &mut String) -> Result<(), Mismatch> {
    for index in 0..expected.len().max(got.len()) {
        below(pointer, &index.to_string(), |pointer| {
            match (expected.get(index), got.get(index)) {
                (Some(expected), Some(got)) => compare_at(expected, got, pointer),
                (expected, got) => {
                    let say =
                        |side: Option<&Value>| side.map_or("nothing".to_owned(), Value::to_string);
                    Err(mismatch(pointer, say(expected), say(got)))
                }
            }
        })?;
    }
    Ok(())
}

/// Runs a step one level down, with the pointer to match.
fn below<T>(pointer: &mut String, name: &str, step: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    let result = step(pointer);
    pointer.truncate(length);
    result
}

fn mismatch(pointer: &str, expected: String, got: String) -> Mismatch {
    Mismatch {
        pointer: pointer.to_owned(),
        expected,
        got,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_named() {
        let expected = json!({"a": [{"b~/c": 1}], "d": "$any"});
        assert_eq!(
            compare(&expected, &json!({"a": [{"b~/c": 1.0}], "d": null})),
            Ok(())
        );
        let at = |got: Value| compare(&expected, &got).unwrap_err().pointer;
        assert_eq!(at(json!({"a": [{"b~/c": 2}], "d": 0})), "/a/0/b~0~1c");
        assert_eq!(at(json!({"a": [], "d": 0})), "/a/0");
        assert_eq!(at(json!({"a": [{"b~/c": 1}, 2], "d": 0})), "/a/1");
        assert_eq!(
            at(json!({"a": [{"b~/c": 1}]})),
            "/d",
            "`$any` is a value, not nothing"
        );
        assert_eq!(at(json!({"a": [{"b~/c": 1}], "d": 0, "e": 0})), "/e");
        assert_eq!(at(json!([])), "");
    }

    #[test]
    fn rest_holds_for_its_own_object_alone() {
        let expected = json!({"$rest": true, "a": {}});
        assert_eq!(compare(&expected, &json!({"a": {}, "b": 1})), Ok(()));
        assert_eq!(
            compare(&expected, &json!({"a": {"b": 1}}))
                .unwrap_err()
                .pointer,
            "/a/b"
        );
        assert_eq!(
            compare(&json!({"$rest": false}), &json!({}))
                .unwrap_err()
                .pointer,
            "/$rest"
        );
    }

    #[test]
    fn the_number_gives_the_code_where_data_is_missing() {
        let reply = |number: i64, data: Value| {
            let error = match data {
                Value::Null => json!({"code": number, "message": "$any"}),
                data => json!({"code": number, "message": "$any", "data": data}),
            };
            json!({"id": 1, "error": error})
        };
        let fits = |number, data| compare(&reply(number, data), &reply(number, json!(null)));
        assert_eq!(fits(-32601, json!({"code": "methodNotFound"})), Ok(()));
        assert_eq!(
            fits(-32004, json!({"code": "cancelled", "$rest": true})),
            Ok(())
        );
        for (number, data) in [
            (-32601, json!({"code": "notFound"})),
            (-32100, json!({"code": "outOfPaper"})),
            (-32602, json!({"code": "invalidParams", "details": "$any"})),
            (-32603, json!("$any")),
        ] {
            assert_eq!(fits(number, data).unwrap_err().pointer, "/error/data");
        }
        let expected = reply(-32601, json!({"code": "methodNotFound", "$rest": true}));
        let at = |got: Value| compare(&expected, &got).unwrap_err().pointer;
        assert_eq!(at(reply(-32602, json!(null))), "/error/code");
        assert_eq!(
            at(reply(-32601, json!({"code": "notFound"}))),
            "/error/data/code"
        );
        assert_eq!(at(reply(-32601, json!({}))), "/error/data/code");
    }

    #[test]
    fn kinds_are_not_confused() {
        for (a, b) in [
            (json!(null), json!(false)),
            (json!("1"), json!(1)),
            (json!([]), json!({})),
        ] {
            assert!(compare(&a, &b).is_err(), "{a} {b}");
        }
    }
}
