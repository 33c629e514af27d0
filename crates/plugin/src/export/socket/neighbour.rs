//! Whose process is at the other end of a Unix socket. The one room here that knows operating systems.

use std::os::fd::BorrowedFd;

/// Whether the system can be asked. Elsewhere than on Linux there is no safe way to, and a token takes its place.
pub(super) const CAN_BE_ASKED: bool = cfg!(target_os = "linux");

/// Lets a process of the plugin's own user pass.
///
/// # Errors
/// In words, for anybody else.
pub(super) fn pass(socket: BorrowedFd<'_>) -> Result<(), String> {
    match user(socket) {
        None => Ok(()),
        Some(found) => judge(rustix::process::geteuid().as_raw(), found),
    }
}

#[cfg(target_os = "linux")]
fn user(socket: BorrowedFd<'_>) -> Option<rustix::io::Result<u32>> {
    Some(rustix::net::sockopt::socket_peercred(socket).map(|found| found.uid.as_raw()))
}

#[cfg(not(target_os = "linux"))]
fn user(_socket: BorrowedFd<'_>) -> Option<rustix::io::Result<u32>> {
    None
}

fn judge(own: u32, found: rustix::io::Result<u32>) -> Result<(), String> {
    match found {
        Ok(user) if user == own => Ok(()),
        Ok(user) => Err(format!(
            "the process at the other end belongs to the user {user}, and this plugin to {own}"
        )),
        Err(error) => Err(format!(
            "the system does not say whose process is at the other end: {error}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_user_passes() {
        assert_eq!(judge(7, Ok(7)), Ok(()));
        assert!(judge(7, Ok(8)).is_err_and(|why| why.contains("user 8")));
        // Not root either: it could do worse, but not by mistake.
        assert!(judge(7, Ok(0)).is_err());
        assert!(judge(7, Err(rustix::io::Errno::NOTCONN)).is_err());
    }
}
