//! One type of a document: which form it has, and that it has nothing else. References are not followed here.

use super::keywords::{Keywords, foreign, integer};
use super::suggest::{list, nearest};
use super::syntax::{Form, Node};
use super::{arms, integers, objects, strings};
use crate::model::ConstValue;
use crate::names::upper_camel;
use crate::refusal::Refusals;
use serde_json::Value;

/// Where a type stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Directly under `$defs`, where it has a name.
    Definition,
    /// A field of an object: its description is read there.
    Field,
    /// Anywhere else.
    Inline,
}

/// Keywords that decide the form, most telling first.
const HEADS: [&str; 7] = ["$ref", "const", "enum", "oneOf", "anyOf", "x-any", "type"];

/// Reads a type.
pub(crate) fn node(value: &Value, pointer: &str, place: Place, refusals: &mut Refusals) -> Node {
    let form = match Keywords::open(value, pointer, "a type", refusals) {
        Some(words) => form(&words, place, refusals),
        None => Form::Invalid,
    };
    Node {
        pointer: pointer.to_owned(),
        form,
    }
}

fn form(words: &Keywords<'_>, place: Place, refusals: &mut Refusals) -> Form {
    let heads: Vec<&str> = HEADS
        .into_iter()
        .filter(|head| words.map.contains_key(*head))
        .collect();
    let Some(head) = heads.first().copied() else {
        headless(words, refusals);
        return Form::Invalid;
    };
    if place == Place::Inline {
        words.text("description", refusals);
    }
    if heads.len() > 1 {
        let what = format!("a type is one thing, and this has {}", heads.join(" and "));
        let cure = match head {
            "const" | "enum" if heads.contains(&"type") => {
                "remove \"type\"; the values say it".to_owned()
            }
            "$ref" => "remove everything beside \"$ref\" except \"description\"".to_owned(),
            _ => format!("keep one of {}", list(heads.iter().copied())),
        };
        refusals.refuse(words.pointer, what, cure);
        return Form::Invalid;
    }
    match head {
        "$ref" => reference(words, refusals),
        "const" => constant(words, refusals),
        "enum" => enumeration(words, place, refusals),
        "oneOf" => arms::one_of(words, place, refusals),
        "anyOf" => arms::any_of(words, place, refusals),
        "x-any" => {
            words.only("\"x-any\"", &["description", "x-any"], refusals);
            words.mark("x-any", refusals);
            Form::Any
        }
        _ => typed(words, place, refusals),
    }
}

fn headless(words: &Keywords<'_>, refusals: &mut Refusals) {
    let what = "nothing here says what the type is";
    let cure =
        if words.map.contains_key("properties") || words.map.contains_key("additionalProperties") {
            "add \"type\": \"object\"".to_owned()
        } else if words.map.contains_key("items") {
            "add \"type\": \"array\"".to_owned()
        } else if let Some(cure) = words.map.keys().find_map(|key| foreign(key, "a type")) {
            cure.to_owned()
        } else if let Some((key, head)) = words
            .map
            .keys()
            .find_map(|key| nearest(key, HEADS).map(|head| (key, head)))
        {
            format!(
                "did you mean \"{head}\" where \"{}\" stands?",
                key.escape_debug()
            )
        } else {
            format!(
                "write one of {}; for a value of any kind \"x-any\": true",
                list(HEADS)
            )
        };
    refusals.refuse(words.pointer, what, cure);
}

fn reference(words: &Keywords<'_>, refusals: &mut Refusals) -> Form {
    words.only("a reference", &["description", "$ref"], refusals);
    let Some(target) = words.text("$ref", refusals) else {
        return Form::Invalid;
    };
    if let Some(name) = target
        .strip_prefix("#/$defs/")
        .filter(|name| !name.contains('/'))
    {
        return Form::Ref(name.to_owned());
    }
    let name = target.rsplit(['/', '#']).next().unwrap_or_default();
    let what = format!(
        "\"{}\" is not a reference into this document",
        target.escape_debug()
    );
    refusals.refuse(
        &words.at("$ref"),
        what,
        format!(
            "put the type under \"$defs\" and write \"#/$defs/{}\"",
            upper_camel(name)
        ),
    );
    Form::Invalid
}

fn constant(words: &Keywords<'_>, refusals: &mut Refusals) -> Form {
    words.only("a const", &["description", "const"], refusals);
    let value = words.get("const").unwrap_or(&Value::Null);
    let constant = match value {
        Value::String(text) => Some(ConstValue::String(text.clone())),
        Value::Bool(flag) => Some(ConstValue::Boolean(*flag)),
        other => integer(other).map(ConstValue::Integer),
    };
    match constant {
        Some(constant) => Form::Const(constant),
        None => {
            let what = format!("a const cannot be {value}");
            let cure = "write a string, true, false, or an integer within ±(2^53 − 1)";
            refusals.refuse(&words.at("const"), what, cure);
            Form::Invalid
        }
    }
}

