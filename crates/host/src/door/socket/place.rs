//! Where a socket is: an address as a person writes it, or as a manifest says it. It opens nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use crossplug_policy::FolderPath;
use crossplug_policy::door::Address;

use super::{bound, neighbour};
use crate::door::Opening;
use crate::{Error, ErrorKind, Result};

/// Where a socket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Its path.
    Unix(PathBuf),
    /// Host and port.
    Tcp(String),
}

impl Place {
    /// `unix:PATH`, `tcp:HOST:PORT`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Ok(Self::Unix(absolute(Path::new(path)))),
            Some(("tcp", address)) if has_port(address) => Ok(Self::Tcp(address.to_owned())),
            _ => {
                let what = format!(
                    "`{text}` is no address; write `unix:run/notes.sock` or `tcp:127.0.0.1:4000`"
                );
                Err(Error::new(ErrorKind::NotFound, "load").with_context(what))
            }
        }
    }

    /// Where a plugin listens by its manifest.
    pub(super) fn of(address: &Address, opening: &Opening) -> Result<Self> {
        let path = match address {
            Address::Unix(path) => path,
            Address::Tcp(address) => return Ok(Self::Tcp(address.clone())),
            _ => return Err(unknown()),
        };
        match opening.inside(path) {
            Ok(place) => Ok(Self::Unix(place)),
            // No socket, so nobody who listens.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Ok(Self::Unix(absolute(&opening.folder.join(path.as_str()))))
            }
            Err(error) => Err(error),
        }
    }

    /// Where the host shall listen by the manifest: in a folder that is inside of the plugin's.
    pub(super) fn to_be(address: &Address, opening: &Opening) -> Result<Self> {
        let path = match address {
            Address::Unix(path) => path,
            Address::Tcp(address) => return Ok(Self::Tcp(address.clone())),
            _ => return Err(unknown()),
        };
        let place = absolute(&opening.folder.join(path.as_str()));
        bound::make_folder(&place)?;
        let above = Path::new(path.as_str())
            .parent()
            .and_then(Path::to_str)
            .filter(|above| !above.is_empty())
            .unwrap_or(".");
        let (Ok(above), Some(name)) = (FolderPath::new(above), place.file_name()) else {
            return Err(unknown());
        };
        Ok(Self::Unix(opening.inside(&above)?.join(name)))
    }

    /// Whether the host does not begin there without a token.
    pub(super) const fn needs_token(&self, listens: bool) -> bool {
        match self {
            Self::Unix(_) => listens && !neighbour::CAN_BE_ASKED,
            Self::Tcp(_) => true,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

/// The host may go to another folder later.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn has_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn unknown() -> Error {
    Error::new(ErrorKind::Incompatible, "load")
        .with_context("the manifest names a place for a socket that this version does not know")
}
