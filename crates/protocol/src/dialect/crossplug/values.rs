//! Values inside an envelope, whatever encoding it came in. They have been checked; nothing here checks again.

use std::borrow::Cow;

use crate::json;
use crate::msgpack;

/// How an encoding spells the scalars and members of an envelope.
pub(super) trait Values {
    /// An object without members.
    const EMPTY: &'static [u8];

    fn text(raw: &[u8]) -> Option<Cow<'_, str>>;
    fn integer(raw: &[u8]) -> Option<i64>;
    fn number(raw: &[u8]) -> Option<f64>;
    fn boolean(raw: &[u8]) -> Option<bool>;
    fn is_null(raw: &[u8]) -> bool;
    fn is_object(raw: &[u8]) -> bool;
    /// The members of an object; none of anything else.
    fn members(raw: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, &[u8])>;
}

/// RFC 8259.
pub(super) struct Json;

impl Json {
    /// The members of an object that the scanner has just found.
    pub(super) fn scanned<'f>(
        object: &json::Object<'_, 'f>,
    ) -> impl Iterator<Item = (Cow<'f, [u8]>, &'f [u8])> {
        object
            .raw()
            .map(|(name, escaped, value)| (resolved(name, escaped), value))
    }
}

impl Values for Json {
    const EMPTY: &'static [u8] = b"{}";

    fn text(raw: &[u8]) -> Option<Cow<'_, str>> {
        json::text(raw)
    }

    fn integer(raw: &[u8]) -> Option<i64> {
        json::integer(raw)
    }

    fn number(raw: &[u8]) -> Option<f64> {
        json::number(raw)
    }

    fn boolean(raw: &[u8]) -> Option<bool> {
        json::boolean(raw)
    }

    fn is_null(raw: &[u8]) -> bool {
        json::is_null(raw)
    }

    fn is_object(raw: &[u8]) -> bool {
        json::kind(raw) == Some(json::Kind::Object)
    }

    fn members(raw: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, &[u8])> {
        let mut members = json::members(raw);
        std::iter::from_fn(move || {
            let (name, escaped, value) = members.step()?;
            Some((resolved(name, escaped), value))
        })
    }
}

#[inline]
fn resolved(name: &[u8], escaped: bool) -> Cow<'_, [u8]> {
    if escaped {
        Cow::Owned(json::inner_text(name).into_owned().into_bytes())
    } else {
        Cow::Borrowed(name)
    }
}

/// MessagePack.
pub(super) struct Msgpack;

impl Msgpack {
    /// The members of a map that the scanner has just found.
    pub(super) fn scanned<'f>(
        object: &msgpack::Object<'_, 'f>,
    ) -> impl Iterator<Item = (Cow<'f, [u8]>, &'f [u8])> {
        object
            .raw()
            .map(|(name, value)| (Cow::Borrowed(name), value))
    }
}

impl Values for Msgpack {
    const EMPTY: &'static [u8] = b"\x80";

    fn text(raw: &[u8]) -> Option<Cow<'_, str>> {
        msgpack::text(raw).map(Cow::Borrowed)
    }

    fn integer(raw: &[u8]) -> Option<i64> {
        msgpack::integer(raw)
    }

    fn number(raw: &[u8]) -> Option<f64> {
        msgpack::number(raw)
    }

    fn boolean(raw: &[u8]) -> Option<bool> {
        msgpack::boolean(raw)
    }

    fn is_null(raw: &[u8]) -> bool {
        msgpack::is_null(raw)
    }

    fn is_object(raw: &[u8]) -> bool {
        msgpack::kind(raw) == Some(msgpack::Kind::Object)
    }

    fn members(raw: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, &[u8])> {
        msgpack::members(raw).map(|(name, value)| (Cow::Borrowed(name), value))
    }
}
