//! String types: format, pattern, lengths, base64.

use super::keywords::Keywords;
use super::suggest::{list, nearest};
use super::syntax::Form;
use crate::model::{StringFormat, StringRule};
use crate::pattern::Pattern;
use crate::refusal::Refusals;

const FORMATS: [(&str, StringFormat); 5] = [
    ("date-time", StringFormat::DateTime),
    ("date", StringFormat::Date),
    ("duration", StringFormat::Duration),
    ("uuid", StringFormat::Uuid),
    ("uri", StringFormat::Uri),
];

/// A string or bytes.
pub(crate) fn string(words: &Keywords<'_>, refusals: &mut Refusals) -> Form {
    if words.get("contentEncoding").is_some() {
        words.only(
            "bytes",
            &["description", "type", "contentEncoding"],
            refusals,
        );
        if let Some(other) = words.text("contentEncoding", refusals)
            && other != "base64"
        {
            let what = format!("bytes cannot be encoded as \"{}\"", other.escape_debug());
            refusals.refuse(&words.at("contentEncoding"), what, "write \"base64\"");
        }
        return Form::Bytes;
    }
    let allowed = [
        "description",
        "type",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "contentEncoding",
    ];
    words.only("a string", &allowed, refusals);
    let most = i64::from(u32::MAX);
    let length = |key, refusals: &mut Refusals| {
        words
            .integer(key, 0, most, refusals)
            .and_then(|length| u32::try_from(length).ok())
    };
    let rule = StringRule {
        format: format(words, refusals),
        pattern: pattern(words, refusals),
        min_length: length("minLength", refusals),
        max_length: length("maxLength", refusals),
    };
    if let (Some(min), Some(max)) = (rule.min_length, rule.max_length)
        && min > max
    {
        let what = format!("minLength {min} is more than maxLength {max}");
        refusals.refuse(&words.at("minLength"), what, "swap them, or correct one");
    }
    Form::String(rule)
}

fn format(words: &Keywords<'_>, refusals: &mut Refusals) -> Option<StringFormat> {
    let name = words.text("format", refusals)?;
    let known = FORMATS.iter().find(|(known, _)| *known == name);
    if known.is_none() {
        let names = || FORMATS.iter().map(|(name, _)| *name);
        let cure = match name {
            "binary" | "byte" | "bytes" | "base64" => {
                "for bytes write \"contentEncoding\": \"base64\" instead of \"format\"".to_owned()
            }
            "url" | "iri" | "uri-reference" => "write \"uri\"".to_owned(),
            "datetime" | "timestamp" | "time" => {
                "write \"date-time\", or a \"pattern\" for a time of day".to_owned()
            }
            _ => match nearest(name, names()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("write {}, or a \"pattern\"", list(names())),
            },
        };
        let what = format!("a string has no format \"{}\"", name.escape_debug());
        refusals.refuse(&words.at("format"), what, cure);
    }
    known.map(|(_, format)| *format)
}

/// The pattern in the one spelling that every engine takes.
fn pattern(words: &Keywords<'_>, refusals: &mut Refusals) -> Option<String> {
    let text = words.text("pattern", refusals)?;
    match Pattern::parse(text) {
        Ok(pattern) => Some(pattern.to_string()),
        Err(fault) => {
            refusals.refuse(&words.at("pattern"), fault.what, fault.cure);
            None
        }
    }
}
