//! A tiny process that outlives a killed host just long enough to kill the process groups of its plugins.
//!
//! A parent-death signal reaches the plugin alone, not what the plugin started, and not every system has one. The
//! warden reads a pipe whose other end only the host holds: each plugin's group is written to it, and when the pipe
//! ends, groups that are still on the list are killed. It is a shell, and not a fork of the host, because a fork would
//! keep the host's memory alive; it exists while there are plugins, one for all of them.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::process::Pid;

use super::inherited::Inherited;

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
        let warden = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&warden);
        Ok(warden)
    }

    fn start() -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "crossplug-warden"])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let inherited = Inherited::find();
        // SAFETY: the closure only makes system calls that are allowed between fork and exec, and allocates nothing.
        #[allow(
            unsafe_code,
            reason = "the standard library's only way to run code in the child before it execs"
        )]
        unsafe {
            // It lives as long as the host, and would hold what the host has closed.
            command.pre_exec(move || {
                inherited.close_on_exec();
                Ok(())
            });
        }
        let mut process = command.spawn()?;
        let pipe = process.stdin.take().map(OwnedFd::from);
        Ok(Self {
            pipe,
            process: Mutex::new(process),
        })
    }

    fn is_there(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(process.try_wait(), Ok(None))
    }

    /// Puts a group on the list. Its leader must be there and unreaped, so that the number is its own.
    pub(super) fn watch(&self, group: Pid) {
        self.tell('+', group);
    }

    /// Takes a group off the list. Before its leader is reaped: from then on the number may be somebody else's.
    pub(super) fn forget(&self, group: Pid) {
        self.tell('-', group);
    }

    fn tell(&self, what: char, group: Pid) {
        if let Some(pipe) = &self.pipe {
            // Shorter than PIPE_BUF, so lines of several threads never mix. An error means that the warden is gone:
            // without it the child still dies by its parent-death signal and by the end of its input.
            let line = format!("{what} {}\n", group.as_raw_nonzero());
            let _ = rustix::io::write(pipe, line.as_bytes());
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::io::Read;
    use std::path::Path;

    use super::*;
    use crate::platform::{Child, Spawn};

    /// What the warden is told while this program is started and, if that went well, ended.
    fn told(program: &Path) -> (io::Result<u32>, String) {
        let (mut hears, tells) = io::pipe().unwrap();
        let warden = Arc::new(Warden {
            pipe: Some(tells.into()),
            process: Mutex::new(Command::new("/bin/sh").args(["-c", ":"]).spawn().unwrap()),
        });
        let spawn = Spawn {
            program,
            arguments: &[],
            folder: Path::new("/"),
            environment: &[],
        };
        let started = Child::spawn(&spawn, Some(warden)).map(|(child, _streams)| child.id());
        let mut lines = String::new();
        hears.read_to_string(&mut lines).unwrap();
        (started, lines)
    }

    #[test]
    fn it_holds_nothing_that_the_host_has_open() {
        // As a library does that knows no CLOEXEC.
        let (hears, tells) = rustix::pipe::pipe().unwrap();
        let warden = Warden::start().unwrap();
        drop(tells);
        let mut ends = std::fs::File::from(hears);
        assert_eq!(ends.read(&mut [0]).unwrap(), 0);
        assert!(warden.is_there());
    }

    #[test]
    fn a_program_that_is_running_is_on_the_list() {
        let (started, lines) = told(Path::new("/bin/sh"));
        let id = started.unwrap();
        assert_eq!(lines, format!("+ {id}\n- {id}\n"));
    }

    #[test]
    fn a_program_that_could_not_be_started_leaves_no_number_on_the_list() {
        let (started, lines) = told(Path::new("/there/is/no/such/program"));
        assert_eq!(started.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(lines, "");
    }
}
