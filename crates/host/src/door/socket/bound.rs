//! A socket on which the host listens: made for its user alone, and taken away again.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::place::Place;
use crate::{Error, ErrorKind, Result};

/// Longest path of a Unix socket in bytes, behind which the system wants a zero.
pub(super) const LONGEST_PATH: usize = if cfg!(any(target_os = "linux", target_os = "android")) {
    107
} else {
    103
};

/// A socket on which the host listens.
#[derive(Debug)]
pub(super) struct Bound {
    place: Place,
    listening: Listening,
    /// The file and its number, so that only what was made here is taken away.
    file: Option<(PathBuf, u64)>,
}

#[derive(Debug)]
enum Listening {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Bound {
    pub(super) fn at(place: Place) -> Result<Self> {
        match place {
            Place::Unix(path) => {
                let listener = bind(&path)?;
                let number = fs::symlink_metadata(&path).map(|found| found.ino()).ok();
                Ok(Self {
                    place: Place::Unix(path.clone()),
                    listening: Listening::Unix(listener),
                    file: number.map(|number| (path, number)),
                })
            }
            Place::Tcp(address) => {
                let cannot = |error: io::Error| failed(&format!("tcp:{address}"), error);
                let listener = TcpListener::bind(&address).map_err(cannot)?;
                listener.set_nonblocking(true).map_err(cannot)?;
                let found = listener.local_addr().map_err(cannot)?;
                Ok(Self {
                    place: Place::Tcp(found.to_string()),
                    listening: Listening::Tcp(listener),
                    file: None,
                })
            }
        }
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.listening {
            Listening::Unix(listener) => listener.as_fd(),
            Listening::Tcp(listener) => listener.as_fd(),
        }
    }

    /// Who has connected, if anybody has. It does not block.
    pub(super) fn accept(&self) -> io::Result<OwnedFd> {
        match &self.listening {
            Listening::Unix(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok(stream.into())
            }
            Listening::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                Ok(stream.into())
            }
        }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Some((path, number)) = &self.file
            && fs::symlink_metadata(path).is_ok_and(|found| found.ino() == *number)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes the socket: in a folder that is the user's alone, so that nobody comes before it is closed to others itself.
fn bind(path: &Path) -> Result<UnixListener> {
    fits(path)?;
    make_folder(path)?;
    clear(path)?;
    let cannot = |error: io::Error| failed(&format!("unix:{}", path.display()), error);
    let listener = UnixListener::bind(path).map_err(cannot)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(cannot)?;
    listener.set_nonblocking(true).map_err(cannot)?;
    Ok(listener)
}

/// # Errors
/// [`ErrorKind::Io`] for a path that no socket can have.
pub(super) fn fits(path: &Path) -> Result<()> {
    let length = path.as_os_str().len();
    if length <= LONGEST_PATH {
        return Ok(());
    }
    let what = format!(
        "the path `{}` has {length} bytes, and that of a Unix socket at most {LONGEST_PATH}: take a shorter one, or TCP",
        path.display()
    );
    Err(Error::new(ErrorKind::Io, "load").with_context(what))
}

/// The folder of a socket: made where it is not there.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let cannot = |error: io::Error| failed(&folder.display().to_string(), error);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(cannot)?;
    let found = fs::metadata(folder).map_err(cannot)?;
    let own = rustix::process::geteuid().as_raw();
    let why = if found.uid() != own {
        format!("belongs to the user {}", found.uid())
    } else if found.mode() & 0o077 != 0 {
        format!("may be entered by others (mode {:o})", found.mode() & 0o777)
    } else {
        return Ok(());
    };
    let what = format!(
        "the folder `{}` of the socket {why}; take one of your own with mode 700",
        folder.display()
    );
    Err(Error::new(ErrorKind::Io, "load").with_context(what))
}

/// Takes a socket away on which nobody listens any more, and nothing else.
fn clear(path: &Path) -> Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let taken = if !found.file_type().is_socket() {
        "something lies there that is no socket"
    } else if UnixStream::connect(path)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    {
        let cannot = |error: io::Error| failed(&format!("unix:{}", path.display()), error);
        return fs::remove_file(path).map_err(cannot);
    } else {
        "somebody listens there already"
    };
    let what = format!("unix:{}: {taken}; take another path", path.display());
    Err(Error::new(ErrorKind::Io, "load").with_context(what))
}

fn failed(place: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "load")
        .with_context(format!("the host cannot listen at `{place}`: {error}"))
        .with_source(error)
}
