//! The first bytes of a value: what it is, and how much belongs to it. Everything that reads begins here.

use super::{Error, Reason};

/// What a value's first bytes say. Lengths and counts are as announced; for text and bytes they are known to be there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Head {
    Null,
    Boolean(bool),
    Unsigned(u64),
    /// Negative, or written in a signed form.
    Signed(i64),
    Float(f64),
    /// So many bytes of text follow.
    Text(usize),
    /// So many bytes follow.
    Bytes(usize),
    /// So many elements follow.
    Array(usize),
    /// So many names with their values follow.
    Map(usize),
}

/// Reads the head at an offset; gives it and the offset behind it.
#[inline]
pub(crate) fn head(document: &[u8], at: usize) -> Result<(Head, usize), Error> {
    // What most of a message is, in as few steps as there are; the other forms are out of the way.
    match document.get(at) {
        Some(&marker @ 0xa0..=0xbf) => {
            let length = usize::from(marker & 0x1f);
            if length < document.len() - at {
                return Ok((Head::Text(length), at + 1));
            }
        }
        Some(&marker @ 0..=0x7f) => return Ok((Head::Unsigned(marker.into()), at + 1)),
        _ => {}
    }
    any_head(document, at)
}

#[inline(never)]
fn any_head(document: &[u8], at: usize) -> Result<(Head, usize), Error> {
    let Some(&marker) = document.get(at) else {
        return Err(refused(at, "the document ends too early"));
    };
    let next = at + 1;
    let counted = |length: usize| usize::from(marker) & (length - 1);
    let (head, behind) = match marker {
        0x00..=0x7f => (Head::Unsigned(marker.into()), next),
        0x80..=0x8f => (Head::Map(counted(16)), next),
        0x90..=0x9f => (Head::Array(counted(16)), next),
        0xa0..=0xbf => (Head::Text(counted(32)), next),
        0xc0 => (Head::Null, next),
        0xc2 => (Head::Boolean(false), next),
        0xc3 => (Head::Boolean(true), next),
        0xc4 => (Head::Bytes(length::<1>(document, next)?), next + 1),
        0xc5 => (Head::Bytes(length::<2>(document, next)?), next + 2),
        0xc6 => (Head::Bytes(length::<4>(document, next)?), next + 4),
        0xca => {
            let float = f32::from_be_bytes(fixed(document, next)?);
            (Head::Float(float.into()), next + 4)
        }
        0xcb => {
            let float = f64::from_be_bytes(fixed(document, next)?);
            (Head::Float(float), next + 8)
        }
        0xcc => (Head::Unsigned(unsigned::<1>(document, next)?), next + 1),
        0xcd => (Head::Unsigned(unsigned::<2>(document, next)?), next + 2),
        0xce => (Head::Unsigned(unsigned::<4>(document, next)?), next + 4),
        0xcf => (Head::Unsigned(unsigned::<8>(document, next)?), next + 8),
        0xd0 => {
            let value = i8::from_be_bytes(fixed(document, next)?);
            (Head::Signed(value.into()), next + 1)
        }
        0xd1 => {
            let value = i16::from_be_bytes(fixed(document, next)?);
            (Head::Signed(value.into()), next + 2)
        }
        0xd2 => {
            let value = i32::from_be_bytes(fixed(document, next)?);
            (Head::Signed(value.into()), next + 4)
        }
        0xd3 => {
            let value = i64::from_be_bytes(fixed(document, next)?);
            (Head::Signed(value), next + 8)
        }
        0xd9 => (Head::Text(length::<1>(document, next)?), next + 1),
        0xda => (Head::Text(length::<2>(document, next)?), next + 2),
        0xdb => (Head::Text(length::<4>(document, next)?), next + 4),
        0xdc => (Head::Array(length::<2>(document, next)?), next + 2),
        0xdd => (Head::Array(length::<4>(document, next)?), next + 4),
        0xde => (Head::Map(length::<2>(document, next)?), next + 2),
        0xdf => (Head::Map(length::<4>(document, next)?), next + 4),
        0xe0..=0xff => (Head::Signed(marker.cast_signed().into()), next),
        0xc1 => return Err(refused(at, "a byte that MessagePack never uses")),
        0xc7..=0xc9 | 0xd4..=0xd8 => {
            return Err(refused(
                at,
                "an extension type, which the profile leaves out",
            ));
        }
    };
    // What is announced must be able to be there: an element has a byte at least, a member two.
    let least = match head {
        Head::Text(length) | Head::Bytes(length) | Head::Array(length) => length,
        Head::Map(members) => members.saturating_mul(2),
        _ => return Ok((head, behind)),
    };
    if least > document.len() - behind {
        return Err(refused(at, "a length that goes beyond the document"));
    }
    Ok((head, behind))
}

/// The text of so many bytes at an offset.
#[inline]
pub(crate) fn text_at(document: &[u8], at: usize, length: usize) -> Result<&str, Error> {
    let bytes = document.get(at..at + length).unwrap_or_default();
    std::str::from_utf8(bytes).map_err(|_| refused(at, "text that is not UTF-8"))
}

/// Checks the text of so many bytes at an offset.
#[inline]
pub(super) fn check_text(document: &[u8], at: usize, length: usize) -> Result<(), Error> {
    let bytes = document.get(at..at + length).unwrap_or_default();
    if bytes.is_ascii() {
        return Ok(());
    }
    text_at(document, at, length).map(drop)
}

#[cold]
pub(super) const fn refused(at: usize, what: &'static str) -> Error {
    Error {
        reason: Reason::NotMsgpack,
        at,
        what,
    }
}

#[inline]
fn fixed<const N: usize>(document: &[u8], at: usize) -> Result<[u8; N], Error> {
    document
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .ok_or_else(|| refused(document.len(), "the document ends too early"))
}

#[inline]
fn unsigned<const N: usize>(document: &[u8], at: usize) -> Result<u64, Error> {
    let bytes = fixed::<N>(document, at)?;
    Ok(bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// A length has at most 32 bits; where a `usize` has fewer, the document could not be there either.
#[inline]
fn length<const N: usize>(document: &[u8], at: usize) -> Result<usize, Error> {
    unsigned::<N>(document, at).map(|length| usize::try_from(length).unwrap_or(usize::MAX))
}
