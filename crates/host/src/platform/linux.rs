//! Linux: an eventfd as alarm, a pidfd that tells of an exit, and the signal that follows the parent's death.

use std::ffi::{c_long, c_uint};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, set_parent_process_death_signal};

/// Wakes a thread out of `poll`.
#[derive(Debug)]
pub(crate) struct Alarm(OwnedFd);

impl Alarm {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(eventfd(
            0,
            EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK,
        )?))
    }

    /// Makes the descriptor readable. Ringing twice is ringing once.
    pub(crate) fn ring(&self) {
        // Fails only when the counter is full, and then it rings already.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    /// Makes it unreadable again.
    pub(crate) fn silence(&self) {
        let _ = rustix::io::read(&self.0, &mut [0u8; 8]);
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether [`neighbour`] knows.
pub(crate) const NEIGHBOUR_CAN_BE_ASKED: bool = true;

/// User and process at the other end of a Unix socket; none on systems that do not say.
pub(crate) fn neighbour(socket: BorrowedFd<'_>) -> Option<io::Result<(u32, Option<u32>)>> {
    let found = rustix::net::sockopt::socket_peercred(socket);
    Some(found.map_err(io::Error::from).map(|found| {
        let process = u32::try_from(found.pid.as_raw_nonzero().get()).ok();
        (found.uid.as_raw(), process)
    }))
}

/// A descriptor that becomes readable when the process ends; none on kernels before 5.3.
pub(super) fn exit_descriptor(pid: Pid) -> Option<OwnedFd> {
    pidfd_open(pid, PidfdFlags::empty()).ok()
}

/// In the child: die with the thread that spawned it. Safe between fork and exec: one system call.
pub(super) fn die_with_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Nothing from this descriptor on passes an exec. False where the kernel cannot do that at once (before 5.11). Safe
/// between fork and exec: one system call.
pub(super) fn close_on_exec_from(first: c_uint) -> bool {
    /// `CLOSE_RANGE_CLOEXEC`.
    const ON_EXEC: c_uint = 4;
    let Some(number) = CLOSE_RANGE else {
        return false;
    };
    // SAFETY: `syscall` is the C library's, with this signature; close_range takes three integers, touches no memory and,
    // with this flag, closes nothing now.
    #[allow(
        unsafe_code,
        reason = "no library that we have wraps this call; a loop over every number would take thousands of others"
    )]
    let done = unsafe {
        unsafe extern "C" {
            fn syscall(number: c_long, ...) -> c_long;
        }
        syscall(number, first, c_uint::MAX, ON_EXEC)
    };
    done == 0
}

/// The number of the call: the same everywhere but where the system numbers its calls from elsewhere on.
const CLOSE_RANGE: Option<c_long> = if cfg!(any(
    target_arch = "mips",
    target_arch = "mips64",
    target_arch = "mips32r6",
    target_arch = "mips64r6",
    all(target_arch = "x86_64", target_pointer_width = "32"),
)) {
    None
} else {
    Some(436)
};

/// Twice what a pipe holds otherwise, so that a message of 64 KiB takes one write and one read. Not more: a user's pipes
/// have an allowance together. Where it is used up, the pipe stays as it is.
pub(super) fn widen(pipe: &OwnedFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 128 << 10);
}
