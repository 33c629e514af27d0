//! Whether a message is the one that a vector expects.

use serde_json::Value;

/// `"$any"` matches any value, `"$rest": true` lets an object have further members, numbers are compared as floats.
pub(crate) fn matches(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::String(any), _) if any == "$any" => true,
        (Value::Object(expected), Value::Object(got)) => {
            let rest = expected.get("$rest") == Some(&Value::Bool(true));
            let named = || expected.iter().filter(|(name, _)| *name != "$rest");
            named().all(|(name, value)| got.get(name).is_some_and(|got| matches(value, got)))
                && (rest || named().count() == got.len())
        }
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len()
                && expected
                    .iter()
                    .zip(got)
                    .all(|(expected, got)| matches(expected, got))
        }
        (Value::Number(expected), Value::Number(got)) => expected.as_f64() == got.as_f64(),
        _ => expected == got,
    }
}

#[test]
fn a_matcher_that_can_say_no() {
    use serde_json::json;
    let expected = json!({"a": "$any", "b": {"$rest": true}, "c": [1, 2]});
    assert!(matches(
        &expected,
        &json!({"a": null, "b": {"x": 1}, "c": [1.0, 2]})
    ));
    for got in [
        json!({"b": {}, "c": [1, 2]}),
        json!({"a": 1, "b": {}, "c": [1]}),
        json!({"a": 1, "b": {}, "c": [1, 3]}),
        json!({"a": 1, "b": {}, "c": [1, 2], "d": 4}),
        json!({"a": 1, "b": [], "c": [1, 2]}),
    ] {
        assert!(!matches(&expected, &got), "{got}");
    }
}
