//! MessagePack byte by byte: `schema/vectors/msgpack`, for what only bytes can say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "vectors/matching.rs"]
mod matching;

use std::path::Path;

use crossplug_protocol::codec::{self, DecodeError, ForType, Wire};
use crossplug_protocol::generated::with_type;
use crossplug_protocol::handshake::Encoding;
use matching::same;
use serde_json::Value;

/// Reads a document; gives what it is in JSON, and what is written for it.
struct Read<'a>(&'a [u8]);

impl ForType for Read<'_> {
    type Output = Result<(Vec<u8>, Vec<u8>), DecodeError>;

    fn visit<W: Wire>(self) -> Self::Output {
        let value = Encoding::Msgpack.decode::<W>(self.0)?;
        let text = codec::encode::<W>(&value).unwrap();
        Ok((text, Encoding::Msgpack.encode::<W>(&value).unwrap()))
    }
}

fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes();
    let digit = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(digit).collect()
}

fn judged(case: &Value) -> <Read<'static> as ForType>::Output {
    let (interface, name) = case["type"].as_str().unwrap().split_once('/').unwrap();
    let document = bytes(&case["hex"]);
    with_type(interface, name, Read(&document)).unwrap()
}

fn valid(case: &Value) -> Result<(), String> {
    let (text, packed) = judged(case).map_err(|error| error.to_string())?;
    let mut reader = serde_json::Deserializer::from_slice(&text);
    reader.disable_recursion_limit();
    let value: Value = serde::Deserialize::deserialize(&mut reader).unwrap();
    if !same(&value, &case["encodes"]) {
        return Err(format!("read as {value}"));
    }
    match case.get("packs").map(bytes) {
        Some(expected) if expected != packed => Err(format!("packed as {packed:02x?}")),
        _ => Ok(()),
    }
}

fn invalid(case: &Value) -> Result<(), String> {
    let Err(error) = judged(case) else {
        return Err("accepted".to_owned());
    };
    let pointer = case["pointer"].as_str().unwrap();
    let placed = error.reason.is_about_text() || error.pointer == pointer;
    if error.reason.as_str() == case["reason"].as_str().unwrap() && placed {
        Ok(())
    } else {
        Err(format!("refused as {error}"))
    }
}

#[test]
fn every_document_keeps_to_its_vector() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/msgpack");
    let (mut cases, mut failures) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut reader = serde_json::Deserializer::from_str(&text);
        reader.disable_recursion_limit();
        let vectors: Value = serde::Deserialize::deserialize(&mut reader).unwrap();
        let valid_cases = vectors["valid"].as_array().unwrap();
        let invalid_cases = vectors["invalid"].as_array().unwrap();
        let judged = valid_cases.iter().map(|case| (case, valid(case)));
        for (case, judged) in judged.chain(invalid_cases.iter().map(|case| (case, invalid(case)))) {
            cases += 1;
            if let Err(failure) = judged {
                failures.push(format!("{}: {}: {failure}", path.display(), case["case"]));
            }
        }
    }
    println!("vectors msgpack rust {cases}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(cases > 150, "the vectors are fewer than they were: {cases}");
}
