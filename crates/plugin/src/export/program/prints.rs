//! What is printed to standard output in this process: line by line to the host's log while the host can be told, to
//! standard error as it came before and otherwise; never both.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crossplug_protocol::codec::JsonMap;
use crossplug_protocol::message::Level;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::lock::locked;
use crate::runtime::Runtime;

/// A longer line is passed on in pieces, in bytes: a log is for lines, and a line without end must not be kept for ever.
const LINE: usize = 16 << 10;

/// What is printed, and who is told.
pub(in crate::export) struct Prints {
    file: OwnedFd,
    /// What was printed of a line that has not ended. Whoever reads from the file holds it.
    line: Mutex<Vec<u8>>,
    runtime: Mutex<Option<Arc<Runtime>>>,
    done: Mutex<bool>,
    changed: Condvar,
}

/// Passes on what is printed from now on. A plugin may print before there is a runtime.
pub(in crate::export) fn follow(file: OwnedFd) -> Arc<Prints> {
    if let Ok(flags) = fcntl_getfl(&file) {
        let _ = fcntl_setfl(&file, flags | OFlags::NONBLOCK);
    }
    let prints = Arc::new(Prints {
        file,
        line: Mutex::default(),
        runtime: Mutex::new(None),
        done: Mutex::new(false),
        changed: Condvar::new(),
    });
    let own = Arc::clone(&prints);
    let follower = move || {
        while own.pass_on() {
            let _ = poll(&mut [PollFd::new(&own.file, PollFlags::IN)], None);
        }
        *locked(&own.done) = true;
        own.changed.notify_all();
    };
    // Without the thread prints would fill the pipe and then wait; with no thread to be had nothing else works either.
    if std::thread::Builder::new()
        .name("crossplug-prints".to_owned())
        .spawn(follower)
        .is_err()
    {
        *locked(&prints.done) = true;
    }
    prints
}

impl Prints {
    /// Whom to tell, once the conversation is open. None: nobody any more.
    pub(in crate::export) fn tell(&self, runtime: Option<&Arc<Runtime>>) {
        let before = std::mem::replace(&mut *locked(&self.runtime), runtime.map(Arc::clone));
        // It may hold the last of a plugin.
        drop(before);
    }

    /// Passes on what was printed so far. False once nobody can print any more.
    pub(in crate::export) fn pass_on(&self) -> bool {
        let mut line = locked(&self.line);
        let mut buffer = [0; 8192];
        loop {
            match rustix::io::read(&self.file, &mut buffer) {
                Ok(count @ 1..) => self.print(&mut line, buffer.get(..count).unwrap_or_default()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return true,
                Ok(_) | Err(_) => {
                    if !line.is_empty() {
                        self.say(&line, "\n");
                        line.clear();
                    }
                    return false;
                }
            }
        }
    }

    fn print(&self, line: &mut Vec<u8>, came: &[u8]) {
        for part in came.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            let is_whole = part.ends_with(b"\n");
            if is_whole {
                let end = if line.ends_with(b"\r\n") { 2 } else { 1 };
                line.truncate(line.len() - end);
            }
            while line.len() > LINE {
                let rest = line.split_off(piece(line));
                self.say(line, "");
                *line = rest;
            }
            if is_whole {
                self.say(line, "\n");
                line.clear();
            }
        }
    }

    /// Says a line, or a piece of one. What goes to standard error ends there as it ended here.
    fn say(&self, line: &[u8], end: &str) {
        let text = String::from_utf8_lossy(line);
        let text = text.as_ref();
        let runtime = locked(&self.runtime).clone();
        let told = runtime.is_some_and(|runtime| {
            let fields = JsonMap::from_iter([("stream".to_owned(), "stdout".into())]);
            runtime.try_log(Level::Info, text, Some(&fields))
        });
        if !told {
            eprint!("{text}{end}");
        }
    }

    /// Passes on what was printed so far, a line without an end too: the next one is for another host.
    pub(in crate::export) fn end_line(&self) {
        let _ = std::io::stdout().flush();
        self.pass_on();
        let line = std::mem::take(&mut *locked(&self.line));
        if !line.is_empty() {
            self.say(&line, "\n");
        }
    }

    /// Closes standard output and waits until what was printed has been passed on; not for long, since something that the
    /// plugin has started may still hold it open.
    pub(in crate::export) fn finish(&self) {
        let _ = std::io::stdout().flush();
        let nothing =
            rustix::fs::open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty());
        let Ok(nothing) = nothing else { return };
        if rustix::stdio::dup2_stdout(&nothing).is_ok() {
            let done = locked(&self.done);
            let _ = self
                .changed
                .wait_timeout_while(done, Duration::from_millis(500), |done| !*done);
        }
    }
}

/// How much of a long line is its first piece: no character is broken, as far as there are any.
fn piece(line: &[u8]) -> usize {
    let continues = |at: &usize| line.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut ends = (LINE - 3..=LINE).rev();
    ends.find(|at| !continues(at)).unwrap_or(LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_ends_between_characters_or_at_the_limit() {
        assert_eq!(piece(&[b'a'; LINE + 1]), LINE);
        let text = format!("a{}", "é".repeat(LINE / 2));
        assert_eq!(piece(text.as_bytes()), LINE - 1);
        assert_eq!(piece("😀".repeat(LINE / 4 + 1).as_bytes()), LINE);
        let text = format!("abc{}", "😀".repeat(LINE / 4));
        assert_eq!(piece(text.as_bytes()), LINE - 1);
        assert_eq!(piece(&[0x80; LINE + 1]), LINE, "no text at all");
    }
}
