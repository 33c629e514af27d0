//! What is printed to standard output in this process: to standard error as it came, and line by line to the host's log.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crossplug_protocol::message::Level;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::lock::locked;
use crate::runtime::Runtime;

/// A longer line is logged in pieces.
const LINE: usize = 16 << 10;

/// Whether everything that was printed has been passed on.
#[derive(Default)]
pub(super) struct Prints {
    done: Mutex<bool>,
    changed: Condvar,
}

/// Passes on what is printed from now on.
pub(super) fn follow(file: OwnedFd, runtime: &Arc<Runtime>) -> Arc<Prints> {
    let prints = Arc::new(Prints::default());
    let (own, runtime) = (Arc::clone(&prints), Arc::clone(runtime));
    let follower = move || {
        pass_on(&file, &runtime);
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

fn pass_on(file: &OwnedFd, runtime: &Arc<Runtime>) {
    let mut buffer = [0; 8192];
    let mut line = Vec::new();
    loop {
        let count = match rustix::io::read(file, &mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(Errno::INTR) => continue,
            Err(_) => break,
        };
        let came = buffer.get(..count).unwrap_or_default();
        let _ = std::io::stderr().write_all(came);
        for byte in came {
            if *byte == b'\n' || line.len() >= LINE {
                say(&mut line, runtime);
            }
            if *byte != b'\n' {
                line.push(*byte);
            }
        }
    }
    if !line.is_empty() {
        say(&mut line, runtime);
    }
}

fn say(line: &mut Vec<u8>, runtime: &Arc<Runtime>) {
    let text = String::from_utf8_lossy(line);
    // Where the host cannot be told, standard error has it already.
    let _ = runtime.try_log(
        Level::Info,
        text.trim_end_matches('\r'),
        Some(br#"{"stream":"stdout"}"#),
    );
    line.clear();
}
