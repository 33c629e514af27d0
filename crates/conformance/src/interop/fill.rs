//! Values of a case that stand for longer ones, written out. Pure.

use serde_json::{Map, Value};

/// Stands for the text of the number of the call.
const NUMBER: &str = "$n";
/// `[text, times]` or `[text, times, end]`: a long text.
const REPEAT: &str = "$repeat";
/// `[from, to]` or `[from, to, step]`: the integers between, both included, as decimal texts.
const RANGE: &str = "$range";

/// Writes out what stands for something longer: `{"$repeat":[text, times, end?]}`, `{"$range":[from, to, step?]}`, and `$n`
/// in a text, which is the number of the call.
///
/// ```
/// use crossplug_conformance::interop::fill;
/// use serde_json::json;
/// assert_eq!(fill(&json!({"a": {"$repeat": ["xy", 2, "!"]}}), 0), json!({"a": "xyxy!"}));
/// assert_eq!(fill(&json!({"$range": [2, 6, 2]}), 0), json!(["2", "4", "6"]));
/// assert_eq!(fill(&json!(["$n."]), 7), json!(["7."]));
/// ```
#[must_use]
pub fn fill(value: &Value, number: usize) -> Value {
    match value {
        Value::String(text) if text.contains(NUMBER) => {
            Value::String(text.replace(NUMBER, &number.to_string()))
        }
        Value::Array(items) => items.iter().map(|item| fill(item, number)).collect(),
        Value::Object(members) => stands_for(members).unwrap_or_else(|| {
            members
                .iter()
                .map(|(name, value)| (name.clone(), fill(value, number)))
                .collect()
        }),
        other => other.clone(),
    }
}

fn stands_for(members: &Map<String, Value>) -> Option<Value> {
    if members.len() != 1 {
        return None;
    }
    if let Some(Value::Array(parts)) = members.get(REPEAT) {
        let mut text = parts
            .first()?
            .as_str()?
            .repeat(usize::try_from(parts.get(1)?.as_u64()?).ok()?);
        if let Some(end) = parts.get(2) {
            text.push_str(end.as_str()?);
        }
        return Some(Value::String(text));
    }
    let Some(Value::Array(parts)) = members.get(RANGE) else {
        return None;
    };
    let integer = |index: usize| parts.get(index).and_then(Value::as_i64);
    let (from, to, step) = (integer(0)?, integer(1)?, integer(2).unwrap_or(1).max(1));
    let step = usize::try_from(step).ok()?;
    let numbers = (from..=to).step_by(step);
    Some(
        numbers
            .map(|number| Value::String(number.to_string()))
            .collect(),
    )
}
