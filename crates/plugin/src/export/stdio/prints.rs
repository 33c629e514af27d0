//! What is printed to standard output in this process: line by line to the host's log while the host can be told, to
//! standard error as it came before and otherwise; never both.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use crossplug_protocol::message::Level;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::lock::locked;
use crate::runtime::Runtime;

/// A longer line is logged in pieces.
const LINE: usize = 16 << 10;

/// What is printed, and who is told.
pub(super) struct Prints {
    file: OwnedFd,
    /// What was printed of a line that has not ended. Whoever reads from the file holds it.
    line: Mutex<Vec<u8>>,
    runtime: OnceLock<Arc<Runtime>>,
    done: Mutex<bool>,
    changed: Condvar,
}

/// Passes on what is printed from now on. A plugin may print before there is a runtime.
pub(super) fn follow(file: OwnedFd) -> Arc<Prints> {
    if let Ok(flags) = fcntl_getfl(&file) {
        let _ = fcntl_setfl(&file, flags | OFlags::NONBLOCK);
    }
    let prints = Arc::new(Prints {
        file,
        line: Mutex::default(),
        runtime: OnceLock::new(),
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
    /// Whom to tell, once the conversation is open.
    pub(super) fn tell(&self, runtime: &Arc<Runtime>) {
        let _ = self.runtime.set(Arc::clone(runtime));
    }

    /// Passes on what was printed so far. False once nobody can print any more.
    pub(super) fn pass_on(&self) -> bool {
        let mut line = locked(&self.line);
        let mut buffer = [0; 8192];
        loop {
            match rustix::io::read(&self.file, &mut buffer) {
                Ok(count @ 1..) => self.print(&mut line, buffer.get(..count).unwrap_or_default()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return true,
                Ok(_) | Err(_) => {
                    if !line.is_empty() {
                        self.say(&mut line);
                    }
                    return false;
                }
            }
        }
    }

    fn print(&self, line: &mut Vec<u8>, came: &[u8]) {
        if !self.runtime.get().is_some_and(|runtime| runtime.can_log()) {
            let _ = std::io::stderr().write_all(came);
            return;
        }
        for byte in came {
            if *byte == b'\n' || line.len() >= LINE {
                self.say(line);
            }
            if *byte != b'\n' {
                line.push(*byte);
            }
        }
    }

    fn say(&self, line: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\r');
        let fields = Some(&br#"{"stream":"stdout"}"#[..]);
        let told = self
            .runtime
            .get()
            .is_some_and(|runtime| runtime.try_log(Level::Info, text, fields));
        if !told {
            eprintln!("{text}");
        }
        line.clear();
    }

    /// Closes standard output and waits until what was printed has been passed on; not for long, since something that the
    /// plugin has started may still hold it open.
    pub(super) fn finish(&self) {
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
