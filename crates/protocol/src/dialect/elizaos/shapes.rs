//! Pieces of text that both sides need: lines in the making, and values without the nulls that mean absent.

use std::borrow::Cow;

use crate::frame::{FrameError, FrameWriter, Framing};
use crate::json::{self, Kind};

/// A line in the making.
pub(super) struct Line<'w>(crate::frame::FrameBody<'w>);

impl<'w> Line<'w> {
    /// A line of a type.
    pub(super) fn new(kind: &str, out: &'w mut FrameWriter) -> Self {
        let mut frame = out.begin(Framing::Ndjson);
        frame.extend_from_slice(b"{\"type\":");
        json::push_text(&mut frame, kind);
        Self(frame)
    }

    /// Adds a member that is text.
    pub(super) fn text(mut self, name: &str, text: &str) -> Self {
        self.name(name);
        json::push_text(&mut self.0, text);
        self
    }

    /// Adds a member that is JSON already.
    pub(super) fn raw(mut self, name: &str, value: &[u8]) -> Self {
        self.name(name);
        self.0.extend_from_slice(value);
        self
    }

    /// Adds a member where there is a value.
    pub(super) fn optional(self, name: &str, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) => self.raw(name, value),
            None => self,
        }
    }

    /// Ends the line.
    pub(super) fn finish(mut self, limit: usize) -> Result<usize, FrameError> {
        self.0.push(b'}');
        self.0.finish(limit)
    }

    fn name(&mut self, name: &str) {
        self.0.push(b',');
        json::push_text(&mut self.0, name);
        self.0.push(b':');
    }
}

/// An object in the making.
#[derive(Default)]
pub(super) struct Members(Vec<u8>);

impl Members {
    /// Adds a member, given as JSON.
    pub(super) fn raw(mut self, name: &str, value: &[u8]) -> Self {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        json::push_text(&mut self.0, name);
        self.0.push(b':');
        self.0.extend_from_slice(value);
        self
    }

    /// Adds a member that is text.
    pub(super) fn text(self, name: &str, text: &str) -> Self {
        let mut value = Vec::with_capacity(text.len() + 2);
        json::push_text(&mut value, text);
        self.raw(name, &value)
    }

    /// Adds a member unless it is absent or null, which mean the same.
    pub(super) fn present(self, name: &str, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) if !json::is_null(value) => self.raw(name, value),
            _ => self,
        }
    }

    /// Ends the object.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        self.0
    }
}

/// A checked value's member, unless it is null.
pub(super) fn present<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    json::member(object, name).filter(|value| !json::is_null(value))
}

/// A checked value's member as text.
pub(super) fn text<'a>(object: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    json::member(object, name).and_then(json::text)
}

/// An object without those of its members that are null; other values as they are.
pub(super) fn without_nulls(value: &[u8]) -> Cow<'_, [u8]> {
    rewritten(value, |_, member| {
        if json::is_null(member) {
            None
        } else {
            Some(Cow::Borrowed(member))
        }
    })
}

/// A memory without the nulls that mean absent: its own and its content's.
pub(super) fn memory(value: &[u8]) -> Cow<'_, [u8]> {
    rewritten(value, |name, member| match name {
        _ if json::is_null(member) => None,
        "content" => Some(without_nulls(member)),
        _ => Some(Cow::Borrowed(member)),
    })
}

/// An object with its members rewritten or left out; borrowed where nothing changes.
fn rewritten<'a>(
    value: &'a [u8],
    rule: impl Fn(&str, &'a [u8]) -> Option<Cow<'a, [u8]>>,
) -> Cow<'a, [u8]> {
    if json::kind(value) != Some(Kind::Object) {
        return Cow::Borrowed(value);
    }
    let same = |(name, member): (Cow<'a, str>, &'a [u8])| {
        matches!(rule(&name, member), Some(Cow::Borrowed(_)))
    };
    if json::members(value).all(same) {
        return Cow::Borrowed(value);
    }
    let kept = json::members(value)
        .filter_map(|(name, member)| rule(&name, member).map(|member| (name, member)));
    let members = kept.fold(Members::default(), |members, (name, member)| {
        members.raw(&name, &member)
    });
    Cow::Owned(members.finish())
}
