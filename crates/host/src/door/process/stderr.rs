//! Bytes of stderr as lines for the log, and the last of them for the error of a dead plugin. Bounded in both.

use std::collections::VecDeque;

/// Longest line that is logged whole, in bytes; a longer one goes to the log in parts.
const LONGEST_LINE: usize = 8 << 10;
/// Enough for a traceback.
const TAIL_LINES: usize = 20;
/// Enough for a person to read.
const TAIL_BYTES: usize = 4 << 10;

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    open: Vec<u8>,
    tail: VecDeque<String>,
    tail_bytes: usize,
}

impl Lines {
    /// Takes in bytes and gives out the lines that they end.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut line: impl FnMut(&str)) {
        while !bytes.is_empty() {
            let room = LONGEST_LINE - self.open.len();
            let (part, rest) = match bytes.iter().take(room).position(|byte| *byte == b'\n') {
                Some(at) => (bytes.get(..at), bytes.get(at + 1..)),
                None if bytes.len() < room => (Some(bytes), None),
                None => (bytes.get(..room), bytes.get(room..)),
            };
            self.open.extend_from_slice(part.unwrap_or_default());
            bytes = match rest {
                Some(rest) => {
                    self.end(&mut line);
                    rest
                }
                None => &[],
            };
        }
    }

    /// Nothing more comes: what is left is a line too.
    pub(super) fn finish(&mut self, mut line: impl FnMut(&str)) {
        self.end(&mut line);
    }

    fn end(&mut self, line: &mut impl FnMut(&str)) {
        let text = String::from_utf8_lossy(self.open.trim_ascii_end()).into_owned();
        self.open.clear();
        if text.is_empty() {
            return;
        }
        line(&text);
        self.tail_bytes += text.len();
        self.tail.push_back(text);
        while self.tail.len() > TAIL_LINES || (self.tail_bytes > TAIL_BYTES && self.tail.len() > 1)
        {
            self.tail_bytes -= self.tail.pop_front().map_or(0, |gone| gone.len());
        }
    }

    /// The last lines, as an error says them; empty where there were none.
    pub(super) fn tail(&self) -> String {
        if self.tail.is_empty() {
            return String::new();
        }
        let mut text = String::from("; the last of its stderr:");
        for line in &self.tail {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn lines_come_whole_however_the_bytes_come_and_stay_bounded() {
        let text = "first\n\nsecond é\r\nlast";
        for chunk in 1..text.len() {
            let (mut lines, mut seen) = (Lines::default(), Vec::new());
            for bytes in text.as_bytes().chunks(chunk) {
                lines.push(bytes, |line| seen.push(line.to_owned()));
            }
            lines.finish(|line| seen.push(line.to_owned()));
            assert_eq!(seen, ["first", "second é", "last"], "in chunks of {chunk}");
        }
        let (mut lines, mut longest) = (Lines::default(), 0);
        lines.push(&vec![b'x'; 100_000], |line| {
            longest = longest.max(line.len())
        });
        assert_eq!(longest, LONGEST_LINE);
        assert!(
            lines.open.capacity() <= 2 * LONGEST_LINE && lines.tail().len() <= 2 * LONGEST_LINE
        );
    }
}
