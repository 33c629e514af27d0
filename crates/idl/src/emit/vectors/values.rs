//! Valid values of types that have no name.

use super::doc::{Doc, Sample};
use super::samples::Maker;
use super::strings::Strings;
use crate::model::{ConstValue, IntegerFormat, Shape, Type};
use serde_json::json;

/// The value of a constant.
pub(super) fn constant(value: &ConstValue) -> Doc {
    match value {
        ConstValue::String(text) => Doc::json(text.as_str()),
        ConstValue::Integer(integer) => Doc::json(*integer),
        ConstValue::Boolean(flag) => Doc::json(*flag),
    }
}

/// Valid values of a type inside another. What has a file of its own is only looked at from outside.
pub(super) fn of_type(maker: &Maker<'_>, strings: &Strings, ty: &Type) -> Vec<Sample> {
    match ty {
        Type::Ref(id) => match maker.shape(*id) {
            Shape::Alias(inner) => of_type(maker, strings, inner),
            _ => maker
                .minimal(ty)
                .map(|doc| Sample::new("smallest", doc))
                .into_iter()
                .collect(),
        },
        Type::Boolean => [true, false]
            .map(|flag| Sample::new(flag.to_string(), Doc::json(flag)))
            .into(),
        Type::Integer(format) => integers(*format),
        Type::Number => numbers(),
        Type::String(rule) => strings.samples(rule),
        Type::Bytes => ["", "AA==", "AAA=", "AAAA", "+/+/", "/w=="]
            .map(|text| Sample::new(format!("{text:?}"), Doc::json(text)))
            .into(),
        Type::Const(value) => {
            let mut samples = vec![Sample::new("the constant", constant(value))];
            if let ConstValue::Integer(integer) = value {
                samples.push(Sample::new(
                    format!("{integer}.0"),
                    Doc::raw(format!("{integer}.0")),
                ));
            }
            samples
        }
        Type::Array(inner) => arrays(maker, strings, inner),
        Type::Map(inner) => maps(maker, strings, inner),
        Type::Nullable(inner) => {
            let mut samples = vec![Sample::new("null", Doc::json(json!(null)))];
            samples.extend(of_type(maker, strings, inner));
            samples
        }
        Type::Any => [
            json!(null),
            json!(false),
            json!(0),
            json!(-1.5e-7),
            json!(""),
            json!([]),
            json!([[[]], {}]),
            json!({"": null, "__proto__": {"a": 1}, "n\u{e4}\u{1f600}": [true]}),
        ]
        .into_iter()
        .map(|value| Sample::new(value.to_string(), Doc::json(value.clone())))
        .collect(),
    }
}

fn integers(format: IntegerFormat) -> Vec<Sample> {
    let (least, most) = range(format);
    if !matches!(format, IntegerFormat::Int64 | IntegerFormat::Uint64) {
        let limits = [least.to_string(), most.to_string()];
        let spellings = ["0", "1.0", "1e2", "-0", "-0.0", "10e-1", "0.12E+3"].map(str::to_owned);
        return spellings
            .into_iter()
            .chain(limits)
            .map(|text| Sample::new(text.clone(), Doc::raw(text)))
            .collect();
    }
    let texts = [
        "0".to_owned(),
        least.to_string(),
        most.to_string(),
        "9007199254740993".to_owned(),
    ];
    let texts = texts.map(|text| Sample::new(format!("{text:?}"), Doc::json(text)));
    let mut numbers = vec![
        ("1", "1"),
        ("1.0", "1"),
        ("1e2", "100"),
        ("-0", "0"),
        ("9007199254740991", "9007199254740991"),
    ];
    if least < 0 {
        numbers.push(("-9007199254740991", "-9007199254740991"));
    }
    let numbers = numbers.into_iter().map(|(text, integer)| {
        Sample::new(text, Doc::raw(text).encoding(format!("\"{integer}\"")))
    });
    texts.into_iter().chain(numbers).collect()
}

/// Least and most of what a JSON number or string may say.
pub(super) fn range(format: IntegerFormat) -> (i128, i128) {
    let safe = (1_i128 << 53) - 1;
    match format {
        IntegerFormat::Int8 => (i8::MIN.into(), i8::MAX.into()),
        IntegerFormat::Int16 => (i16::MIN.into(), i16::MAX.into()),
        IntegerFormat::Int32 => (i32::MIN.into(), i32::MAX.into()),
        IntegerFormat::Int64 => (i64::MIN.into(), i64::MAX.into()),
        IntegerFormat::Uint8 => (0, u8::MAX.into()),
        IntegerFormat::Uint16 => (0, u16::MAX.into()),
        IntegerFormat::Uint32 => (0, u32::MAX.into()),
        IntegerFormat::Uint64 => (0, u64::MAX.into()),
        IntegerFormat::Int64Number => (-safe, safe),
        IntegerFormat::Uint64Number => (0, safe),
    }
}

fn numbers() -> Vec<Sample> {
    [
        "0",
        "-0.0",
        "0.1",
        "1e2",
        "-1.5E+3",
        "9007199254740993",
        "123456789012345678901234567890",
        "0.1234567890123456789",
        "5e-324",
        "1e-400",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "-1.7976931348623157e308",
    ]
    .map(|text| Sample::new(text, Doc::raw(text)))
    .into()
}

fn arrays(maker: &Maker<'_>, strings: &Strings, inner: &Type) -> Vec<Sample> {
    let mut samples = vec![Sample::new("empty", Doc::array(&[]))];
    let values = of_type(maker, strings, inner);
    if let (Some(first), Some(last)) = (values.first(), values.last()) {
        samples.push(Sample::new(
            "one element",
            Doc::array(std::slice::from_ref(&first.doc)),
        ));
        let three = [last.doc.clone(), first.doc.clone(), last.doc.clone()];
        samples.push(Sample::new("three elements", Doc::array(&three)));
    }
    if values.len() > 2 {
        let docs: Vec<Doc> = values
            .into_iter()
            .take(8)
            .map(|sample| sample.doc)
            .collect();
        samples.push(Sample::new("elements of all sorts", Doc::array(&docs)));
    }
    samples
}

fn maps(maker: &Maker<'_>, strings: &Strings, inner: &Type) -> Vec<Sample> {
    let mut samples = vec![Sample::new("empty", Doc::object(&[]))];
    let values = of_type(maker, strings, inner);
    let Some(first) = values.first() else {
        return samples;
    };
    for key in ["", "__proto__", "a/b~c \u{1f600}\n"] {
        let label = format!("key {key:?}");
        samples.push(Sample::new(
            label,
            Doc::object(&[(key.to_owned(), first.doc.clone())]),
        ));
    }
    let keys = [
        "zz",
        "a",
        "constructor",
        "toString",
        "10",
        "9",
        "A",
        "\u{e4}",
    ];
    let members: Vec<(String, Doc)> = keys
        .iter()
        .zip(values.iter().cycle())
        .map(|(key, value)| ((*key).to_owned(), value.doc.clone()))
        .collect();
    samples.push(Sample::new("many keys", Doc::object(&members)));
    samples
}
