//! Events: something that happened at one side and that the other may care about. Knows no types.

/// An event of the host, as a handler gets it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event<T> {
    /// Wire name.
    pub name: String,
    /// Names an ordered sequence, such as `location:room1`.
    pub stream: Option<String>,
    /// Position in the sequence, from 1.
    pub seq: u64,
    /// What happened.
    pub payload: T,
}

impl<T> Event<T> {
    /// An event, for tests of handlers.
    #[must_use]
    pub fn new(name: impl Into<String>, seq: u64, payload: T) -> Self {
        Self {
            name: name.into(),
            stream: None,
            seq,
            payload,
        }
    }

    /// The same on a stream.
    #[must_use]
    pub fn on_stream(mut self, stream: impl Into<String>) -> Self {
        self.stream = Some(stream.into());
        self
    }
}
