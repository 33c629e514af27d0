//! The caps of a session. On by default; each is a promise that a peer cannot make this side grow without bound.

use crate::frame::DEFAULT_FRAME_BYTES;
use crate::json;

/// Caps. The defaults are those of `Limits` in `schema/protocol.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest message, in bytes.
    pub frame_bytes: usize,
    /// Deepest nesting of a message.
    pub depth: u32,
    /// Requests in flight, each direction.
    pub pending_calls: usize,
    /// Requests in flight that one side has given credit for.
    pub open_streams: usize,
    /// Bytes that may wait in the outgoing [`crate::frame::FrameWriter`] before calls, items, events and logs are refused.
    pub buffered_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: DEFAULT_FRAME_BYTES,
            depth: json::DEFAULT_DEPTH,
            pending_calls: 1000,
            open_streams: 256,
            buffered_bytes: 128 << 20,
        }
    }
}

impl Limits {
    /// The stricter of both, where the other side announced its own as `limits` in checked `initialize` params.
    #[must_use]
    pub(crate) fn within(mut self, announced: Option<&[u8]>) -> Self {
        let cap = |name: &str| {
            let value = announced
                .and_then(|limits| json::member(limits, name))
                .and_then(json::integer);
            value
                .and_then(|value| usize::try_from(value).ok())
                .unwrap_or(usize::MAX)
        };
        self.frame_bytes = self.frame_bytes.min(cap("frameBytes"));
        self.depth = self
            .depth
            .min(u32::try_from(cap("depth")).unwrap_or(u32::MAX));
        self.pending_calls = self.pending_calls.min(cap("pendingCalls"));
        self.open_streams = self.open_streams.min(cap("openStreams"));
        self.buffered_bytes = self.buffered_bytes.min(cap("bufferedBytes"));
        self
    }

    /// Appends them as `Limits`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let members = [
            ("{\"frameBytes\":", self.frame_bytes),
            (",\"depth\":", self.depth as usize),
            (",\"pendingCalls\":", self.pending_calls),
            (",\"openStreams\":", self.open_streams),
            (",\"bufferedBytes\":", self.buffered_bytes),
        ];
        for (name, value) in members {
            out.extend_from_slice(name.as_bytes());
            json::push_integer(out, i64::try_from(value).unwrap_or(i64::MAX));
        }
        out.push(b'}');
    }
}
