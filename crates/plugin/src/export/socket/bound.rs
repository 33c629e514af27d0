//! A socket on which the plugin listens: made for its user alone, and taken away again.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::address::Address;

/// Longest path of a Unix socket in bytes, behind which the system wants a zero.
const LONGEST_PATH: usize = if cfg!(any(target_os = "linux", target_os = "android")) {
    107
} else {
    103
};

/// Why nobody can listen there.
pub(super) enum Refused {
    /// The place makes no sense.
    Usage(String),
    /// The system does not let us.
    System(String),
}

/// A socket on which the plugin listens.
pub(super) struct Bound {
    address: Address,
    listening: Listening,
}

enum Listening {
    /// With the number of its file, so that only what was made here is taken away.
    Unix(UnixListener, PathBuf, Option<u64>),
    Tcp(TcpListener),
}

impl Bound {
    pub(super) fn at(address: &Address) -> Result<Self, Refused> {
        let cannot =
            |error: io::Error| Refused::System(format!("nobody can listen at {address}: {error}"));
        match address {
            Address::Unix(path) => {
                fits(path).map_err(Refused::Usage)?;
                let path = std::path::absolute(path).map_err(cannot)?;
                fits(&path).map_err(Refused::Usage)?;
                make_folder(&path).map_err(cannot)?;
                closed(&path).map_err(Refused::Usage)?;
                clear(&path)?;
                // The folder is the user's alone, so nobody comes before the socket is, too.
                let listener = UnixListener::bind(&path).map_err(cannot)?;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(cannot)?;
                let number = fs::symlink_metadata(&path).map(|found| found.ino()).ok();
                Ok(Self {
                    address: Address::Unix(path.clone()),
                    listening: Listening::Unix(listener, path, number),
                })
            }
            Address::Tcp(place) => {
                let listener = TcpListener::bind(place).map_err(cannot)?;
                let found = listener.local_addr().map_err(cannot)?;
                Ok(Self {
                    address: Address::Tcp(found.to_string()),
                    listening: Listening::Tcp(listener),
                })
            }
        }
    }

    /// Where it is, with the port that was found.
    pub(super) const fn address(&self) -> &Address {
        &self.address
    }

    pub(super) const fn is_unix(&self) -> bool {
        matches!(self.listening, Listening::Unix(..))
    }

    /// Waits for the next connection.
    pub(super) fn accept(&self) -> io::Result<OwnedFd> {
        match &self.listening {
            Listening::Unix(listener, ..) => Ok(listener.accept()?.0.into()),
            Listening::Tcp(listener) => {
                let (socket, _) = listener.accept()?;
                socket.set_nodelay(true)?;
                Ok(socket.into())
            }
        }
    }

    /// Takes the socket's file away.
    pub(super) fn take_away(&self) {
        if let Listening::Unix(_, path, number) = &self.listening
            && fs::symlink_metadata(path).is_ok_and(|found| Some(found.ino()) == *number)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// # Errors
/// A sentence about a path that no socket can have.
pub(super) fn fits(path: &Path) -> Result<(), String> {
    let length = path.as_os_str().len();
    if length <= LONGEST_PATH {
        return Ok(());
    }
    Err(format!(
        "the path {} has {length} bytes, and that of a Unix socket at most {LONGEST_PATH}: take a shorter one, or TCP",
        path.display()
    ))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true).mode(0o700).create(folder_of(path))
}

/// Whether the folder is the user's alone.
fn closed(path: &Path) -> Result<(), String> {
    let folder = folder_of(path);
    let found = fs::metadata(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let own = rustix::process::geteuid().as_raw();
    let why = if found.uid() != own {
        format!("belongs to the user {}", found.uid())
    } else if found.mode() & 0o077 != 0 {
        format!("may be entered by others (mode {:o})", found.mode() & 0o777)
    } else {
        return Ok(());
    };
    Err(format!(
        "the folder {} of the socket {why}; take one of your own with mode 700",
        folder.display()
    ))
}

/// Takes a socket away on which nobody listens any more, and nothing else.
fn clear(path: &Path) -> Result<(), Refused> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let taken = if !found.file_type().is_socket() {
        "something lies there that is no socket"
    } else if UnixStream::connect(path)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    {
        return fs::remove_file(path)
            .map_err(|error| Refused::System(format!("{}: {error}", path.display())));
    } else {
        "somebody listens there already"
    };
    Err(Refused::System(format!(
        "nobody can listen at unix:{}: {taken}; take another path",
        path.display()
    )))
}
