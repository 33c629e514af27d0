//! Walking through text that has been checked: members, elements and scalars, without checking again. On text that was
//! not checked it gives nonsense or nothing, but never panics and always ends.

use std::borrow::Cow;

use super::scan::{byte, skip_space};
use super::{Kind, strings};

/// The value of a member of a checked object; `None` where there is none, or the value is no object.
///
/// ```
/// use crossplug_protocol::json::member;
/// assert_eq!(member(br#"{"a":[1,{"b":2}],"b":3}"#, "b"), Some(&b"3"[..]));
/// ```
#[must_use]
pub fn member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut members = members(object);
    loop {
        let (found, escaped, value) = members.step()?;
        if if escaped {
            strings::inner(found, true) == name
        } else {
            found == name.as_bytes()
        } {
            return Some(value);
        }
    }
}

/// The members of a checked object, in the order of the text. None for another kind of value.
///
/// ```
/// use crossplug_protocol::json::members;
/// let all: Vec<_> = members(br#"{"a":1, "b" : [2]}"#).collect();
/// assert_eq!(all, [("a".into(), &b"1"[..]), ("b".into(), &b"[2]"[..])]);
/// ```
#[must_use]
pub fn members(object: &[u8]) -> Members<'_> {
    Members {
        text: object,
        at: enter(object, b'{'),
    }
}

/// Iterator over the members of an object.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Members<'a> {
    /// The raw name, whether it holds a backslash, and the value.
    pub(crate) fn step(&mut self) -> Option<(&'a [u8], bool, &'a [u8])> {
        let at = skip_space(self.text, self.at);
        if byte(self.text, at) != b'"' {
            return None;
        }
        let (end, escaped) = string_end(self.text, at + 1);
        let name = self.text.get(at + 1..end)?;
        let value = skip_space(self.text, skip_space(self.text, end + 1) + 1);
        let behind = skip(self.text, value);
        let found = self.text.get(value..behind)?;
        self.at = next(self.text, behind);
        Some((name, escaped, found))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.step()
            .map(|(name, escaped, value)| (strings::inner(name, escaped), value))
    }
}

/// The elements of a checked array, in order. None for another kind of value.
///
/// ```
/// use crossplug_protocol::json::elements;
/// assert_eq!(elements(b"[1, [2, 3]]").collect::<Vec<_>>(), [&b"1"[..], b"[2, 3]"]);
/// ```
#[must_use]
pub fn elements(array: &[u8]) -> Elements<'_> {
    Elements {
        text: array,
        at: enter(array, b'['),
    }
}

/// Iterator over the elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let from = skip_space(self.text, self.at);
        kind_of(byte(self.text, from))?;
        let behind = skip(self.text, from);
        self.at = next(self.text, behind);
        self.text.get(from..behind)
    }
}

/// The kind of a checked value.
#[must_use]
pub fn kind(raw: &[u8]) -> Option<Kind> {
    kind_of(byte(raw, skip_space(raw, 0)))
}

pub(super) const fn kind_of(first: u8) -> Option<Kind> {
    Some(match first {
        b'{' => Kind::Object,
        b'[' => Kind::Array,
        b'"' => Kind::String,
        b'-' | b'0'..=b'9' => Kind::Number,
        b't' | b'f' => Kind::Boolean,
        b'n' => Kind::Null,
        _ => return None,
    })
}

/// Whether a checked value is `null`.
#[must_use]
pub fn is_null(raw: &[u8]) -> bool {
    kind(raw) == Some(Kind::Null)
}

