//! Descriptors that some library opened without CLOEXEC are none of a plugin's business: what a child would inherit
//! beside its three streams, and how that is kept from it.

use std::ffi::c_uint;
use std::os::fd::{BorrowedFd, RawFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

use super::system;

/// The first descriptor after the three streams.
const FIRST: u8 = 3;

/// How to close them, found out before the fork: afterwards there is no reading of folders.
#[derive(Debug, Clone, Copy)]
pub(super) enum Inherited {
    /// The system does it at once.
    Range,
    /// One by one, up to this number.
    UpTo(RawFd),
}

impl Inherited {
    pub(super) fn find() -> Self {
        // No descriptor has so high a number: this only asks whether the system can do it.
        if system::close_on_exec_from(c_uint::MAX) {
            Self::Range
        } else {
            Self::UpTo(highest_descriptor())
        }
    }

    /// In the child: nothing above the three streams passes the exec.
    pub(super) fn close_on_exec(self) {
        match self {
            Self::Range => {
                system::close_on_exec_from(FIRST.into());
            }
            Self::UpTo(highest) => (RawFd::from(FIRST)..=highest).for_each(close_one),
        }
    }
}

fn highest_descriptor() -> RawFd {
    let Ok(open) = std::fs::read_dir("/dev/fd") else {
        return 255;
    };
    open.flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .max()
        .unwrap_or(255)
}

fn close_one(number: RawFd) {
    // SAFETY: `number` may not be open; then fcntl fails with EBADF, which is fine. Nothing else uses the borrow.
    #[allow(
        unsafe_code,
        reason = "there is no owner to borrow from: the descriptors are somebody else's"
    )]
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    if let Ok(flags) = fcntl_getfd(descriptor) {
        let _ = fcntl_setfd(descriptor, flags | FdFlags::CLOEXEC);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    /// What a shell sees open above its streams that was opened without CLOEXEC.
    fn passed_on(inherited: Option<Inherited>) -> bool {
        let leaked = rustix::pipe::pipe().unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&leaked.0);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("[ -e /dev/fd/{number} ]")]);
        if let Some(inherited) = inherited {
            // SAFETY: system calls alone.
            #[allow(unsafe_code, reason = "as in `Child::spawn`")]
            unsafe {
                shell.pre_exec(move || {
                    inherited.close_on_exec();
                    Ok(())
                });
            }
        }
        shell.status().unwrap().success()
    }

    #[test]
    fn nothing_is_passed_on_either_way() {
        assert!(passed_on(None), "else this test shows nothing");
        assert!(!passed_on(Some(Inherited::find())));
        assert!(!passed_on(Some(Inherited::UpTo(
            highest_descriptor() + 100
        ))));
    }
}
