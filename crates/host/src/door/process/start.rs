//! On the keeper's thread: a process and its session, up to the end of the handshake.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::Framing;

use super::care::Cause;
use super::command::Command;
use super::inlet::{Heard, Inlet};
use super::pump::Pump;
use super::wire::Wire;
use crate::door::conversation::{Conversation, Stage, greet, run, session};
use crate::door::{Home, Opening};
use crate::log::Level;
use crate::platform::{Alarm, Child, Spawn, Warden};
use crate::{Error, ErrorKind, Result};

/// Largest message before the handshake is through: a manifest, and room for its examples. A program that is no plugin
/// at all is found out before it costs much memory.
const FIRST_FRAMES: usize = 8 << 20;

/// Starts the process and says the first word.
pub(super) fn start(
    command: &Command,
    opening: &Opening,
    home: Home,
) -> Result<(Arc<Pump>, Box<Inlet>)> {
    let io = |error: std::io::Error| {
        Error::new(ErrorKind::Io, "load")
            .with_context(error.to_string())
            .with_source(error)
    };
    let framings = [Framing::Ndjson, Framing::Length];
    let mut talk = Conversation::new(session(&command.dialect, &framings, opening)?);
    let alarm = Arc::new(Alarm::new().map_err(io)?);
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
    let process = child.id();
    let heard = Heard {
        stdout: streams.stdout,
        stderr: streams.stderr,
    };
    let frame_bytes = opening.limits.frame_bytes.min(FIRST_FRAMES);
    let inlet = Inlet::new(child, heard, Arc::clone(&alarm), frame_bytes);

    greet(&mut talk.session, opening, &home, &mut talk.out)?;
    let wire = Wire::new(talk, streams.stdin, alarm, opening.patience);
    Ok((Pump::new(wire, home, process), Box::new(inlet)))
}

/// The handshake, or the end.
pub(super) fn open(pump: &Pump, inlet: Box<Inlet>, timeout: Duration) {
    let until = Instant::now().checked_add(timeout);
    let is_over = || !matches!(pump.lock().talk.stage, Stage::Opening);
    let jobs = pump.lead(inlet, true, &is_over, until);
    run(jobs, false);
    let mut wire = pump.lock();
    if !matches!(wire.talk.stage, Stage::Opening) {
        return;
    }
    let inlet = wire.lead.inlet.take();
    drop(wire);
    if let Some(inlet) = inlet {
        let what = format!("it was not ready within {timeout:?}; allow more with `start_timeout`");
        pump.end(
            inlet,
            Cause::Broke(Error::new(ErrorKind::Start, "load").with_context(what)),
        );
    }
}
