//! Just enough of the wire to misbehave with: lines or frames in, hand-written text or bytes out. Must not interpret anything but a
//! request's id and method.

use std::io::{BufRead, Read, StdinLock, Write};
use std::process::exit;
use std::time::Duration;

/// Longest time that a rogue lives when nobody kills it, so that a failed test leaves nothing behind for good.
const LIFE: Duration = Duration::from_secs(120);

/// What a rogue says of itself where its behaviour is not in the handshake.
pub(crate) const GREETING: &str = r#"{"protocol":{"version":"1.0"},"manifest":{"name":"rogue","description":"Misbehaves.","version":"1.0.0","language":"rust","interfaces":{"conformance":"1"}},"interfaces":{"conformance":{"version":"1.0.0"}}}"#;

/// A line of the host that has an id and a method.
pub(crate) struct Request {
    /// The digits, as they came.
    pub(crate) id: String,
    pub(crate) method: String,
}

/// The rogue's end of the conversation.
pub(crate) struct Peer {
    input: StdinLock<'static>,
}

impl Peer {
    pub(crate) fn new() -> Self {
        Self {
            input: std::io::stdin().lock(),
        }
    }

    /// The next line, whatever it is. `None` at the end of input.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.input.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line),
        }
    }

    /// The next frame with a length before it, whatever is in it. `None` at the end of input.
    pub(crate) fn frame(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        self.input.read_exact(&mut length).ok()?;
        let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).ok()?];
        self.input.read_exact(&mut frame).ok()?;
        Some(frame)
    }

    /// The next request; notifications are passed over.
    pub(crate) fn request(&mut self) -> Option<Request> {
        loop {
            let line = self.line()?;
            let Some(method) = member(&line, "\"method\":\"", '"') else {
                continue;
            };
            // A notification may name the id of a request in its params.
            if let Some(id) = id_of(&line).filter(|_| !method.starts_with("$/")) {
                return Some(Request { id, method });
            }
        }
    }

    /// Waits for `initialize` and answers it with the result's text.
    pub(crate) fn greet(&mut self, result: &str) {
        match self.request() {
            Some(request) => answer(&request.id, result),
            None => exit(0),
        }
    }

    /// Behaves: answers `ping`, `shutdown` and whatever `handle` leaves alone, and ends with the input.
    pub(crate) fn serve(&mut self, mut handle: impl FnMut(&mut Self, &Request) -> bool) {
        while let Some(request) = self.request() {
            let own = matches!(request.method.as_str(), "ping" | "shutdown");
            if own || !handle(self, &request) {
                answer(&request.id, "null");
            }
        }
    }
}

fn id_of(line: &str) -> Option<String> {
    // The envelope comes before params, and no other member is spelt exactly `"id"` before it.
    let (_, rest) = line.split_once("\"id\":")?;
    let id: String = rest.chars().take_while(|c| c.is_ascii_digit()).collect();
    (!id.is_empty()).then_some(id)
}

fn member(line: &str, before: &str, after: char) -> Option<String> {
    let (_, rest) = line.split_once(before)?;
    let (value, _) = rest.split_once(after)?;
    Some(value.to_owned())
}

/// Writes bytes as they are. A host that has gone away ends the rogue.
pub(crate) fn raw(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
        exit(0);
    }
}

/// Writes one line.
pub(crate) fn say(line: &str) {
    raw(format!("{line}\n").as_bytes());
}

/// Answers a request.
pub(crate) fn answer(id: &str, result: &str) {
    say(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#
    ));
}

/// Does nothing, for as long as a rogue may live.
pub(crate) fn linger() -> ! {
    std::thread::sleep(LIFE);
    exit(9)
}
