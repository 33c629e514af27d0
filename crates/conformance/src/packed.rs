//! The second encoding of a message, as far as the player needs it: MessagePack to and from JSON trees. Must not share code
//! with what it judges.

use std::fmt;

use serde_json::{Map, Number, Value};

/// How messages become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// JSON in lines.
    #[default]
    Json,
    /// MessagePack in counted frames, from the answer to `initialize` on.
    Msgpack,
}

impl Encoding {
    /// As the handshake spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Msgpack => "msgpack",
        }
    }

    /// The encoding of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Json, Self::Msgpack]
            .into_iter()
            .find(|encoding| encoding.name() == name)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Integers of this size are exact in every language's JSON.
const EXACT: u64 = (1 << 53) - 1;
/// Nesting of a message that is looked at.
const DEEPEST: usize = 200;

/// Packs a tree without knowing its type: an integer within ±(2^53 − 1) as an integer, any other number as a float.
#[must_use]
pub fn pack(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    push(value, &mut out);
    out
}

fn push(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(value) => out.push(0xc2 + u8::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(value) if value.unsigned_abs() <= EXACT => {
                out.push(0xd3);
                out.extend_from_slice(&value.to_be_bytes());
            }
            _ => {
                out.push(0xcb);
                out.extend_from_slice(&number.as_f64().unwrap_or_default().to_be_bytes());
            }
        },
        Value::String(text) => {
            head(0xdb, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(list) => {
            head(0xdd, list.len(), out);
            list.iter().for_each(|element| push(element, out));
        }
        Value::Object(members) => {
            head(0xdf, members.len(), out);
            for (name, value) in members {
                head(0xdb, name.len(), out);
                out.extend_from_slice(name.as_bytes());
                push(value, out);
            }
        }
    }
}

/// Widths are free, and the widest is one rule for all.
fn head(marker: u8, length: usize, out: &mut Vec<u8>) {
    out.push(marker);
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

/// The tree of a document, with bytes as base64 and an integer beyond ±(2^53 − 1) as its decimal string. `None` where it is
/// no document.
#[must_use]
pub fn unpack(document: &[u8]) -> Option<Value> {
    let mut rest = document;
    let value = value(&mut rest, 0)?;
    rest.is_empty().then_some(value)
}

/// A tree as JSON would have said it where that is expected: an integer for which a decimal string stands in the expectation
/// becomes one.
#[must_use]
pub fn as_expected(expected: &Value, got: &Value) -> Value {
    match (expected, got) {
        (Value::String(_), Value::Number(number)) if number.is_i64() => number.to_string().into(),
        (Value::Array(expected), Value::Array(got)) => {
            let told = |(index, got)| match expected.get(index) {
                Some(expected) => as_expected(expected, got),
                None => got.clone(),
            };
            got.iter().enumerate().map(told).collect()
        }
        (Value::Object(expected), Value::Object(got)) => {
            let told = |(name, got): (&String, &Value)| match expected.get(name) {
                Some(expected) => (name.clone(), as_expected(expected, got)),
                None => (name.clone(), got.clone()),
            };
            Value::Object(got.iter().map(told).collect())
        }
        _ => got.clone(),
    }
}

fn value(rest: &mut &[u8], depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    let [marker] = take::<1>(rest)?;
    Some(match marker {
        0x00..=0x7f => Value::from(marker),
        0x80..=0x8f => members(usize::from(marker & 0x0f), rest, depth)?,
        0x90..=0x9f => elements(usize::from(marker & 0x0f), rest, depth)?,
        0xa0..=0xbf => text(usize::from(marker & 0x1f), rest)?,
        0xc0 => Value::Null,
        0xc2 | 0xc3 => Value::Bool(marker == 0xc3),
        0xc4..=0xc6 => {
            let length = length(marker - 0xc4, rest)?;
            Value::String(base64(slice(length, rest)?))
        }
        0xca => float(f32::from_be_bytes(take(rest)?).into())?,
        0xcb => float(f64::from_be_bytes(take(rest)?))?,
        0xcc..=0xcf => integer(unsigned(marker - 0xcc, rest)?.into()),
        0xd0 => integer(i8::from_be_bytes(take(rest)?).into()),
        0xd1 => integer(i16::from_be_bytes(take(rest)?).into()),
        0xd2 => integer(i32::from_be_bytes(take(rest)?).into()),
        0xd3 => integer(i64::from_be_bytes(take(rest)?).into()),
        0xd9..=0xdb => text(length(marker - 0xd9, rest)?, rest)?,
        0xdc | 0xdd => elements(length(marker - 0xdb, rest)?, rest, depth)?,
        0xde | 0xdf => members(length(marker - 0xdd, rest)?, rest, depth)?,
        0xe0..=0xff => Value::from(marker.cast_signed()),
        _ => return None,
    })
}

/// A length of 1, 2 or 4 bytes.
fn length(width: u8, rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(unsigned(width, rest)?).ok()
}

/// An unsigned integer of 1, 2, 4 or 8 bytes.
fn unsigned(width: u8, rest: &mut &[u8]) -> Option<u64> {
    Some(match width {
        0 => take::<1>(rest).map(u8::from_be_bytes)?.into(),
        1 => take(rest).map(u16::from_be_bytes)?.into(),
        2 => take(rest).map(u32::from_be_bytes)?.into(),
        _ => take(rest).map(u64::from_be_bytes)?,
    })
}

fn members(count: usize, rest: &mut &[u8], depth: usize) -> Option<Value> {
    let mut object = Map::new();
    for _ in 0..count {
        let Value::String(name) = value(rest, DEEPEST)? else {
            return None;
        };
        object.insert(name, value(rest, depth + 1)?);
    }
    Some(Value::Object(object))
}

fn elements(count: usize, rest: &mut &[u8], depth: usize) -> Option<Value> {
    (0..count).map(|_| value(rest, depth + 1)).collect()
}

fn text(length: usize, rest: &mut &[u8]) -> Option<Value> {
    let bytes = slice(length, rest)?.to_vec();
    String::from_utf8(bytes).ok().map(Value::String)
}

fn integer(value: i128) -> Value {
    match i64::try_from(value) {
        Ok(value) if value.unsigned_abs() <= EXACT => Value::from(value),
        _ => Value::String(value.to_string()),
    }
}

fn float(value: f64) -> Option<Value> {
    Number::from_f64(value).map(Value::Number)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    slice(N, rest)?.try_into().ok()
}

fn slice<'d>(length: usize, rest: &mut &'d [u8]) -> Option<&'d [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let wide = group
            .iter()
            .fold(0_u32, |wide, byte| wide << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = (wide >> (18 - 6 * place) & 0x3f) as usize;
            let known = DIGITS.get(digit).filter(|_| place <= group.len());
            text.push(known.map_or('=', |digit| char::from(*digit)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn trees_come_back() {
        let tree = json!({"a": [null, true, -1, 1.5, "é", 9_007_199_254_740_991_i64], "b": {}});
        assert_eq!(unpack(&pack(&tree)), Some(tree));
    }

    #[test]
    fn what_json_has_not_is_told_as_json_would() {
        assert_eq!(unpack(b"\xc4\x02\x00\xff"), Some(json!("AP8=")));
        assert_eq!(
            unpack(b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
            Some(json!("18446744073709551615"))
        );
        assert_eq!(
            unpack(b"\x93\x07\xff\xcd\x01\x00"),
            Some(json!([7, -1, 256]))
        );
    }

    #[test]
    fn an_integer_passes_for_its_decimal_string_and_for_no_other() {
        let expected = json!({"a": ["1", "x", 3], "b": "2"});
        let got = json!({"a": [1, 2, 3], "b": 3, "c": 4});
        let told = json!({"a": ["1", "2", 3], "b": "3", "c": 4});
        assert_eq!(as_expected(&expected, &got), told);
    }

    #[test]
    fn what_is_no_document_is_none() {
        for broken in [
            &b""[..],
            b"\xc1",
            b"\x92\x01",
            b"\x01\x01",
            b"\xdb\xff\xff\xff\xff",
            b"\x81\x01\x01",
        ] {
            assert_eq!(unpack(broken), None, "{broken:02x?}");
        }
    }
}
