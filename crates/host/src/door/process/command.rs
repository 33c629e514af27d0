//! What a manifest says to start, as something that can be started: decided before any thread or process is.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crossplug_policy::door::{ProcessDoor as Way, Program, Start};
use crossplug_policy::{DoorKind, FolderPath, Right};
use crossplug_protocol::dialect;

use crate::door::Opening;
use crate::platform::{find_program, is_program};
use crate::{Error, ErrorKind, Result};

/// What every child gets from the host's environment.
const ENVIRONMENT: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// What to start, found out before any thread is.
pub(super) struct Command {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) dialect: String,
}

impl Command {
    pub(super) fn of(opening: &Opening) -> Result<Self> {
        let Some(crossplug_policy::Door::Process(Way {
            start,
            dialect,
            cwd,
            ..
        })) = &opening.way
        else {
            return Err(Error::new(ErrorKind::Incompatible, "load")
                .with_context("the plugin has no process door"));
        };
        let Start::Command {
            program, arguments, ..
        } = start
        else {
            let what =
                "the manifest names no program; say in `doors.process.command` what to start";
            return Err(Error::new(ErrorKind::Incompatible, "load").with_context(what));
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = match program {
            Program::OnPath(name) => find_program(name, &path).ok_or_else(|| {
                let what = format!(
                    "there is no program `{name}` on the PATH; install it, or correct the command"
                );
                Error::new(ErrorKind::ToolMissing, "load").with_context(what)
            })?,
            Program::Inside(place) => program_inside(opening, place)?,
            _ => {
                return Err(Error::new(ErrorKind::Incompatible, "load")
                    .with_context("a program of an unknown kind"));
            }
        };
        Ok(Self {
            program,
            arguments: arguments
                .iter()
                .cloned()
                .chain(asks_for(opening, dialect))
                .collect(),
            folder: opening.inside(cwd)?,
            environment: environment(opening),
            dialect: dialect.clone(),
        })
    }
}

/// A program of the plugin's folder, by the name that the manifest gives it: a virtual environment knows itself by it. It
/// may be a link to anywhere, as that environment's Python is; any program could start what lies there as well.
fn program_inside(opening: &Opening, path: &FolderPath) -> Result<PathBuf> {
    // The child runs in another folder than the host.
    let place = std::path::absolute(opening.folder.join(path.as_str()));
    place.ok().filter(|place| is_program(place)).ok_or_else(|| {
        let place = opening.folder.join(path.as_str());
        let what = format!("`{}` is no program that can be run", place.display());
        Error::new(ErrorKind::ToolMissing, "load").with_context(what)
    })
}

/// A plugin of our SDKs, which is one whose manifest says `crossplug/1`, speaks another dialect when it is told to.
fn asks_for(opening: &Opening, wanted: &str) -> Vec<String> {
    let doors = opening.record.iter().flat_map(|record| &record.doors);
    let mut own = doors
        .filter(|door| door.kind() == DoorKind::Process)
        .filter_map(|door| door.dialect());
    if wanted == dialect::crossplug::NAME || own.next() != Some(dialect::crossplug::NAME) {
        return Vec::new();
    }
    vec!["--dialect".to_owned(), wanted.to_owned()]
}

/// Everything that the child sees of the host's environment.
fn environment(opening: &Opening) -> Vec<(OsString, OsString)> {
    let allowed = |name: &OsStr| {
        name.to_str().is_some_and(|name| {
            ENVIRONMENT.contains(&name) || opening.allowed.check(Right::Env, name).is_ok()
        })
    };
    let mut environment: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| allowed(name))
        .collect();
    environment.retain(|(name, _)| name != "CROSSPLUG_MANIFEST");
    if let Some(file) = &opening.file {
        environment.push(("CROSSPLUG_MANIFEST".into(), file.clone().into()));
    }
    environment
}
