//! On the keeper's thread: a process, up to the first byte.

use std::sync::Arc;

use super::command::Command;
use super::peer::Process;
use crate::door::Home;
use crate::door::stream::Reached;
use crate::log::Level;
use crate::platform::{Child, Spawn, Warden};
use crate::{Error, ErrorKind, Result};

/// Starts the process.
pub(super) fn start(command: &Command, home: &Home) -> Result<Reached> {
    let warden = Warden::get().map_err(|error| {
        let what = format!(
            "no warden ({error}): what the plugin starts may outlive a host that is killed"
        );
        home.note(Level::Warn, what);
    });
    let spawn = Spawn {
        program: &command.program,
        arguments: &command.arguments,
        folder: &command.folder,
        environment: &command.environment,
    };
    let (child, streams) = Child::spawn(&spawn, warden.ok()).map_err(|error| {
        let (program, folder) = (&command.program, &command.folder);
        // The program was found, so in a folder that is there it is the interpreter that is not.
        let (kind, why) = if error.kind() == std::io::ErrorKind::NotFound && folder.is_dir() {
            let why =
                "it, or the interpreter that its first line names, is not there; install that";
            (ErrorKind::ToolMissing, why.to_owned())
        } else {
            let why = format!("{error} (in the folder `{}`)", folder.display());
            (ErrorKind::Start, why)
        };
        Error::new(kind, "load")
            .with_context(format!("`{}` cannot be started: {why}", program.display()))
            .with_source(error)
    })?;
    Ok(Reached {
        input: Arc::new(streams.stdout),
        outlet: Arc::new(streams.stdin),
        peer: Box::new(Process::new(child, streams.stderr)),
    })
}