/// What a type could be called, from where it stands: a field's name, or a method's and what it is to the method.
fn proposed_name(pointer: &str) -> String {
    let mut tokens = pointer
        .rsplit('/')
        .filter(|token| token.starts_with(|c: char| c.is_ascii_alphabetic()));
    match tokens.next() {
        None => "Name".to_owned(),
        Some(part @ ("params" | "result" | "items" | "upload" | "payload" | "details")) => {
            upper_camel(tokens.next().unwrap_or_default()) + &upper_camel(part)
        }
        Some(name) => upper_camel(name),
    }
}

/// Refuses what needs a name and stands where it has none.
pub(super) fn needs_name(words: &Keywords<'_>, place: Place, what: &str, refusals: &mut Refusals) {
    if place != Place::Definition {
        let last = proposed_name(words.pointer);
        refusals.refuse(
            words.pointer,
            format!("{what} without a name of its own"),
            format!("move it to \"$defs\" under a name such as \"{last}\" and write {{\"$ref\": \"#/$defs/{last}\"}} here"),
        );
    }
}

fn enumeration(words: &Keywords<'_>, place: Place, refusals: &mut Refusals) -> Form {
    needs_name(words, place, "an enum", refusals);
    words.only("an enum", &["description", "enum", "x-open"], refusals);
    let values = words.texts("enum", refusals);
    if words
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
    {
        refusals.refuse(
            &words.at("enum"),
            "an enum without values",
            "list at least one string",
        );
    }
    Form::Enum {
        values,
        open: words.mark("x-open", refusals),
    }
}

fn typed(words: &Keywords<'_>, place: Place, refusals: &mut Refusals) -> Form {
    if words.get("type").is_some_and(Value::is_array) {
        let what = "\"type\" is a list";
        let cure = "for null write {\"oneOf\": [T, {\"type\": \"null\"}]}, for several kinds \"anyOf\" in \"$defs\"";
        refusals.refuse(&words.at("type"), what, cure);
        return Form::Invalid;
    }
    match words.text("type", refusals) {
        None => Form::Invalid,
        Some("boolean") => {
            words.only("a boolean", &["description", "type"], refusals);
            Form::Boolean
        }
        Some("number") => {
            words.only("a number", &["description", "type"], refusals);
            Form::Number
        }
        Some("integer") => integers::integer_type(words, refusals),
        Some("string") => strings::string(words, refusals),
        Some("array") => {
            words.only("an array", &["description", "type", "items"], refusals);
            match words.get("items") {
                Some(items) => {
                    let at = words.at("items");
                    Form::Array(Box::new(node(items, &at, Place::Inline, refusals)))
                }
                None => {
                    let cure = "add \"items\": T; for values of any kind {\"x-any\": true}";
                    refusals.refuse(words.pointer, "an array that does not say of what", cure);
                    Form::Invalid
                }
            }
        }
        Some("object") => objects::object(words, place, refusals),
        Some(other) => {
            unknown_type(words, other, refusals);
            Form::Invalid
        }
    }
}

fn unknown_type(words: &Keywords<'_>, found: &str, refusals: &mut Refusals) {
    let known = ["boolean", "integer", "number", "string", "array", "object"];
    let cure = match found.to_ascii_lowercase().as_str() {
        "null" => "null alone is no type; write {\"oneOf\": [T, {\"type\": \"null\"}]}, or leave \"result\" out".to_owned(),
        "int" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64" | "long" => {
            "write \"type\": \"integer\" with a \"format\" such as \"int32\" or \"int64\"".to_owned()
        }
        "float" | "double" | "decimal" => "write \"type\": \"number\"".to_owned(),
        "bool" => "write \"type\": \"boolean\"".to_owned(),
        "str" | "text" | "char" => "write \"type\": \"string\"".to_owned(),
        "bytes" | "binary" | "blob" => {
            "write \"type\": \"string\", \"contentEncoding\": \"base64\"".to_owned()
        }
        "list" | "set" | "tuple" => "write \"type\": \"array\" with \"items\"".to_owned(),
        "map" | "dict" | "record" => {
            "write \"type\": \"object\", \"additionalProperties\": T".to_owned()
        }
        "any" | "unknown" | "json" => "write \"x-any\": true instead of \"type\"".to_owned(),
        "date" | "date-time" | "datetime" | "duration" | "uuid" | "uri" | "url" => {
            "write \"type\": \"string\" with a \"format\": date, date-time, duration, uuid or uri".to_owned()
        }
        _ => match nearest(found, known) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("write {}, or refer to a definition with \"$ref\"", list(known)),
        },
    };
    refusals.refuse(
        &words.at("type"),
        format!("there is no type \"{}\"", found.escape_debug()),
        cure,
    );
}
