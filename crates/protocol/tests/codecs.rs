//! Documents near the vectors, changed at random: no panic, one verdict whatever way a document comes, and what was read
//! can be written and read again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "vectors/matching.rs"]
mod matching;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crossplug_protocol::codec::{self, Any, DecodeError, ForType, Wire};
use crossplug_protocol::generated::with_type;
use crossplug_protocol::handshake::Encoding;
use matching::same;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Interface, type, document.
type Seed = (String, String, Value);

fn seeds() -> &'static [Seed] {
    static SEEDS: OnceLock<Vec<Seed>> = OnceLock::new();
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths
    };
    SEEDS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/types");
        let folders = entries(&root).into_iter().filter(|path| path.is_dir());
        let mut seeds = Vec::new();
        for path in folders.flat_map(|folder| entries(&folder)) {
            let interface = path
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let vectors: Value =
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let name = vectors["type"].as_str().unwrap();
            let cases = vectors["valid"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|case| case.get("json"));
            seeds.extend(
                cases.map(|document| (interface.clone(), name.to_owned(), document.clone())),
            );
        }
        seeds
    })
}

/// A small generator of its own, so that one number makes the whole change.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

/// Something else: of every kind, at the edges of every width.
fn other(dice: &mut Dice) -> Value {
    let pool = [
        json!(null),
        json!(true),
        json!(0),
        json!(-0.0),
        json!(1.0),
        json!(1.5),
        json!(255),
        json!(256),
        json!(-129),
        json!(4_294_967_296_i64),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("0"),
        json!("-1"),
        json!("9223372036854775808"),
        json!("circle"),
        json!("red"),
        json!("AA=="),
        json!("2024-02-30"),
        json!("P1D"),
        json!([]),
        json!([null]),
        json!({}),
        json!({ "kind": "circle", "radius": 1 }),
        json!({ "radius": 1, "kind": "circle" }),
        json!({ "kind": "other" }),
    ];
    pool[dice.below(pool.len())].clone()
}

fn change(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(members) if !members.is_empty() && dice.below(4) > 0 => {
            let name = members
                .keys()
                .nth(dice.below(members.len()))
                .unwrap()
                .clone();
            match dice.below(8) {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert("unknown".to_owned(), other(dice))),
                _ => change(&mut members[&name], dice),
            }
        }
        Value::Array(list) if !list.is_empty() && dice.below(4) > 0 => {
            let at = dice.below(list.len());
            change(&mut list[at], dice);
        }
        place => *place = other(dice),
    }
}

/// Members the other way round; the last first.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .rev()
            .map(|(name, member)| (name.clone(), turned(member)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(turned).collect(),
        other => other.clone(),
    }
}

/// Reads a document in every way and gives the one verdict.
struct Judge<'a>(&'a Value);

impl ForType for Judge<'_> {
    type Output = Result<Vec<u8>, DecodeError>;

    fn visit<W: Wire>(self) -> Self::Output {
        let text = self.0.to_string();
        let of_text = codec::decode::<W>(text.as_bytes()).map(|value| codec::encode::<W>(&value));
        let of_tree = codec::decode_value::<W>(self.0).map(|value| codec::encode::<W>(&value));
        assert_eq!(of_text, of_tree, "{text}");
        let of_turned = codec::decode_value::<W>(&turned(self.0))
            .map(|value| codec::encode_value::<W>(&value).unwrap());
        assert_eq!(
            of_text.is_ok(),
            of_turned.is_ok(),
            "{text} the other way round"
        );
        let written = of_text?.unwrap_or_else(|error| panic!("{text}: read, and {error}"));
        let again = codec::decode::<W>(&written)
            .unwrap_or_else(|error| panic!("{text}: written, and {error}"));
        assert_eq!(codec::encode::<W>(&again).unwrap(), written, "{text}");
        Ok(written)
    }
}

/// Reads a document in MessagePack, by us and by somebody else's code, and gives the verdict and what is written as JSON.
struct Unpack<'a>(&'a Value);

impl ForType for Unpack<'_> {
    type Output = Result<Vec<u8>, DecodeError>;

    fn visit<W: Wire>(self) -> Self::Output {
        let text = self.0;
        let packed = Encoding::Msgpack.encode::<Any>(text).unwrap();
        let value = Encoding::Msgpack.decode::<W>(&packed)?;
        let own = Encoding::Msgpack.encode::<W>(&value).unwrap();
        let mut theirs = Vec::new();
        W::encode(&value, &mut rmp_serde::Serializer::new(&mut theirs)).unwrap();
        assert_eq!(own, theirs, "{text}");
        let seed = codec::Seed::<W>::NEW;
        let mut reader = rmp_serde::Deserializer::from_read_ref(&own);
        let read = serde::de::DeserializeSeed::deserialize(seed, &mut reader).unwrap();
        let written = codec::encode::<W>(&read).unwrap();
        let again = Encoding::Msgpack.decode::<W>(&own).unwrap();
        assert_eq!(codec::encode::<W>(&again).unwrap(), written, "{text}");
        Ok(written)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn one_verdict_and_a_way_back(seed in any::<prop::sample::Index>(), number in 1_u64.., changes in 0_usize..4) {
        let (interface, name, document) = seed.get(seeds());
        let (mut document, mut dice) = (document.clone(), Dice(number));
        for _ in 0..changes {
            change(&mut document, &mut dice);
        }
        let verdict = with_type(interface, name, Judge(&document)).unwrap();
        if let Err(error) = &verdict {
            // A pointer leads to a place in the document, unless it is about what is not there.
            prop_assert!(document.pointer(&error.pointer).is_some(), "{document}: {error}");
        }
        prop_assert!(changes > 0 || verdict.is_ok());
        match (verdict, with_type(interface, name, Unpack(&document)).unwrap()) {
            (Ok(text), Ok(packed)) => {
                let value = |written: &[u8]| serde_json::from_slice::<Value>(written).unwrap();
                prop_assert!(same(&value(&text), &value(&packed)), "{document}");
            }
            (Err(text), Err(packed)) => {
                prop_assert_eq!((text.reason, text.pointer), (packed.reason, packed.pointer), "{}", document);
            }
            (text, packed) => prop_assert!(false, "{document}: {text:?} in JSON, {packed:?} in MessagePack"),
        }
    }
}
