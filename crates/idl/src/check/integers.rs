//! Integer types: width and wire.

use super::keywords::Keywords;
use super::suggest::{list, nearest};
use super::syntax::Form;
use crate::model::IntegerFormat;
use crate::refusal::Refusals;

/// An integer.
pub(super) fn integer_type(words: &Keywords<'_>, refusals: &mut Refusals) -> Form {
    const FORMATS: [(&str, IntegerFormat); 8] = [
        ("int8", IntegerFormat::Int8),
        ("int16", IntegerFormat::Int16),
        ("int32", IntegerFormat::Int32),
        ("int64", IntegerFormat::Int64),
        ("uint8", IntegerFormat::Uint8),
        ("uint16", IntegerFormat::Uint16),
        ("uint32", IntegerFormat::Uint32),
        ("uint64", IntegerFormat::Uint64),
    ];
    words.only(
        "an integer",
        &["description", "type", "format", "x-wire"],
        refusals,
    );
    let names = || FORMATS.iter().map(|(name, _)| *name);
    let cure = format!("add \"format\": {}", list(names()));
    let name = words.required_text("format", "the integer", &cure, refusals);
    let wire = words.text("x-wire", refusals);
    let Some(name) = name else {
        return Form::Invalid;
    };
    let Some((_, format)) = FORMATS.iter().find(|(known, _)| *known == name) else {
        let cure = match nearest(name, names()) {
            Some(meant) => format!("did you mean \"{meant}\"? There are {}", list(names())),
            None => format!("write {}", list(names())),
        };
        refusals.refuse(
            &words.at("format"),
            format!("an integer has no format \"{}\"", name.escape_debug()),
            cure,
        );
        return Form::Invalid;
    };
    match (wire, format) {
        (None, format) => Form::Integer(*format),
        (Some("number"), IntegerFormat::Int64) => Form::Integer(IntegerFormat::Int64Number),
        (Some("number"), IntegerFormat::Uint64) => Form::Integer(IntegerFormat::Uint64Number),
        (Some("number"), _) => {
            let what =
                format!("\"x-wire\" beside \"{name}\", which is a number on the wire anyway");
            refusals.refuse(&words.at("x-wire"), what, "remove it");
            Form::Invalid
        }
        (Some(other), _) => {
            let what = format!(
                "\"x-wire\" can only be \"number\", and this is \"{}\"",
                other.escape_debug()
            );
            refusals.refuse(
                &words.at("x-wire"),
                what,
                "write \"number\", or leave it out",
            );
            Form::Invalid
        }
    }
}
