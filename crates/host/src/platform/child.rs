//! One child process in a group of its own: spawned without a shell, watched, signalled and reaped as a group.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use rustix::fs::{Access, access};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpid, getppid, kill_process_group, waitid,
};

use super::inherited::Inherited;
use super::{Warden, system};

/// What to start.
#[derive(Debug)]
pub(crate) struct Spawn<'a> {
    /// As [`find_program`] found it.
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [String],
    pub(crate) folder: &'a Path,
    /// All of it: nothing is inherited.
    pub(crate) environment: &'a [(OsString, OsString)],
}

/// A running child and its pipes. Dropping it kills the group and reaps the child.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    group: Pid,
    exit: Option<OwnedFd>,
    warden: Option<Arc<Warden>>,
    reaped: bool,
}

/// The host's ends of the child's three streams; the first two never block.
#[derive(Debug)]
pub(crate) struct Streams {
    pub(crate) stdin: OwnedFd,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
}

impl Child {
    /// Starts it. Where the system can, the child dies with the *calling thread*: call it on one that lives as long as
    /// the child shall.
    pub(crate) fn spawn(
        spawn: &Spawn<'_>,
        warden: Option<Arc<Warden>>,
    ) -> io::Result<(Self, Streams)> {
        let mut command = Command::new(spawn.program);
        command
            .args(spawn.arguments)
            .current_dir(spawn.folder)
            .env_clear()
            .envs(spawn.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let host = getpid();
        let inherited = Inherited::find();
        let in_the_child = move || {
            system::die_with_parent()?;
            // The host may have died before the line above took hold.
            if getppid() != Some(host) {
                return Err(io::Error::from_raw_os_error(
                    rustix::io::Errno::SRCH.raw_os_error(),
                ));
            }
            inherited.close_on_exec();
            Ok(())
        };
        // SAFETY: the closure runs between fork and exec. It makes only direct system calls (prctl, getppid,
        // close_range or fcntl) with arguments that were computed before the fork, takes no lock and allocates nothing.
        #[allow(
            unsafe_code,
            reason = "the standard library's only way to run code in the child before it execs"
        )]
        unsafe {
            command.pre_exec(in_the_child);
        }
        let mut process = run(&mut command)?;
        let streams = Streams::take(&mut process);
        let group = i32::try_from(process.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or(io::ErrorKind::InvalidData)?;
        let exit = system::exit_descriptor(group);
        let child = Self {
            process,
            group,
            exit,
            warden,
            reaped: false,
        };
        // Not before: an exec that fails leaves a number that is soon somebody else's, and only the standard library
        // knows it. Should the host be killed right here, the child dies by the signal above or the end of its input.
        if let Some(warden) = &child.warden {
            warden.watch(group);
        }
        // An error here drops the child, which kills it.
        Ok((child, streams?))
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Readable when the child has ended, on systems that have such a thing; elsewhere ask [`Child::has_ended`].
    pub(crate) fn exit_descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.exit.as_ref().map(AsFd::as_fd)
    }

    /// Whether the child itself has ended. It stays unreaped, so its group's number stays its own.
    pub(crate) fn has_ended(&self) -> bool {
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error means that somebody else reaped it: it is gone.
        self.reaped || !matches!(waitid(WaitId::Pid(self.group), how), Ok(None))
    }

    /// Asks the whole group to end.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends the whole group.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if !self.reaped {
            let _ = kill_process_group(self.group, signal);
        }
    }

    /// Kills what is left of the group and collects the child. Waits for the child, which cannot ignore this signal.
    pub(crate) fn reap(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        if let Some(warden) = self.warden.take() {
            warden.forget(self.group);
        }
        let status = self.process.wait();
        self.reaped = true;
        self.exit = None;
        status
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.reap();
        }
    }
}

/// Spawns. Where the program cannot be run and this process ignores SIGCHLD, so that the system has reaped the child
/// already, the standard library panics instead of giving the error.
fn run(command: &mut Command) -> io::Result<std::process::Child> {
    catch_unwind(AssertUnwindSafe(|| command.spawn())).unwrap_or_else(|_| {
        let why =
            "it cannot be run, and the system does not say why, since this process ignores SIGCHLD";
        Err(io::Error::other(why))
    })
}

impl Streams {
    fn take(process: &mut std::process::Child) -> io::Result<Self> {
        let stdin = process.stdin.take().map(OwnedFd::from);
        let stdout = process.stdout.take().map(OwnedFd::from);
        let stderr = process.stderr.take().map(OwnedFd::from);
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        for stream in [&stdin, &stdout, &stderr] {
            rustix::io::ioctl_fionbio(stream, true)?;
        }
        system::widen(&stdin);
        system::widen(&stdout);
        Ok(Self {
            stdin,
            stdout,
            stderr,
        })
    }
}

/// Finds a program of this name on the PATH, as a shell would. None: it is not there.
pub(crate) fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|place| !name.is_empty() && !place.as_os_str().is_empty())
        .map(|place| place.join(name))
        .find(|place| is_program(place))
        // The child runs in another folder than the host.
        .and_then(|place| std::path::absolute(place).ok())
}

/// Whether it can be run.
pub(crate) fn is_program(place: &Path) -> bool {
    place.is_file() && access(place, Access::EXEC_OK).is_ok()
}
