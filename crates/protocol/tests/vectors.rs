//! Every vector of every generated type.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "vectors/player.rs"]
mod player;

use std::path::Path;

use crossplug_protocol::codec::{self, ForType, Seed, Wire};
use crossplug_protocol::generated::with_type;
use player::{Table, parsed, same};
use serde_json::Value;

/// Reads a document, packs and unpacks it with MessagePack, which has integers and bytes of its own, and writes it.
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

/// The types of this repository.
struct Ours;

impl Table for Ours {
    fn with_type<V: ForType>(&self, interface: &str, name: &str, visitor: V) -> Option<V::Output> {
        with_type(interface, name, visitor)
    }

    fn also(
        &self,
        interface: &str,
        name: &str,
        document: &str,
        expected: &Value,
    ) -> Result<(), String> {
        let packed = self
            .with_type(interface, name, ThroughMessagePack(document))
            .unwrap();
        let packed = packed.map_err(|error| format!("{document} through MessagePack: {error}"))?;
        let packed = parsed(std::str::from_utf8(&packed).unwrap());
        if same(&packed, expected) {
            Ok(())
        } else {
            Err(format!("{document}: through MessagePack {packed}"))
        }
    }
}

#[test]
fn every_type_keeps_to_its_vectors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/types");
    let cases = player::play(&Ours, &folder);
    println!("vectors types rust {cases}");
    assert!(cases > 5000, "the corpus is smaller than it was: {cases}");
}
