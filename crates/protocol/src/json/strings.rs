//! Strings: where one ends, whether it is well-formed, and what it says. Eight bytes at a time where nothing is special.

use std::borrow::Cow;

use super::scan::{byte, not_json};
use super::{Error, Reason};

/// What the check of a string found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    /// Offset of the closing quote.
    pub(super) end: usize,
    /// Whether there is a backslash in it.
    pub(super) escaped: bool,
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// High bits where a byte of `word` is a quote, a backslash or a control character. Bytes above the first hit may be
/// marked wrongly, so only the lowest mark counts.
#[inline]
const fn special(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let slash = word ^ (ONES * b'\\' as u64);
    let quote = quote.wrapping_sub(ONES) & !quote;
    let slash = slash.wrapping_sub(ONES) & !slash;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | slash | control) & HIGH
}

/// Bytes of a block. The compiler turns a loop over so many into a few vector instructions.
const BLOCK: usize = 32;

/// The offset of the next special byte, or the end; and whether a byte on the way was not ASCII.
#[inline]
fn plain(text: &[u8], mut at: usize) -> (usize, bool) {
    let mut wide = 0;
    // Most strings end within some words; a long one goes on in blocks, and ends in words again.
    let mut words = 6;
    while let Some(Ok(eight)) = text.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(eight);
        let hit = special(word);
        if hit != 0 {
            let skip = hit.trailing_zeros() / 8;
            // Only bytes before the hit belong to the string for sure.
            let before = word & !(u64::MAX << (skip * 8));
            return (at + skip as usize, (wide | before) & HIGH != 0);
        }
        wide |= word;
        at += 8;
        words -= 1;
        if words == 0 {
            let (next, high) = blocks(text, at);
            wide |= u64::from(high);
            at = next;
            words = BLOCK;
        }
    }
    while let Some(&b) = text.get(at) {
        if b == b'"' || b == b'\\' || b < 0x20 {
            break;
        }
        wide |= u64::from(b);
        at += 1;
    }
    (at, wide & HIGH != 0)
}

/// Passes over whole blocks without a special byte; gives the offset behind them and the union of their bytes.
fn blocks(text: &[u8], mut at: usize) -> (usize, u8) {
    let mut wide = 0;
    while let Some(Ok(block)) = text.get(at..at + BLOCK).map(<&[u8; BLOCK]>::try_from) {
        let (mut special, mut high) = (0, 0);
        for b in block {
            special |= u8::from((*b == b'"') | (*b == b'\\') | (*b < 0x20));
            high |= b;
        }
        if special != 0 {
            break;
        }
        wide |= high;
        at += BLOCK;
    }
    (at, wide)
}

/// The offset of the next byte that may end or escape a string, or the end of the text.
pub(super) fn stop(text: &[u8], at: usize) -> usize {
    plain(text, at).0
}

/// Checks the string whose first byte is at `from`, behind the opening quote.
#[inline]
pub(super) fn check(text: &[u8], from: usize) -> Result<Text, Error> {
    // Most names and many values end within the first word: no call, no loop.
    if let Some(Ok(eight)) = text.get(from..from + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(eight);
        let hit = special(word);
        let skip = hit.trailing_zeros() / 8;
        if hit != 0 {
            let end = from + skip as usize;
            let before = word & !(u64::MAX << (skip * 8));
            if byte(text, end) == b'"' && before & HIGH == 0 {
                return Ok(Text {
                    end,
                    escaped: false,
                });
            }
        }
    }
    check_long(text, from)
}

fn check_long(text: &[u8], from: usize) -> Result<Text, Error> {
    let (end, wide) = plain(text, from);
    if byte(text, end) == b'"' && !wide {
        return Ok(Text {
            end,
            escaped: false,
        });
    }
    check_rest(text, from, end, wide)
}