/// A checked value as a boolean.
#[must_use]
pub fn boolean(raw: &[u8]) -> Option<bool> {
    match trim(raw) {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// A checked value as a number.
#[must_use]
pub fn number(raw: &[u8]) -> Option<f64> {
    (kind(raw)? == Kind::Number).then(|| std::str::from_utf8(trim(raw)).ok()?.parse().ok())?
}

/// A checked value as an integer within ±(2^53 − 1); `1.0` and `1e2` are integers.
///
/// ```
/// use crossplug_protocol::json::integer;
/// assert_eq!([integer(b"7"), integer(b"1.0"), integer(b"1e2"), integer(b"1.5")], [Some(7), Some(1), Some(100), None]);
/// assert_eq!(integer(b"9007199254740992"), None);
/// ```
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    reason = "within ±(2^53 − 1) and without a fraction nothing is lost"
)]
pub fn integer(raw: &[u8]) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_991.0;
    let raw = trim(raw);
    if let [b'0'..=b'9', rest @ ..] = raw
        && rest.len() < 15
        && rest.iter().all(u8::is_ascii_digit)
    {
        return Some(
            raw.iter()
                .fold(0, |sum, digit| sum * 10 + i64::from(digit & 15)),
        );
    }
    let value = number(raw)?;
    // A fraction that a float cannot hold (1.00000000000000000001) would be lost in the conversion.
    let exact = value.trunc() == value && value.abs() <= LIMIT && whole(raw);
    exact.then_some(value as i64)
}

/// Whether the decimal text of a number has no fractional part.
fn whole(number: &[u8]) -> bool {
    let (mantissa, exponent) = match number.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(e) => (
            number.get(..e).unwrap_or_default(),
            number.get(e + 1..).unwrap_or_default(),
        ),
        None => (number, &b"0"[..]),
    };
    let point = mantissa
        .iter()
        .position(|b| *b == b'.')
        .unwrap_or(mantissa.len());
    let fraction = mantissa.get(point + 1..).unwrap_or_default();
    let digits = mantissa.iter().filter(|b| b.is_ascii_digit());
    let zeros = digits.clone().rev().take_while(|b| **b == b'0').count();
    if zeros == digits.count() {
        return true;
    }
    // The lowest digit that is not 0 stands at 10^lowest.
    let shift = std::str::from_utf8(exponent)
        .ok()
        .and_then(|text| text.parse::<i64>().ok());
    let lowest = |shift: i64| {
        shift
            .saturating_add(zeros as i64)
            .saturating_sub(fraction.len() as i64)
    };
    shift.is_some_and(|shift| lowest(shift) >= 0)
}

pub(super) fn trim(raw: &[u8]) -> &[u8] {
    raw.trim_ascii()
}

/// The offset behind an opening bracket, or the end where there is none.
fn enter(text: &[u8], bracket: u8) -> usize {
    let at = skip_space(text, 0);
    if byte(text, at) == bracket {
        at + 1
    } else {
        text.len()
    }
}

/// The offset behind the comma after a value, or the end.
fn next(text: &[u8], at: usize) -> usize {
    let at = skip_space(text, at);
    if byte(text, at) == b',' {
        at + 1
    } else {
        text.len()
    }
}

/// The offset of the closing quote of a string, and whether a backslash comes before it.
fn string_end(text: &[u8], mut at: usize) -> (usize, bool) {
    let mut escaped = false;
    loop {
        at = strings::stop(text, at);
        match text.get(at) {
            Some(b'\\') => {
                escaped = true;
                at += 2;
            }
            Some(b'"') | None => return (at.min(text.len()), escaped),
            Some(_) => at += 1,
        }
    }
}

/// The offset behind the value at `at`.
fn skip(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    loop {
        match byte(text, at) {
            b'"' => at = string_end(text, at + 1).0 + 1,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                if depth == 0 {
                    return at;
                }
                depth -= 1;
                at += 1;
            }
            0 if at >= text.len() => return text.len(),
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth > 0 => {
                at += 1;
                continue;
            }
            _ => {
                while at < text.len()
                    && !matches!(
                        byte(text, at),
                        b',' | b':' | b'}' | b']' | b'"' | b' ' | b'\n' | b'\r' | b'\t'
                    )
                {
                    at += 1;
                }
                if depth == 0 && matches!(byte(text, at), b':' | b'"') {
                    return at + 1;
                }
            }
        }
        if depth == 0 {
            return at.min(text.len());
        }
    }
}
