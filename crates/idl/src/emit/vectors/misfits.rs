//! Values that are wrong in themselves: integers, bytes, constants, anything.

use super::doc::{Doc, Fault};
use super::samples::STRANGER;
use super::values::{constant, range};
use crate::model::{ConstValue, IntegerFormat};

pub(super) fn integers(format: IntegerFormat) -> Vec<Fault> {
    let (least, most) = range(format);
    let raw = |text: &str, reason| Fault::new(text, reason, Doc::raw(text));
    let text = |text: &str, reason| Fault::new(format!("{text:?}"), reason, Doc::json(text));
    let mut faults = vec![raw("1.5", "notAnInteger"), raw("1e-1", "notAnInteger")];
    match format {
        IntegerFormat::Int64 | IntegerFormat::Uint64 => {
            faults.extend(
                ["9007199254740992", "9007199254740993", "1e300"].map(|t| raw(t, "beyond2p53")),
            );
            let spellings = [
                "", "+1", "01", "-0", "1.0", "1e2", " 1", "1 ", "0x1", "1_000", "\u{661}", "--1",
                "one",
            ];
            faults.extend(spellings.map(|spelling| text(spelling, "badFormat")));
            faults.push(text(&(most + 1).to_string(), "outOfRange"));
            faults.push(text(
                "99999999999999999999999999999999999999999",
                "outOfRange",
            ));
            if least < 0 {
                faults.push(raw("-9007199254740992", "beyond2p53"));
                faults.push(text(&(least - 1).to_string(), "outOfRange"));
            } else {
                faults.push(raw("-1", "outOfRange"));
                faults.push(text("-1", "badFormat"));
            }
        }
        IntegerFormat::Int64Number | IntegerFormat::Uint64Number => {
            faults.extend(["9007199254740992", "1e300"].map(|text| raw(text, "beyond2p53")));
            if least < 0 {
                faults.push(raw("-9007199254740992", "beyond2p53"));
            } else {
                faults.push(raw("-1", "outOfRange"));
            }
        }
        _ => {
            let limits = [
                (least - 1).to_string(),
                (most + 1).to_string(),
                "1e300".to_owned(),
            ];
            faults.extend(limits.map(|text| raw(&text, "outOfRange")));
        }
    }
    faults
}

pub(super) fn bytes() -> Vec<Fault> {
    [
        "A",
        "AA",
        "AA=",
        "AAA",
        "AAAAA",
        "AA==AA==",
        "AB==",
        "AAB=",
        "=",
        "====",
        "A===",
        "AA==\n",
        " AAAA",
        "AA AA",
        "-_-_",
        "AAA\u{e9}",
    ]
    .map(|text| Fault::new(format!("{text:?}"), "badBase64", Doc::json(text)))
    .into()
}

pub(super) fn constants(value: &ConstValue) -> Vec<Fault> {
    let others = match value {
        ConstValue::String(text) => {
            vec![
                Doc::json(format!("{text} ")),
                Doc::json(STRANGER),
                Doc::json(""),
            ]
        }
        ConstValue::Integer(integer) => vec![
            Doc::json(integer.wrapping_add(1)),
            Doc::json(integer.wrapping_neg().wrapping_sub(1)),
            Doc::raw(format!("{integer}.5")),
        ],
        ConstValue::Boolean(flag) => vec![Doc::json(!flag)],
    };
    let same = constant(value);
    others
        .into_iter()
        .filter(|doc| *doc != same)
        .map(|doc| Fault::new(doc.text.clone(), "unknownConst", doc))
        .collect()
}

pub(super) fn any() -> Vec<Fault> {
    vec![
        Fault::new("doubled key", "duplicateKey", Doc::raw(r#"{"b":1,"b":1}"#)).at("b"),
        Fault::new("lone surrogate", "loneSurrogate", Doc::raw(r#"["\uDC00"]"#)).at("0"),
        Fault::new("number that is not finite", "notFinite", Doc::raw("-1e999")),
    ]
}
