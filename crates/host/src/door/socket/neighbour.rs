//! Whose process is at the other end of a Unix socket.

use std::io;
use std::os::fd::BorrowedFd;

use crate::platform;

pub(super) use platform::NEIGHBOUR_CAN_BE_ASKED as CAN_BE_ASKED;

/// Lets a process of the host's own user pass, and gives its id. One that the system does not name passes too: then it has a
/// token to show.
///
/// # Errors
/// In words, for anybody else.
pub(super) fn pass(socket: BorrowedFd<'_>) -> Result<Option<u32>, String> {
    match platform::neighbour(socket) {
        None => Ok(None),
        Some(found) => judge(rustix::process::geteuid().as_raw(), found),
    }
}

fn judge(own: u32, found: io::Result<(u32, Option<u32>)>) -> Result<Option<u32>, String> {
    match found {
        Ok((user, process)) if user == own => Ok(process),
        Ok((user, _)) => Err(format!(
            "the process at the other end belongs to the user {user}, and this host to {own}"
        )),
        Err(error) => Err(format!(
            "the system does not say whose process is at the other end: {error}"
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn only_the_same_user_passes() {
        assert_eq!(judge(7, Ok((7, Some(31)))).unwrap(), Some(31));
        assert!(judge(7, Ok((8, Some(31)))).unwrap_err().contains("user 8"));
        // Not root either: it could do worse, but not by mistake.
        assert!(judge(7, Ok((0, None))).is_err());
        assert!(judge(7, Err(io::ErrorKind::NotConnected.into())).is_err());
    }

    #[test]
    fn a_socket_of_ones_own_passes() {
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let process = pass(std::os::fd::AsFd::as_fd(&one)).unwrap();
        if CAN_BE_ASKED {
            assert_eq!(process, Some(std::process::id()));
        }
    }
}