/// The same from the first special byte on, for a string that has more in it than plain ASCII.
fn check_rest(text: &[u8], from: usize, mut at: usize, mut wide: bool) -> Result<Text, Error> {
    let mut escaped = false;
    loop {
        match text.get(at) {
            Some(b'"') => break,
            Some(b'\\') => {
                escaped = true;
                at = escape(text, at)?;
            }
            Some(_) => return Err(not_json(text, at, "a control character in a string")),
            None => return Err(not_json(text, at, "a string without an end")),
        }
        let (next, more) = plain(text, at);
        at = next;
        wide |= more;
    }
    if wide && let Err(error) = std::str::from_utf8(text.get(from..at).unwrap_or_default()) {
        return Err(not_json(
            text,
            from + error.valid_up_to(),
            "bytes that are not UTF-8",
        ));
    }
    Ok(Text { end: at, escaped })
}

/// Checks the escape at `at`; gives the offset behind it.
fn escape(text: &[u8], at: usize) -> Result<usize, Error> {
    match byte(text, at + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 2),
        b'u' => {
            let unit = hex(text, at + 2)
                .ok_or_else(|| not_json(text, at, "four hexadecimal digits belong behind \\u"))?;
            let lone = Error {
                reason: Reason::LoneSurrogate,
                at,
                what: "half of a surrogate pair",
            };
            match unit {
                0xd800..=0xdbff => {
                    match (byte(text, at + 6), byte(text, at + 7), hex(text, at + 8)) {
                        (b'\\', b'u', Some(0xdc00..=0xdfff)) => Ok(at + 12),
                        _ => Err(lone),
                    }
                }
                0xdc00..=0xdfff => Err(lone),
                _ => Ok(at + 6),
            }
        }
        _ => Err(not_json(text, at, "an escape that JSON does not have")),
    }
}

fn hex(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits.iter().try_fold(0, |sum, digit| {
        Some(sum * 16 + char::from(*digit).to_digit(16)?)
    })
}

/// Appends what a checked string, without its quotes, says.
pub(super) fn resolve(inner: &[u8], into: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&b) = inner.get(at) {
        if b != b'\\' {
            let (next, _) = plain(inner, at);
            let next = next.max(at + 1);
            into.extend_from_slice(inner.get(at..next).unwrap_or_default());
            at = next;
            continue;
        }
        let (c, len) = match byte(inner, at + 1) {
            b'b' => ('\u{8}', 2),
            b'f' => ('\u{c}', 2),
            b'n' => ('\n', 2),
            b'r' => ('\r', 2),
            b't' => ('\t', 2),
            b'u' => unit(inner, at),
            other => (char::from(other), 2),
        };
        into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        at += len;
    }
}

/// The character that a `\u` escape or a pair of them stands for, and how many bytes they take.
fn unit(inner: &[u8], at: usize) -> (char, usize) {
    let first = hex(inner, at + 2).unwrap_or(0xfffd);
    if let (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) = (first, hex(inner, at + 8)) {
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            12,
        );
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        6,
    )
}

/// What a string of a checked text says; `None` where the value is not a string.
///
/// ```
/// use crossplug_protocol::json::text;
/// assert!(matches!(text(br#""plain""#), Some(std::borrow::Cow::Borrowed("plain"))));
/// assert_eq!(text(br#""a\nb\ud83d\ude00""#).unwrap(), "a\nb😀");
/// assert_eq!(text(b"12"), None);
/// ```
#[must_use]
pub fn text(raw: &[u8]) -> Option<Cow<'_, str>> {
    let raw = super::walk::trim(raw);
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some(self::inner(inner, inner.contains(&b'\\')))
}

/// What a name or string with escapes says, given what stands between its quotes.
pub(crate) fn resolved(inner: &[u8]) -> Cow<'_, str> {
    self::inner(inner, true)
}

/// The same where it is known whether there are any.
pub(super) fn inner(inner: &[u8], escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return String::from_utf8_lossy(inner);
    }
    let mut resolved = Vec::with_capacity(inner.len());
    resolve(inner, &mut resolved);
    // Checked text resolves to UTF-8; replacing keeps the promise for text that nobody checked.
    Cow::Owned(
        String::from_utf8(resolved)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
    )
}
