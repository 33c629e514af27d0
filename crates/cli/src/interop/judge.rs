//! Whether what came is what a case says. Pure.

use crossplug_conformance::matching::compare;
use crossplug_conformance::packed::as_expected;
use crossplug_host::protocol::handshake::Encoding;
use crossplug_host::{Error, Payload};
use serde_json::{Map, Value};

/// Values too long to be read by a person are cut here.
const SHOWN: usize = 400;

/// Holds an outcome to the one that a case says.
pub(super) fn outcome(
    expected: &Result<Value, Value>,
    got: Result<Payload, Error>,
) -> Result<(), String> {
    match (expected, got) {
        (Ok(expected), Ok(got)) => {
            let value = got.value().map_err(|error| error.to_string())?;
            fits(expected, &value, got.encoding())
        }
        (Err(expected), Err(got)) => same_error(expected, &got),
        (Ok(expected), Err(got)) => {
            Err(format!("expected {}, got the error {got}", short(expected)))
        }
        (Err(expected), Ok(got)) => {
            let got = got.value().unwrap_or(Value::Null);
            Err(format!(
                "expected the error {expected}, got {}",
                short(&got)
            ))
        }
    }
}

/// Holds what came of a plugin to a value of a case: in MessagePack an integer does where its decimal string is expected.
pub(super) fn fits(expected: &Value, got: &Value, encoding: Encoding) -> Result<(), String> {
    match encoding {
        Encoding::Json => same(expected, got),
        _ => same(expected, &as_expected(expected, got)),
    }
}

/// Holds a value to one of a case.
pub(super) fn same(expected: &Value, got: &Value) -> Result<(), String> {
    compare(expected, got).map_err(|mismatch| {
        let place = if mismatch.pointer.is_empty() {
            "the value"
        } else {
            &mismatch.pointer
        };
        format!(
            "{place}: expected {}, got {}",
            cut(&mismatch.expected),
            cut(&mismatch.got)
        )
    })
}

/// Of an error a case says the kind and as much more as it likes.
fn same_error(expected: &Value, got: &Error) -> Result<(), String> {
    let mut seen = Map::new();
    seen.insert("kind".to_owned(), got.kind().as_str().into());
    if let Some(error) = got.plugin_error() {
        seen.insert("code".to_owned(), error.code.as_str().into());
        seen.insert("message".to_owned(), error.message.as_str().into());
        if let Some(details) = &error.details {
            seen.insert("details".to_owned(), Value::clone(details));
        }
    }
    seen.retain(|name, _| expected.get(name).is_some());
    same(expected, &Value::Object(seen)).map_err(|what| format!("{what} ({got})"))
}

pub(super) fn short(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!(
            "{}… ({} bytes)",
            text.get(..end).unwrap_or_default(),
            text.len()
        ),
        None => text.to_owned(),
    }
}
