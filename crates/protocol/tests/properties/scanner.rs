//! The scanner accepts what `serde_json` accepts, but for our further laws; and it finds the same members.

use std::collections::HashSet;
use std::fmt;

use crossplug_protocol::json::{self, Reason, Scanner};
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A reader that checks what `serde_json` alone does not: names that stand twice.
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Self;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(Self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("twice"));
            }
            map.next_value::<Self>()?;
        }
        Ok(Self)
    }
}

/// Asserts that both agree, and that members and strings are found alike.
fn agree(text: &[u8]) {
    let ours = json::check(text, 100);
    let theirs = serde_json::from_slice::<Strict>(text);
    if ours
        .as_ref()
        .is_err_and(|error| error.reason == Reason::TooDeep)
    {
        return;
    }
    assert_eq!(
        ours.is_ok(),
        theirs.is_ok(),
        "{:?}: {ours:?}, {:?}",
        String::from_utf8_lossy(text),
        theirs.err()
    );
    let Ok(value) = serde_json::from_slice::<Value>(text) else {
        return;
    };
    if ours.is_ok() {
        same(text, &value);
        let mut scanner = Scanner::new(100);
        if let Value::Object(members) = &value {
            let object = scanner.object(text).unwrap();
            let found: Vec<_> = object.iter().collect();
            let walked: Vec<_> = json::members(text).collect();
            assert_eq!(found.len(), members.len());
            for (((name, raw), (walked_name, walked)), (expected, value)) in
                found.iter().zip(&walked).zip(members)
            {
                assert_eq!((name, &**name), (walked_name, expected.as_str()));
                assert_eq!(raw.as_bytes(), *walked);
                assert_eq!(serde_json::from_slice::<Value>(walked).unwrap(), *value);
            }
        }
    }
}

/// Walks through a checked text and compares everything that the walk can say.
fn same(raw: &[u8], value: &Value) {
    match value {
        Value::Null => assert!(json::is_null(raw)),
        Value::Bool(b) => assert_eq!(json::boolean(raw), Some(*b)),
        Value::Number(n) => assert_eq!(json::number(raw), n.as_f64()),
        Value::String(text) => assert_eq!(json::text(raw).as_deref(), Some(text.as_str())),
        Value::Array(values) => {
            let elements: Vec<_> = json::elements(raw).collect();
            assert_eq!(
                elements.len(),
                values.len(),
                "{:?}",
                String::from_utf8_lossy(raw)
            );
            elements
                .iter()
                .zip(values)
                .for_each(|(raw, value)| same(raw, value));
        }
        Value::Object(members) => {
            for (name, value) in members {
                same(json::member(raw, name).unwrap(), value);
            }
        }
    }
}

/// Pieces that make interesting texts when put together by chance.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "\n",
        "\t",
        "\r",
        "0",
        "1",
        "-",
        "9",
        ".",
        "e",
        "E",
        "+",
        "true",
        "false",
        "null",
        "\"a\"",
        "\"b\":",
        "\"a\":",
        "\"\\u0061\":",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\\u00e9",
        "é",
        "😀",
        "\u{7f}",
        "\u{1}",
        "\u{0}",
        "1e308",
        "1e309",
        "-1E+400",
        "1e-400",
        "0e999",
        "0.10",
        "01",
        "\\n",
        "\\x",
        "\\u12",
        "tru",
        "nul",
        "abcdefgh",
        "\"name\":1",
        "\"longer than eight\":1",
        "\"longer than eighu\":1",
        "{}",
        "[]",
    ])
}

