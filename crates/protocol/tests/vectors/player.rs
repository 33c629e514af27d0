//! Plays vectors against generated Rust types, in JSON and in MessagePack: verdict, reason, pointer, and the way back. Whoever
//! includes it has the types; it knows them by name only.

use std::path::{Path, PathBuf};

use crossplug_protocol::codec::{self, DecodeError, EncodeError, ForType, Reason, Wire};
use crossplug_protocol::handshake::Encoding;
use serde_json::Value;

#[path = "matching.rs"]
mod matching;

use matching::same;

/// Types by interface and name.
pub(crate) trait Table {
    /// Does something with a type.
    fn with_type<V: ForType>(&self, interface: &str, name: &str, visitor: V) -> Option<V::Output>;
}

/// Reads a document as one type and writes it again.
struct RoundTrip<'a>(&'a str);

impl ForType for RoundTrip<'_> {
    type Output = Result<Result<Vec<u8>, EncodeError>, DecodeError>;

    fn visit<W: Wire>(self) -> Self::Output {
        codec::decode::<W>(self.0.as_bytes()).map(|value| codec::encode::<W>(&value))
    }
}

/// Reads a MessagePack document as one type, writes it, reads that again and writes it as JSON.
struct Packed<'a>(&'a [u8]);

impl ForType for Packed<'_> {
    type Output = Result<Result<Vec<u8>, String>, DecodeError>;

    fn visit<W: Wire>(self) -> Self::Output {
        let value = Encoding::Msgpack.decode::<W>(self.0)?;
        let again = || {
            let packed = Encoding::Msgpack
                .encode::<W>(&value)
                .map_err(|error| format!("packing: {error}"))?;
            let value = Encoding::Msgpack
                .decode::<W>(&packed)
                .map_err(|error| format!("unpacking what was packed: {error}"))?;
            codec::encode::<W>(&value).map_err(|error| error.to_string())
        };
        Ok(again())
    }
}

/// The document as MessagePack says it without knowing its type: what JSON has and no more.
fn packed(document: &Value) -> Vec<u8> {
    Encoding::Msgpack.encode::<codec::Any>(document).unwrap()
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

/// A document as deep as the laws allow is deeper than serde_json likes.
fn parsed(document: &str) -> Value {
    let mut reader = serde_json::Deserializer::from_str(document);
    reader.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut reader).unwrap()
}

fn valid(table: &impl Table, interface: &str, name: &str, case: &Value) -> Result<(), String> {
    let document = document(case);
    let encoded = match table
        .with_type(interface, name, RoundTrip(&document))
        .unwrap()
    {
        Ok(Ok(encoded)) => encoded,
        Ok(Err(error)) => return Err(format!("{document}: {error}")),
        Err(error) => return Err(format!("{document}: {error}")),
    };
    let encoded = parsed(std::str::from_utf8(&encoded).unwrap());
    let expected = case
        .get("encodes")
        .map_or_else(|| parsed(&document), Clone::clone);
    if !same(&encoded, &expected) {
        return Err(format!(
            "{document}: encoded as {encoded}, expected {expected}"
        ));
    }
    let packed = packed(&parsed(&document));
    let unpacked = match table.with_type(interface, name, Packed(&packed)).unwrap() {
        Ok(Ok(unpacked)) => parsed(std::str::from_utf8(&unpacked).unwrap()),
        Ok(Err(error)) => return Err(format!("{document} in MessagePack: {error}")),
        Err(error) => return Err(format!("{document} in MessagePack: {error}")),
    };
    if same(&unpacked, &expected) {
        Ok(())
    } else {
        Err(format!(
            "{document}: through MessagePack {unpacked}, expected {expected}"
        ))
    }
}

fn invalid(table: &impl Table, interface: &str, name: &str, case: &Value) -> Result<(), String> {
    let document = document(case);
    let judged = table.with_type(interface, name, RoundTrip(&document));
    refused(judged.unwrap(), case).map_err(|error| format!("{document}: {error}"))?;
    if reason(case).is_about_text() {
        return Ok(());
    }
    let packed = packed(&parsed(&document));
    let judged = table.with_type(interface, name, Packed(&packed));
    refused(judged.unwrap(), case).map_err(|error| format!("{document} in MessagePack: {error}"))
}

fn reason(case: &Value) -> Reason {
    let name = case["reason"].as_str().unwrap();
    Reason::ALL
        .into_iter()
        .find(|known| known.as_str() == name)
        .unwrap()
}

fn refused<T>(judged: Result<T, DecodeError>, case: &Value) -> Result<(), String> {
    let Err(error) = judged else {
        return Err("accepted".to_owned());
    };
    let (known, pointer) = (reason(case), case["pointer"].as_str());
    if error.reason != known {
        return Err(format!(
            "refused as {error}, expected {known} at {pointer:?}"
        ));
    }
    if !known.is_about_text() && Some(error.pointer.as_str()) != pointer {
        return Err(format!(
            "refused at {:?}, expected {pointer:?}",
            error.pointer
        ));
    }
    Ok(())
}

/// How many cases were played.
pub(crate) struct Played {
    /// In JSON.
    pub(crate) cases: usize,
    /// In MessagePack: all but those that are about text.
    pub(crate) packed: usize,
}

/// Plays every file of `folder/<interface>/<Type>.json`.
pub(crate) fn play(table: &impl Table, folder: &Path) -> Played {
    let (mut types, mut cases, mut packed, mut failures) = (0, 0, 0, Vec::new());
    for path in entries(folder)
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
        let known = table
            .with_type(interface, name, RoundTrip("null"))
            .is_some();
        assert!(
            known,
            "{interface} has no type {name}: run `cargo xtask codegen`"
        );
        types += 1;
        for group in ["valid", "invalid"] {
            for case in vectors[group].as_array().unwrap() {
                cases += 1;
                packed += usize::from(group == "valid" || !reason(case).is_about_text());
                let judged = match group {
                    "valid" => valid(table, interface, name, case),
                    _ => invalid(table, interface, name, case),
                };
                if let Err(failure) = judged {
                    failures.push(format!("{interface}/{name}, {}: {failure}", case["case"]));
                }
            }
        }
    }
    println!("rust: {cases} vectors of {types} types, {packed} of them in MessagePack");
    for failure in failures.iter().take(40) {
        println!("{failure}");
    }
    assert!(
        failures.is_empty(),
        "{} of {cases} vectors fail",
        failures.len()
    );
    Played { cases, packed }
}
