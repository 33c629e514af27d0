//! Other Unix systems: a pipe as alarm; exits are noticed by the end of the output and by asking now and then.

use std::ffi::c_uint;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::Pid;

/// Wakes a thread out of `poll`.
#[derive(Debug)]
pub(crate) struct Alarm {
    hears: OwnedFd,
    rings: OwnedFd,
}

impl Alarm {
    pub(crate) fn new() -> io::Result<Self> {
        let (hears, rings) = rustix::pipe::pipe()?;
        for end in [&hears, &rings] {
            fcntl_setfd(end, FdFlags::CLOEXEC)?;
            rustix::io::ioctl_fionbio(end, true)?;
        }
        Ok(Self { hears, rings })
    }

    /// Makes the descriptor readable. Ringing twice is ringing once.
    pub(crate) fn ring(&self) {
        // Fails only when the pipe is full, and then it rings already.
        let _ = rustix::io::write(&self.rings, &[1]);
    }

    /// Makes it unreadable again.
    pub(crate) fn silence(&self) {
        while rustix::io::read(&self.hears, &mut [0u8; 64]).is_ok_and(|taken| taken == 64) {}
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.hears.as_fd()
    }
}

/// Whether [`neighbour`] knows.
pub(crate) const NEIGHBOUR_CAN_BE_ASKED: bool = false;

/// There is no safe way to ask here.
pub(crate) fn neighbour(_socket: BorrowedFd<'_>) -> Option<io::Result<(u32, Option<u32>)>> {
    None
}

/// There is no such descriptor here.
pub(super) fn exit_descriptor(_pid: Pid) -> Option<OwnedFd> {
    None
}

/// There is no such signal here: the warden and the end of the input do it.
pub(super) fn die_with_parent() -> io::Result<()> {
    Ok(())
}

/// There is no such call here.
pub(super) fn close_on_exec_from(_first: c_uint) -> bool {
    false
}

/// Pipes have the size that the system gives them.
pub(super) fn widen(_pipe: &OwnedFd) {}