/// A value, written with whatever freedom JSON leaves.
fn document() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec!["", "", "", " ", "\n ", "\t\r"]);
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(|f| format!("{f:e}")),
        "\\PC{0,20}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        "[a-z\"\\\\\u{1}-\u{1f}é😀]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let value = scalar.prop_recursive(6, 60, 8, move |inner| {
        let (before, after) = (space.clone(), space.clone());
        let name = prop_oneof!["[a-c]{1,2}", "[ab]{7,10}", "\\PC{0,5}"];
        let name = name.prop_map(|name| serde_json::to_string(&name).unwrap());
        let member = (
            before.clone(),
            name,
            after.clone(),
            inner.clone(),
            before.clone(),
        )
            .prop_map(|(a, name, b, value, c)| format!("{a}{name}{b}:{c}{value}{a}"));
        prop_oneof![
            (prop::collection::vec(inner, 0..8), after.clone()).prop_map(
                |(values, space)| format!(
                    "[{space}{}{space}]",
                    values.join(&format!("{space},{space}"))
                )
            ),
            (prop::collection::vec(member, 0..40), after)
                .prop_map(|(members, space)| format!("{{{space}{}{space}}}", members.join(","))),
        ]
    });
    value.prop_map(|value| format!(" {value}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn soups_are_judged_alike(pieces in prop::collection::vec(piece(), 0..24)) {
        agree(pieces.concat().as_bytes());
    }

    #[test]
    fn bytes_are_judged_alike(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        agree(&bytes);
        agree(&[b"\"", &bytes[..], b"\""].concat());
    }

    #[test]
    fn numbers_are_judged_alike(text in "-?[0-9]{0,3}\\.?[0-9]{0,3}([eE][+-]?[0-9]{0,4})?") {
        agree(text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn documents_are_judged_alike(text in document()) {
        agree(text.as_bytes());
    }

    #[test]
    fn spoilt_documents_are_judged_alike(text in document(), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => { bytes.remove(at); }
            _ => bytes.insert(at, byte),
        }
        agree(&bytes);
    }

    #[test]
    fn integers_are_those_without_a_fraction(whole in -9_007_199_254_740_991_i64..=9_007_199_254_740_991, zeros in 0..4_usize, shift in 0..6_i32) {
        let plain = whole.to_string();
        prop_assert_eq!(json::integer(plain.as_bytes()), Some(whole));
        prop_assert_eq!(json::integer(format!("{plain}.{}", "0".repeat(zeros + 1)).as_bytes()), Some(whole));
        prop_assert_eq!(json::integer(format!("{plain}{}e-{zeros}", "0".repeat(zeros)).as_bytes()), Some(whole));
        // Moving the point to the right of the last digit that is not 0 makes a fraction.
        let digits = plain.trim_start_matches('-').trim_end_matches('0').len();
        let fraction = usize::try_from(shift).unwrap() < digits || whole == 0;
        let moved = format!("{plain}e-{}", plain.len() - plain.trim_end_matches('0').len() + usize::try_from(shift).unwrap());
        if whole != 0 && shift > 0 && fraction {
            prop_assert_eq!(json::integer(moved.as_bytes()), None);
        }
    }

    #[test]
    fn text_that_is_written_reads_back(text in any::<String>()) {
        let mut out = Vec::new();
        json::push_text(&mut out, &text);
        prop_assert_eq!(json::text(&out).unwrap(), text.as_str());
        prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn walking_text_that_nobody_checked_ends(pieces in prop::collection::vec(piece(), 0..30)) {
        let text = pieces.concat();
        let _ = json::members(text.as_bytes()).count();
        let _ = json::elements(text.as_bytes()).count();
        let _ = json::text(text.as_bytes());
        let _ = json::integer(text.as_bytes());
    }
}

#[test]
fn nesting_costs_no_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        assert_eq!(
            json::check(deep.as_bytes(), 128).unwrap_err().reason,
            Reason::TooDeep
        );
        assert!(json::check(deep.as_bytes(), 200_000).is_ok());
        assert_eq!(
            json::check(open.repeat(200_000).as_bytes(), 128)
                .unwrap_err()
                .reason,
            Reason::TooDeep
        );
        let just = format!("{}1{}", open.repeat(128), close.repeat(128));
        assert!(json::check(just.as_bytes(), 128).is_ok());
        assert_eq!(
            json::check(just.as_bytes(), 127).unwrap_err().reason,
            Reason::TooDeep
        );
    }
}

#[test]
fn many_members_are_checked_in_good_time() {
    let names: Vec<String> = (0..100_000)
        .map(|n| format!("\"a name that is longer than a word {n:07}\":{n}"))
        .collect();
    let text = format!("{{{}}}", names.join(","));
    let began = std::time::Instant::now();
    assert!(json::check(text.as_bytes(), 128).is_ok());
    let twice = format!(
        "{{{},\"a name that is longer than a word 00500\\u00300\":0}}",
        names.join(",")
    );
    let error = json::check(twice.as_bytes(), 128).unwrap_err();
    assert_eq!(
        (error.reason, error.at),
        (Reason::DuplicateKey, twice.rfind("a name").unwrap())
    );
    // Comparing each with each would take minutes in a debug build.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn errors_name_their_place() {
    let place = |text: &str| {
        json::check(text.as_bytes(), 128)
            .map(drop)
            .map_err(|e| (e.reason.name(), e.at))
    };
    assert_eq!(place("{\"a\":1,\"a\":2}"), Err(("duplicateKey", 8)));
    assert_eq!(
        place("{\"b\":{\"a\":1,\"\\u0061\":2}}"),
        Err(("duplicateKey", 13))
    );
    assert_eq!(place("[\"x\\ud800y\"]"), Err(("loneSurrogate", 3)));
    assert_eq!(place("[1,-1e999]"), Err(("notFinite", 3)));
    assert_eq!(place("[1,]"), Err(("notJson", 3)));
    assert_eq!(place(""), Err(("notJson", 0)));
    assert_eq!(place("\u{feff}1"), Err(("notJson", 0)));
    assert_eq!(
        json::check(b"[\"ab\xff\"]", 128).map_err(|e| (e.reason.name(), e.at)),
        Err(("notJson", 4))
    );
}
