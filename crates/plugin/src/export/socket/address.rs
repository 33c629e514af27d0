//! Where a socket is, as a person writes it, and how to get there.

use std::fmt;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::{bound, neighbour};

/// Where a socket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::export) enum Address {
    /// Path of a Unix socket.
    Unix(PathBuf),
    /// Host and port.
    Tcp(String),
}

impl Address {
    /// `unix:PATH`, `tcp:HOST:PORT`.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(in crate::export) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Ok(Self::Unix(Path::new(path).to_owned())),
            Some(("tcp", address)) if has_port(address) => Ok(Self::Tcp(address.to_owned())),
            _ => Err(format!(
                "`{text}` is no address; write unix:run/plugin.sock or tcp:127.0.0.1:4000"
            )),
        }
    }

    /// Whether nobody can see there who is at the other end.
    pub(super) const fn needs_token(&self, listens: bool) -> bool {
        match self {
            Self::Unix(_) => listens && !neighbour::CAN_BE_ASKED,
            Self::Tcp(_) => true,
        }
    }

    /// # Errors
    /// A sentence about a path that no socket can have.
    pub(super) fn fits(&self) -> Result<(), String> {
        match self {
            Self::Unix(path) => bound::fits(path),
            Self::Tcp(_) => Ok(()),
        }
    }

    /// Connects to a host.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(super) fn connect(&self) -> Result<OwnedFd, String> {
        let nobody = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                format!("nobody listens at {self}; start the host first")
            }
            _ => format!("{self} cannot be reached: {error}"),
        };
        match self {
            Self::Unix(path) => {
                let socket = UnixStream::connect(path).map_err(nobody)?;
                neighbour::pass(socket.as_fd())?;
                Ok(socket.into())
            }
            Self::Tcp(address) => {
                let socket = TcpStream::connect(address).map_err(nobody)?;
                socket.set_nodelay(true).map_err(nobody)?;
                Ok(socket.into())
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

fn has_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}
