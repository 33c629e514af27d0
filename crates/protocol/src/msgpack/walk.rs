//! Walking through a document that has been checked: members and scalars, without checking again. On bytes that were not
//! checked it gives nonsense or nothing, but never panics and always ends.

use super::Kind;
use super::head::{Head, head, text_at};

/// The largest integer that every language sees exactly: 2^53 − 1.
const EXACT: u64 = (1 << 53) - 1;

/// The value of a member of a checked map; `None` where there is none, or the value is no map.
#[must_use]
pub fn member<'a>(map: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut members = members(map);
    members.find_map(|(found, value)| (found == name.as_bytes()).then_some(value))
}

/// The members of a checked map, in the order of the document. None for another kind of value.
///
/// ```
/// use crossplug_protocol::msgpack::members;
/// let all: Vec<_> = members(b"\x82\xa1a\x01\xa1b\x91\x02").collect();
/// assert_eq!(all, [(&b"a"[..], &b"\x01"[..]), (b"b", b"\x91\x02")]);
/// ```
#[must_use]
pub fn members(map: &[u8]) -> Members<'_> {
    match head(map, 0) {
        Ok((Head::Map(left), at)) => Members {
            document: map,
            at,
            left,
        },
        _ => Members {
            document: map,
            at: 0,
            left: 0,
        },
    }
}

/// Iterator over the members of a map: names as they stand, and values.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    document: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let Ok((Head::Text(length), from)) = head(self.document, self.at) else {
            self.left = 0;
            return None;
        };
        let name = self.document.get(from..from + length)?;
        let value = from + length;
        let Some(behind) = skip(self.document, value) else {
            self.left = 0;
            return None;
        };
        self.at = behind;
        Some((name, self.document.get(value..behind)?))
    }
}

/// The offset behind the value at `at`.
fn skip(document: &[u8], mut at: usize) -> Option<usize> {
    let mut left = 1_usize;
    while left > 0 {
        let (found, behind) = head(document, at).ok()?;
        left -= 1;
        at = behind;
        match found {
            Head::Text(length) | Head::Bytes(length) => at += length,
            Head::Array(count) => left = left.checked_add(count)?,
            Head::Map(count) => left = left.checked_add(count.checked_mul(2)?)?,
            _ => {}
        }
    }
    Some(at)
}

/// The kind of a checked value. Bytes are of the kind string, as they are in JSON.
#[must_use]
pub fn kind(raw: &[u8]) -> Option<Kind> {
    head(raw, 0).ok().map(|(found, _)| kind_of(found))
}

pub(super) const fn kind_of(found: Head) -> Kind {
    match found {
        Head::Null => Kind::Null,
        Head::Boolean(_) => Kind::Boolean,
        Head::Unsigned(_) | Head::Signed(_) | Head::Float(_) => Kind::Number,
        Head::Text(_) | Head::Bytes(_) => Kind::String,
        Head::Array(_) => Kind::Array,
        Head::Map(_) => Kind::Object,
    }
}

/// Whether a checked value is null.
#[must_use]
pub fn is_null(raw: &[u8]) -> bool {
    raw == [0xc0]
}

/// A checked value as a boolean.
#[must_use]
pub fn boolean(raw: &[u8]) -> Option<bool> {
    match head(raw, 0) {
        Ok((Head::Boolean(value), _)) => Some(value),
        _ => None,
    }
}

/// A checked value as text.
#[must_use]
pub fn text(raw: &[u8]) -> Option<&str> {
    match head(raw, 0) {
        Ok((Head::Text(length), at)) => text_at(raw, at, length).ok(),
        _ => None,
    }
}

/// A checked value as a number; an integer beyond ±(2^53 − 1) is none.
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    reason = "within ±(2^53 − 1) nothing is lost"
)]
pub fn number(raw: &[u8]) -> Option<f64> {
    match head(raw, 0) {
        Ok((Head::Float(value), _)) => Some(value),
        _ => integer(raw).map(|value| value as f64),
    }
}

/// A checked value as an integer within ±(2^53 − 1); a float without a fraction is one.
///
/// ```
/// use crossplug_protocol::msgpack::integer;
/// assert_eq!([integer(b"\x07"), integer(b"\xca\x3f\x80\0\0"), integer(b"\xa17")], [Some(7), Some(1), None]);
/// ```
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "within ±(2^53 − 1) and without a fraction nothing is lost"
)]
pub fn integer(raw: &[u8]) -> Option<i64> {
    let value = match head(raw, 0) {
        Ok((Head::Unsigned(value), _)) => i64::try_from(value).ok()?,
        Ok((Head::Signed(value), _)) => value,
        Ok((Head::Float(value), _)) if value.fract() == 0.0 && value.abs() <= EXACT as f64 => {
            value as i64
        }
        _ => return None,
    };
    (value.unsigned_abs() <= EXACT).then_some(value)
}
