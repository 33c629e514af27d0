//! Stray prints on a plugin's standard output: a line that is no message becomes a log line, counted. A plugin that
//! talks too much there breaks the protocol.

use crate::frame::Framing;
use crate::message::{Level, Message, Raw};
use crate::violation::{Violation, ViolationKind};

/// Stray lines that a session bears: enough for a banner and some forgotten prints, not for a flood.
const MOST: u32 = 1000;
/// Longest stray line that it bears, in bytes.
const LONGEST: usize = 64 << 10;

/// Finds a print that never ends before it fills the room of a message: `waiting` is what came of a frame that is not whole.
///
/// # Errors
/// [`ViolationKind::StrayTooLong`].
pub fn endless_print(framing: Framing, waiting: &[u8]) -> Result<(), Violation> {
    if framing != Framing::Ndjson || waiting.len() <= LONGEST || waiting.first() == Some(&b'{') {
        return Ok(());
    }
    let detail = format!(
        "{} bytes on standard output that are no message and no end of a line",
        waiting.len()
    );
    Err(Violation::new(ViolationKind::StrayTooLong, detail))
}

/// Counts the stray lines of one conversation.
#[derive(Debug, Default)]
pub(super) struct Strays {
    seen: u32,
}

impl Strays {
    /// Makes a log message of a stray line.
    pub(super) fn take<'f>(&mut self, line: &'f [u8]) -> Result<Message<'f>, Violation> {
        self.seen += 1;
        if self.seen > MOST {
            let detail = format!("more than {MOST} lines on standard output that are no messages");
            return Err(Violation::new(ViolationKind::TooManyStrays, detail));
        }
        if line.len() > LONGEST {
            let detail = format!(
                "a line of {} bytes on standard output that is no message",
                line.len()
            );
            return Err(Violation::new(ViolationKind::StrayTooLong, detail));
        }
        let message = String::from_utf8_lossy(line.trim_ascii_end());
        Ok(Message::Log {
            level: Level::Info,
            message,
            fields: Some(Raw::trust(br#"{"stream":"stdout"}"#)),
        })
    }
}
