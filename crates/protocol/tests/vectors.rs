//! Every vector of every generated type: verdict, reason, pointer, and the way back into text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::{Path, PathBuf};

use crossplug_protocol::codec::{self, DecodeError, EncodeError, ForType, Reason, Seed, Wire};
use crossplug_protocol::generated::with_type;
use serde_json::Value;

/// Reads a document as one type and writes it again.
struct RoundTrip<'a>(&'a str);

impl ForType for RoundTrip<'_> {
    type Output = Result<Result<Vec<u8>, EncodeError>, DecodeError>;

    fn visit<W: Wire>(self) -> Self::Output {
        codec::decode::<W>(self.0.as_bytes()).map(|value| codec::encode::<W>(&value))
    }
}

/// The same with MessagePack in between, which has integers and bytes of its own.
struct ThroughMessagePack<'a>(&'a str);

impl ForType for ThroughMessagePack<'_> {
    type Output = Result<Vec<u8>, String>;

    fn visit<W: Wire>(self) -> Self::Output {
        let value = codec::decode::<W>(self.0.as_bytes()).map_err(|error| error.to_string())?;
        let mut packed = Vec::new();
        let mut writer = rmp_serde::Serializer::new(&mut packed);
        W::encode(&value, &mut writer).map_err(|error| format!("packing: {error}"))?;
        let mut reader = rmp_serde::Deserializer::from_read_ref(&packed);
        let seed = Seed::<W>::NEW;
        let value = serde::de::DeserializeSeed::deserialize(seed, &mut reader)
            .map_err(|error| format!("unpacking: {error}"))?;
        codec::encode::<W>(&value).map_err(|error| error.to_string())
    }
}

/// Judges one case of a type: interface, type, case.
type Judge = fn(&str, &str, &Value) -> Result<(), String>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/types")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// The document of a case as it came: the text, or the value written out.
fn document(case: &Value) -> String {
    case.get("text").map_or_else(
        || case["json"].to_string(),
        |text| text.as_str().unwrap().to_owned(),
    )
}

/// Documents are compared as JSON values, numbers as 64-bit floats.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

fn valid(interface: &str, name: &str, case: &Value) -> Result<(), String> {
    let document = document(case);
    let encoded = match with_type(interface, name, RoundTrip(&document)).unwrap() {
        Ok(Ok(encoded)) => encoded,
        Ok(Err(error)) => return Err(format!("{document}: {error}")),
        Err(error) => return Err(format!("{document}: {error}")),
    };
    let encoded = parsed(std::str::from_utf8(&encoded).unwrap());
    let expected = match case.get("encodes") {
        Some(expected) => expected.clone(),
        None => parsed(&document),
    };
    if !same(&encoded, &expected) {
        return Err(format!(
            "{document}: encoded as {encoded}, expected {expected}"
        ));
    }
    let packed = with_type(interface, name, ThroughMessagePack(&document)).unwrap();
    let packed = packed.map_err(|error| format!("{document} through MessagePack: {error}"))?;
    let packed = parsed(std::str::from_utf8(&packed).unwrap());
    if same(&packed, &expected) {
        Ok(())
    } else {
        Err(format!("{document}: through MessagePack {packed}"))
    }
}

/// A document as deep as the laws allow is deeper than serde_json likes.
fn parsed(document: &str) -> Value {
    let mut reader = serde_json::Deserializer::from_str(document);
    reader.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut reader).unwrap()
}

fn invalid(interface: &str, name: &str, case: &Value) -> Result<(), String> {
    let document = document(case);
    let Err(error) = with_type(interface, name, RoundTrip(&document)).unwrap() else {
        return Err(format!("{document}: accepted"));
    };
    let reason = case["reason"].as_str().unwrap();
    let pointer = case["pointer"].as_str();
    let known = Reason::ALL
        .into_iter()
        .find(|known| known.as_str() == reason)
        .unwrap();
    if error.reason != known {
        return Err(format!(
            "{document}: refused as {error}, expected {reason} at {pointer:?}"
        ));
    }
    if !known.is_about_text() && Some(error.pointer.as_str()) != pointer {
        return Err(format!(
            "{document}: refused at {:?}, expected {pointer:?}",
            error.pointer
        ));
    }
    Ok(())
}

#[test]
fn every_type_keeps_to_its_vectors() {
    let (mut types, mut cases, mut failures) = (0, 0, Vec::new());
    for path in entries(&folder())
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|folder| entries(folder))
    {
        let interface = path
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        let vectors: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let name = vectors["type"].as_str().unwrap();
        assert!(
            with_type(interface, name, RoundTrip("null")).is_some(),
            "{interface} has no type {name}: run `cargo xtask codegen`"
        );
        types += 1;
        let judges: [(&str, Judge); 2] = [("valid", valid), ("invalid", invalid)];
        for (group, judge) in judges {
            for case in vectors[group].as_array().unwrap() {
                cases += 1;
                if let Err(failure) = judge(interface, name, case) {
                    failures.push(format!("{interface}/{name}, {}: {failure}", case["case"]));
                }
            }
        }
    }
    println!("rust: {cases} vectors of {types} types");
    for failure in failures.iter().take(40) {
        println!("{failure}");
    }
    assert!(
        failures.is_empty(),
        "{} of {cases} vectors fail",
        failures.len()
    );
    assert!(cases > 5000, "the corpus is smaller than it was: {cases}");
}
