//! Finds every mistake of a manifest against its type, though decoding stops at the first: a place that is wrong is
//! noted, mended with something neutral, and the whole decoded again. The generated type stays the only list of rules.
//! What comes out of a manifest with mistakes is fit for looking for more of them, never for use.

use std::collections::HashMap;

use crossplug_protocol::codec::{self, DecodeError, Reason};
use crossplug_protocol::generated::manifest::Manifest;
use serde_json::{Value, json};

use super::tolerate::join;
use crate::finding::Findings;

pub(super) fn decode_all(mut value: Value, findings: &mut Findings) -> Option<Manifest> {
    let mut tries: HashMap<String, usize> = HashMap::new();
    loop {
        let error = match codec::decode_value::<Manifest>(&value) {
            Ok(manifest) => return Some(manifest),
            Err(error) => error,
        };
        let pointer = place(&error);
        let tried = tries.entry(pointer.clone()).or_default();
        // What stands inside of a mended place is ours, not the author's.
        if *tried == 0 && !findings.has_error_at(&pointer) {
            findings.error(
                pointer.clone(),
                error.message.clone(),
                advice(&pointer, error.reason),
            );
        }
        let mended = neutral(*tried).is_some_and(|neutral| put(&mut value, &pointer, neutral));
        *tried += 1;
        if !mended || findings.is_full() {
            return None;
        }
    }
}

/// Where the mistake is; for a missing member, where it should stand.
fn place(error: &DecodeError) -> String {
    match error.reason {
        Reason::MissingField => match error.message.split('`').nth(1) {
            Some(name) => join(&error.pointer, name),
            None => error.pointer.clone(),
        },
        _ => error.pointer.clone(),
    }
}

/// What to put in place of a mistake, one after the other until one fits: nothing, text, and the other kinds.
fn neutral(tried: usize) -> Option<Option<Value>> {
    // GET is for a route's method, the one closed enum that is required.
    let kinds = [
        json!("a"),
        json!("GET"),
        json!([]),
        json!({}),
        json!(false),
        json!(0),
    ];
    let neutral = std::iter::once(None).chain(kinds.into_iter().map(Some));
    neutral.into_iter().nth(tried)
}

/// Takes a member out, or puts a value in its place. An element of a list is never taken out: those behind it would move.
fn put(value: &mut Value, pointer: &str, neutral: Option<Value>) -> bool {
    let Some((parent, token)) = pointer.rsplit_once('/') else {
        return false;
    };
    let name = token.replace("~1", "/").replace("~0", "~");
    match (value.pointer_mut(parent), neutral) {
        (Some(Value::Object(members)), None) => {
            members.shift_remove(&name);
            true
        }
        (Some(Value::Object(members)), Some(neutral)) => {
            members.insert(name, neutral);
            true
        }
        (Some(Value::Array(elements)), neutral) => {
            match (
                name.parse::<usize>()
                    .ok()
                    .and_then(|index| elements.get_mut(index)),
                neutral,
            ) {
                (Some(element), Some(neutral)) => {
                    *element = neutral;
                    true
                }
                (Some(_), None) => true,
                (None, _) => false,
            }
        }
        _ => false,
    }
}

fn advice(pointer: &str, reason: Reason) -> &'static str {
    match (pointer, reason) {
        ("/name", Reason::BadPattern) => {
            "write lower-case letters, digits and `-`, a letter first, as in `my-plugin`"
        }
        ("/doors/module/python", Reason::BadPattern) => {
            "write the dotted name that `import` takes, as in `my_plugin`"
        }
        ("/doors/socket/listen", Reason::ClosedEnum) => "write `plugin` or `host`",
        ("/interop/protocol", Reason::ClosedEnum) => "write `wasm`, `ffi`, `ipc` or `native`",
        (place, Reason::ClosedEnum | Reason::MissingField) if is_method(place) => {
            "write one of GET, POST, PUT, PATCH, DELETE and STATIC as its `method`"
        }
        ("/doors/process/command", Reason::WrongKind) => {
            "write each argument by itself, as in `[\"python3\", \"plugin.py\"]`"
        }
        (_, reason) => cure(reason),
    }
}

fn is_method(pointer: &str) -> bool {
    pointer.starts_with("/routes/") && pointer.ends_with("/method")
}

/// What to do about a mistake of that kind.
pub(super) fn cure(reason: Reason) -> &'static str {
    match reason {
        Reason::MissingField => "add it",
        Reason::WrongKind => "write a value of the kind that is expected",
        Reason::OutOfRange | Reason::NotAnInteger | Reason::Beyond2p53 => {
            "write a whole number within the range"
        }
        Reason::ClosedEnum | Reason::UnknownConst | Reason::UnknownTag | Reason::MissingTag => {
            "write one of the values that are known"
        }
        Reason::DuplicateKey => "keep one of the two",
        Reason::LoneSurrogate => "write the character itself, or both halves of the pair",
        Reason::NullForAbsent => "leave the member out",
        Reason::BadLength => "write something",
        Reason::TooDeep => "nest less deeply",
        Reason::NotFinite => "write a smaller number",
        Reason::NotJson => {
            "write one JSON document in UTF-8; no comments, no comma behind the last member"
        }
        Reason::BadBase64 | Reason::BadFormat | Reason::BadPattern => {
            "write it in the form that is expected"
        }
        _ => "see schema/manifest.json",
    }
}
