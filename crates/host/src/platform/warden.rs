//! A tiny process that outlives a killed host just long enough to kill the process groups of its plugins.
//!
//! A parent-death signal reaches the plugin alone, not what the plugin started, and not every system has one. The
//! warden reads a pipe whose other end only the host holds: each plugin's group is written to it, and when the pipe
//! ends, groups that are still on the list are killed. It is a shell, and not a fork of the host, because a fork would
//! keep the host's memory alive; it exists while there are plugins, one for all of them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::process::Pid;

/// POSIX shell. A terminal's signals are for the host, which takes its plugins with it.
const SCRIPT: &str = r#"trap '' HUP INT QUIT TERM
groups=
while read -r what group; do
    case $what in
        +) groups="$groups $group" ;;
        -) left=
           for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
           groups=$left ;;
    esac
done
for one in $groups; do kill -s KILL -- "-$one" 2>/dev/null; done
"#;

static SHARED: Mutex<Weak<Warden>> = Mutex::new(Weak::new());

/// The host's end. The process ends when the last of these is dropped.
#[derive(Debug)]
pub(crate) struct Warden {
    /// Taken on drop: the end of the pipe is the signal.
    pipe: Option<OwnedFd>,
    process: Mutex<Child>,
}

impl Warden {
    /// The warden of this host; starts one where there is none.
    pub(crate) fn get() -> io::Result<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(warden) = shared.upgrade()
            && warden.is_there()
        {
            return Ok(warden);
        }
        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "crossplug-warden"])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let pipe = process.stdin.take().map(OwnedFd::from);
        let warden = Arc::new(Self {
            pipe,
            process: Mutex::new(process),
        });
        *shared = Arc::downgrade(&warden);
        Ok(warden)
    }

    fn is_there(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(process.try_wait(), Ok(None))
    }

    /// Where a child writes its own group, between fork and exec, with [`watch_self`].
    pub(super) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Takes a group off the list. Before its leader is reaped: from then on the number may be somebody else's.
    pub(super) fn forget(&self, group: Pid) {
        if let Some(pipe) = self.pipe() {
            let _ = rustix::io::write(pipe, format!("- {}\n", group.as_raw_nonzero()).as_bytes());
        }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // It has nothing left to do, so this is a matter of a millisecond, and leaves no zombie.
        let _ = self
            .process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .wait();
    }
}

/// In the child: puts its own group on the list. Allocates nothing, so it is safe between fork and exec.
pub(super) fn watch_self(pipe: BorrowedFd<'_>) -> io::Result<()> {
    let mut line = *b"+           \n";
    let mut number = rustix::process::getpid().as_raw_nonzero().get();
    // Right-aligned; the shell's `read` drops the spaces.
    for digit in line.iter_mut().rev().skip(1) {
        if number == 0 {
            break;
        }
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    // Shorter than PIPE_BUF, so lines of several children never mix.
    rustix::io::write(pipe, &line)?;
    Ok(())
}
