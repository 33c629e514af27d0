//! The files 0 and 1, taken away from whatever else runs in this process. Knows file descriptors and nothing more.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::pipe::pipe;

/// What the protocol speaks over, and what others print into.
pub(in crate::export) struct Files {
    /// From the host.
    pub(in crate::export) input: OwnedFd,
    /// To the host.
    pub(in crate::export) output: OwnedFd,
    /// What is printed to standard output from now on.
    pub(in crate::export) prints: OwnedFd,
}

/// The copies are not inherited by what the plugin starts; a grandchild that kept one would keep the conversation open.
pub(in crate::export) fn take() -> rustix::io::Result<Files> {
    let input = fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let output = fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    fcntl_setfd(&input, FdFlags::CLOEXEC)?;
    let nothing = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    // Not `pipe2`, which macOS has not; nothing else runs in the process yet that could fork between the two steps.
    let (prints, printer) = pipe()?;
    fcntl_setfd(&prints, FdFlags::CLOEXEC)?;
    fcntl_setfd(&printer, FdFlags::CLOEXEC)?;
    rustix::stdio::dup2_stdout(&printer)?;
    Ok(Files {
        input,
        output,
        prints,
    })
}
