//! Numbers: the grammar, and that the nearest 64-bit float is finite. Only a number with many digits or an exponent can
//! break the second law, so only such a one is converted.

use super::scan::{byte, not_json};
use super::{Error, Reason};

/// The largest power of ten below which every number is finite.
const SAFE_MAGNITUDE: usize = 308;

/// Checks the number at `at`; gives the offset behind it.
pub(super) fn check(text: &[u8], at: usize) -> Result<usize, Error> {
    let from = at;
    let whole = at + usize::from(byte(text, at) == b'-');
    let mut at = match byte(text, whole) {
        b'0' => whole + 1,
        b'1'..=b'9' => digits(text, whole),
        _ => return Err(not_json(text, whole, "expected a digit")),
    };
    let whole_digits = at - whole;
    if byte(text, at) == b'.' {
        let fraction = at + 1;
        at = digits(text, fraction);
        if at == fraction {
            return Err(not_json(text, at, "expected a digit behind the point"));
        }
    }
    let mut exponent: usize = 0;
    if matches!(byte(text, at), b'e' | b'E') {
        let negative = byte(text, at + 1) == b'-';
        let start = at + 1 + usize::from(matches!(byte(text, at + 1), b'+' | b'-'));
        at = digits(text, start);
        if at == start {
            return Err(not_json(text, at, "expected a digit in the exponent"));
        }
        if !negative {
            let shown = text.get(start..at).unwrap_or_default();
            exponent = shown.iter().fold(0, |sum: usize, d| {
                sum.saturating_mul(10).saturating_add(usize::from(d & 15))
            });
        }
    }
    if whole_digits.saturating_add(exponent) > SAFE_MAGNITUDE
        && !finite(text.get(from..at).unwrap_or_default())
    {
        return Err(Error {
            reason: Reason::NotFinite,
            at: from,
            what: "a number that is not finite as a 64-bit float",
        });
    }
    Ok(at)
}

#[inline]
fn digits(text: &[u8], mut at: usize) -> usize {
    while byte(text, at).is_ascii_digit() {
        at += 1;
    }
    at
}

#[cold]
fn finite(number: &[u8]) -> bool {
    std::str::from_utf8(number)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(f64::is_finite)
}
