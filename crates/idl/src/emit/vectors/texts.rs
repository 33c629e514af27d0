//! Faults of the text itself, whatever the type says: doubled names, surrogates, depth, grammar.

use super::doc::{Doc, Fault};
use super::samples::{Maker, UNKNOWN};
use crate::model::{Object, Shape, StringRule, Type, TypeId};
use crate::refusal::member;
use serde_json::Value;

/// Faults of a definition's text. The grammar is tried in full on the first object of an interface.
pub(super) fn of_definition(maker: &Maker<'_>, id: TypeId, first_object: &mut bool) -> Vec<Fault> {
    let Shape::Object(object) = maker.shape(id) else {
        return of_others(maker, id);
    };
    let Some(minimal) = maker.minimal_definition(id) else {
        return Vec::new();
    };
    let mut faults = doubled_fields(maker, object);
    for (label, reason, pointer, added) in in_unknown_members() {
        let doc = Doc::raw(with_member(&minimal.text, &added));
        faults.push(Fault {
            label: label.to_owned(),
            reason,
            pointer,
            doc,
        });
    }
    if std::mem::take(first_object) {
        faults.extend(grammar(&minimal.text));
    }
    faults
}

/// The text with a member more.
fn with_member(object: &str, added: &str) -> String {
    let open = object.strip_suffix('}').unwrap_or(object);
    let comma = if open.len() > 1 { "," } else { "" };
    format!("{open}{comma}{added}}}")
}

