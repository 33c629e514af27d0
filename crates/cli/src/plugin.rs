//! A plugin's folder and manifest, read. Must not start anything.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crossplug_conformance::{Launch, Running};
use crossplug_host::policy::door::{Address, Program, Start};
use crossplug_host::policy::{Door, FolderPath, Record, manifest};

use crate::exit::{Exit, Failure};

/// Name of a manifest in a plugin's folder.
const MANIFEST: &str = "plugin.json";

/// A manifest and where it was found.
pub(crate) struct Found {
    /// The manifest's file, absolute.
    pub(crate) file: PathBuf,
    pub(crate) record: Record,
}

/// What a plugin that listens, or is listened for, shares with its hosts.
pub(crate) fn token() -> Option<String> {
    std::env::var("CROSSPLUG_TOKEN")
        .ok()
        .filter(|token| !token.is_empty())
}

impl Found {
    /// Reads the manifest of a folder, or the manifest itself.
    ///
    /// # Errors
    /// If it is not there or is refused; every mistake is named.
    pub(crate) fn at(path: &Path) -> Result<Self, Failure> {
        let file = if path.is_dir() {
            path.join(MANIFEST)
        } else {
            path.to_owned()
        };
        let unreadable = |error: std::io::Error| {
            let cure = "give the folder of a plugin, or its plugin.json";
            Failure::new(
                Exit::Unavailable,
                format!("{}: {error}; {cure}", file.display()),
            )
        };
        let text = std::fs::read(&file).map_err(unreadable)?;
        let absolute = file.canonicalize().map_err(unreadable)?;
        let record = manifest::read(&text, &file.display().to_string())
            .map_err(|refused| Failure::new(Exit::Unavailable, refused.to_string()))?;
        Ok(Self {
            file: absolute,
            record,
        })
    }

    /// How to start the plugin's process, as its manifest says.
    ///
    /// # Errors
    /// If the manifest names no program.
    pub(crate) fn launch(&self) -> Result<Launch, Failure> {
        let found = self.record.doors.iter().find_map(|door| match door {
            Door::Process(door) => match &door.start {
                Start::Command { program, arguments } => Some((program, arguments, &door.cwd)),
                _ => None,
            },
            _ => None,
        });
        let (program, arguments, cwd) = found.ok_or_else(|| {
            let what = "the plugin names no program to start; sessions are played through the process door";
            Failure::new(Exit::Unavailable, format!("{}: {what}", self.file.display()))
        })?;
        let program = match program {
            Program::OnPath(name) => OsString::from(name),
            Program::Inside(path) => self.inside(path).into_os_string(),
            _ => {
                return Err(Failure::new(
                    Exit::Unavailable,
                    "the program is in a place that this version does not know",
                ));
            }
        };
        let mut command = vec![program];
        command.extend(arguments.iter().map(OsString::from));
        let environment = vec![(
            "CROSSPLUG_MANIFEST".into(),
            self.file.clone().into_os_string(),
        )];
        Ok(Launch {
            command,
            folder: self.inside(cwd),
            environment,
        })
    }

    /// Where the plugin listens, as its manifest says.
    ///
    /// # Errors
    /// If the manifest names no socket, or one on which the host would have to listen.
    pub(crate) fn running(&self) -> Result<Running, Failure> {
        let found = self.record.doors.iter().find_map(|door| match door {
            Door::Socket(door) => Some(door),
            _ => None,
        });
        let address = match found {
            Some(door) if door.plugin_listens => match &door.address {
                Address::Unix(path) => Ok(format!("unix:{}", self.inside(path).display())),
                Address::Tcp(address) => Ok(format!("tcp:{address}")),
                _ => Err("its socket is in a place that this version does not know"),
            },
            Some(_) => Err("it connects by itself; sessions are played with a plugin that listens"),
            None => Err("it has no socket door"),
        };
        let address = address.map_err(|what| {
            Failure::new(
                Exit::Unavailable,
                format!("{}: {what}", self.file.display()),
            )
        })?;
        Ok(Running {
            address,
            token: token(),
        })
    }

    fn inside(&self, path: &FolderPath) -> PathBuf {
        self.file.parent().unwrap_or(&self.file).join(path.as_str())
    }
}