/// A declared member twice: the same, and in another spelling.
fn doubled_fields(maker: &Maker<'_>, object: &Object) -> Vec<Fault> {
    let mut faults = Vec::new();
    let first = object
        .fields
        .iter()
        .find_map(|field| Some((field, maker.minimal(&field.ty)?)));
    if let Some((field, value)) = first
        && let Some(once) = maker.with(object, &field.wire, value.clone())
    {
        let pointer = member("", &field.wire);
        let plain = format!("{}:{}", Value::from(field.wire.as_str()), value.text);
        let escaped = format!("\"{}\":{}", escape(&field.wire), value.text);
        for (label, added) in [("doubled", plain), ("doubled by an escape", escaped)] {
            faults.push(Fault {
                label: format!("{} {label}", field.wire),
                reason: "duplicateKey",
                pointer: pointer.clone(),
                doc: Doc::raw(with_member(&once.text, &added)),
            });
        }
    }
    let free = Type::String(StringRule::default());
    if let Some(field) = object.fields.iter().find(|field| field.ty == free) {
        for (label, text) in [("high", r#""a\ud800""#), ("low", r#""\uDFFFz""#)] {
            if let Some(doc) = maker.with(object, &field.wire, Doc::raw(text)) {
                let label = format!("{}: lone {label} surrogate", field.wire);
                faults.push(Fault::new(label, "loneSurrogate", doc).at(&field.wire));
            }
        }
    }
    faults
}

/// Every UTF-16 unit of the name as an escape.
fn escape(name: &str) -> String {
    name.encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect()
}

/// Members that the type does not know, with what no text may have.
fn in_unknown_members() -> Vec<(&'static str, &'static str, String, String)> {
    let at = member("", UNKNOWN);
    let deep = format!("{}{}", "[".repeat(128), "]".repeat(128));
    vec![
        (
            "unknown member doubled",
            "duplicateKey",
            at.clone(),
            format!("\"{UNKNOWN}\":1,\"{UNKNOWN}\":1"),
        ),
        (
            "doubled deep inside",
            "duplicateKey",
            format!("{at}/0/b/c"),
            format!(r#""{UNKNOWN}":[{{"b":{{"c":1,"d":[],"\u0063":2}}}}]"#),
        ),
        (
            "lone high surrogate",
            "loneSurrogate",
            at.clone(),
            format!(r#""{UNKNOWN}":"\ud800""#),
        ),
        (
            "lone low surrogate",
            "loneSurrogate",
            at.clone(),
            format!(r#""{UNKNOWN}":"\udc00""#),
        ),
        (
            "surrogates the wrong way round",
            "loneSurrogate",
            at.clone(),
            format!(r#""{UNKNOWN}":"\udc00\ud800""#),
        ),
        (
            "lone surrogate in a name",
            "loneSurrogate",
            at.clone(),
            format!(r#""{UNKNOWN}":{{"\uDBFF":1}}"#),
        ),
        (
            "129 deep",
            "tooDeep",
            at.clone(),
            format!("\"{UNKNOWN}\":{deep}"),
        ),
        (
            "number that is not finite",
            "notFinite",
            at,
            format!("\"{UNKNOWN}\":[-1e400]"),
        ),
    ]
}

/// Texts that are not JSON, around and inside a good object.
fn grammar(good: &str) -> Vec<Fault> {
    let inside = |text: &str| with_member(good, &format!("\"{UNKNOWN}\":{text}"));
    let cut = good
        .get(..good.len().saturating_sub(1))
        .unwrap_or_default()
        .to_owned();
    let mut texts = vec![
        ("empty text", String::new()),
        ("white space alone", " \n".to_owned()),
        ("cut off", cut),
        ("something behind it", format!("{good} x")),
        ("two values", format!("{good}{good}")),
        ("a byte order mark", format!("\u{feff}{good}")),
        (
            "a comma too many",
            with_member(good, &format!("\"{UNKNOWN}\":1,")),
        ),
        ("a comment", format!("{good}// done")),
        ("a name without quotes", with_member(good, "name:1")),
        ("a form feed as white space", format!("\u{c}{good}")),
        ("a no-break space as white space", format!("\u{a0}{good}")),
    ];
    let values = [
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("minus Infinity", "-Infinity"),
        ("single quotes", "'a'"),
        ("a leading zero", "01"),
        ("a leading plus", "+1"),
        ("a fraction without digits", "1."),
        ("a fraction alone", ".5"),
        ("an exponent without digits", "1e"),
        ("a minus alone", "-"),
        ("hexadecimal", "0x1"),
        ("True", "True"),
        ("undefined", "undefined"),
        ("a line feed in a string", "\"a\nb\""),
        ("a tab in a string", "\"\t\""),
        ("an escape that is none", r#""\x41""#),
        ("an escape with three digits", r#""\u123""#),
        ("an escape with a sign", r#""\u+123""#),
        ("a string without end", "\"a"),
        ("a comma too many in an array", "[1,]"),
        ("a comma alone", "[,]"),
        ("no comma", "[1 2]"),
        ("no colon", "{\"a\" 1}"),
        ("a number as a name", "{1:1}"),
        ("brackets that do not match", "[1}"),
    ];
    texts.extend(values.map(|(label, value)| (label, inside(value))));
    texts
        .into_iter()
        .map(|(label, text)| Fault::new(format!("not JSON: {label}"), "notJson", Doc::raw(text)))
        .collect()
}

/// Lone surrogates where unknown text is kept.
fn of_others(maker: &Maker<'_>, id: TypeId) -> Vec<Fault> {
    match maker.shape(id) {
        Shape::Enum(_) => ["\"\\ud83d\"", "\"\\ude00\\ud83d\""]
            .map(|text| {
                Fault::new(
                    format!("lone surrogate {text}"),
                    "loneSurrogate",
                    Doc::raw(text),
                )
            })
            .into(),
        Shape::TaggedUnion(_) => {
            let Some(minimal) = maker.minimal_definition(id) else {
                return Vec::new();
            };
            let members = in_unknown_members().into_iter().take(3);
            members
                .map(|(label, reason, pointer, added)| Fault {
                    label: label.to_owned(),
                    reason,
                    pointer,
                    doc: Doc::raw(with_member(&minimal.text, &added)),
                })
                .collect()
        }
        _ => Vec::new(),
    }
}
