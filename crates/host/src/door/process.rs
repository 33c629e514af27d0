//! The process door: a plugin as a child process that speaks a dialect over its standard streams.
//!
//! One thread a plugin, the keeper, starts the process, reads when nobody else does, and sees it to its end. It also is
//! the thread that the system's parent-death signal follows, so it lives exactly as long as the process. The room `pump`
//! says who reads when, `care` how a plugin ends. Nothing here knows what a method means.
//!
//! # What a plugin may do to its host
//!
//! Whatever a process does, the host goes on: it answers its callers in time, in bounded memory, and leaves nothing of
//! the plugin behind, neither processes of its group nor descriptors. What the caller sees:
//!
//! | the plugin | `ErrorKind` |
//! | --- | --- |
//! | is not there, or its interpreter is not | `ToolMissing` |
//! | ends before it is ready, in the middle of its first message too; is not ready in time | `Start` |
//! | speaks another major version, or requires a feature that the host does not have | `Incompatible` |
//! | has a feature that the host does not know | none |
//! | says something else than the protocol, answers twice or what nobody asked, sends items past its credit | `Protocol`, and it is stopped |
//! | sends a message larger or nested deeper than the caps (8 MiB before the handshake is through) | `Limit`, and it is stopped |
//! | prints to its standard output between messages | none: logged; past 1,000 lines or 64 KiB in a line `Protocol` |
//! | does not answer | `Deadline`; it is told to stop working on it and lives on |
//! | does not read | `Deadline`; past the cap on buffered bytes `Limit` for further calls |
//! | answers with an error | `Plugin` |
//! | floods the log, stderr or events | none: what the program does not take in time is dropped and counted |
//! | ends, or closes its output, in a call | `Died`, at once, with its status and the last lines of its stderr |
//! | is stopped by its host in a call | `Cancelled` |
//! | ignores `shutdown`, the end of its input and SIGTERM | none: it is killed |
//! | leaves processes of its group behind that hold its pipes | none: they are killed with it |
//!
//! When the host itself is killed, the system kills the plugin (on Linux) and a tiny warden process its whole group. What
//! escapes from all of this is a process that leaves its group on purpose (`setsid`).

mod care;
mod effect;
mod inlet;
mod lead;
mod passage;
mod pump;
mod reply;
mod stderr;
mod wire;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossplug_policy::door::{ProcessDoor as Way, Program, Start};
use crossplug_policy::{Abilities, DoorKind, Right};
use crossplug_protocol::dialect;
use crossplug_protocol::frame::Framing;
use crossplug_protocol::handshake::{Hello, Offer};
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::Session;

use super::{Door, Home, Opening, Passage};
use crate::executor::Slot;
use crate::log::Level;
use crate::platform::{Alarm, Child, Spawn, Warden, find_program};
use crate::{Error, ErrorKind, Result};
use care::Cause;
use inlet::{Heard, Inlet};
use passage::ProcessPassage;
use pump::Pump;
use wire::{Stage, Wire};

/// Largest message before the handshake is through: a manifest, and room for its examples. A program that is no plugin
/// at all is found out before it costs much memory.
const FIRST_FRAMES: usize = 8 << 20;

/// What every child gets from the host's environment.
const ENVIRONMENT: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// Starts plugins as processes. Every host has one.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ProcessDoor;

impl ProcessDoor {
    /// The door.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Door for ProcessDoor {
    fn name(&self) -> &str {
        "process"
    }

    fn abilities(&self, host: Abilities) -> Abilities {
        host.process(dialect::NAMES)
    }

    async fn open(&self, opening: Opening, home: Home) -> Result<Arc<dyn Passage>> {
        let command = Command::of(&opening)?;
        let started = Arc::new(Slot::new());
        let (tell, name) = (Arc::clone(&started), home.name().to_owned());
        let keeper = std::thread::Builder::new()
            .name(format!("crossplug-{name}"))
            .spawn(move || match start(&command, &opening, home) {
                Ok((pump, inlet)) => {
                    tell.fill(Ok(Arc::clone(&pump)));
                    drop(tell);
                    let until = Instant::now().checked_add(opening.start_timeout);
                    open(&pump, inlet, until, opening.start_timeout);
                    pump.keep();
                }
                Err(error) => tell.fill(Err(error)),
            });
        let keeper = keeper.map_err(|error| {
            Error::new(ErrorKind::Io, "load")
                .with_context("no thread can be started")
                .with_source(error)
        })?;
        let pump: Arc<Pump> = started.taken().await?;
        // From here on, dropping this future stops the plugin.
        let unfinished = Unfinished(Some(Arc::clone(&pump)));
        pump.opened.taken().await?;
        let introduction = match &pump.lock().stage {
            Stage::Open(introduction) => Arc::clone(introduction),
            Stage::Ended(error) => return Err(error.in_operation("load")),
            Stage::Opening | Stage::Stopping => return Err(wire::stopped("load")),
        };
        unfinished.finished();
        Ok(Arc::new(ProcessPassage {
            pump,
            introduction,
            _keeper: keeper,
        }))
    }
}

/// Stops a plugin whose load was given up.
struct Unfinished(Option<Arc<Pump>>);

impl Unfinished {
    fn finished(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(pump) = &self.0 {
            pump.stop();
        }
    }
}

/// What to start, found out before any thread is.
struct Command {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
    dialect: String,
}

impl Command {
    fn of(opening: &Opening) -> Result<Self> {
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
        let folder = &opening.folder;
        let program = match program {
            Program::OnPath(name) => find_program(name, folder, &path).ok_or_else(|| {
                let what = format!(
                    "there is no program `{name}` on the PATH; install it, or correct the command"
                );
                Error::new(ErrorKind::ToolMissing, "load").with_context(what)
            })?,
            Program::Inside(place) => {
                let inside = format!("./{}", place.as_str());
                find_program(&inside, folder, OsStr::new("")).ok_or_else(|| {
                    let place = folder.join(place.as_str());
                    let what = format!("`{}` is no program that can be run", place.display());
                    Error::new(ErrorKind::ToolMissing, "load").with_context(what)
                })?
            }
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
            folder: folder.join(cwd.as_str()),
            environment: environment(opening),
            dialect: dialect.clone(),
        })
    }
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

/// On the keeper's thread: the process and its session.
fn start(command: &Command, opening: &Opening, home: Home) -> Result<(Arc<Pump>, Box<Inlet>)> {
    let io = |error: std::io::Error| {
        Error::new(ErrorKind::Io, "load")
            .with_context(error.to_string())
            .with_source(error)
    };
    let mut session = session(&command.dialect, opening)?;
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

    let mut out = crossplug_protocol::frame::FrameWriter::new();
    greet(&mut session, opening, &home, &mut out)?;
    let mut wire = Wire::new(session, streams.stdin, alarm);
    wire.out = out;
    Ok((
        Pump::new(wire, home, opening.patience, process),
        Box::new(inlet),
    ))
}

fn session(dialect: &str, opening: &Opening) -> Result<Session> {
    let offer = Offer::new().with_framings(&[Framing::Ndjson, Framing::Length]);
    let session = Session::host(dialect, offer).ok_or_else(|| {
        let what = format!(
            "there is no dialect `{dialect}`; this host speaks {}",
            dialect::NAMES.join(", ")
        );
        Error::new(ErrorKind::NotFound, "load").with_context(what)
    })?;
    Ok(session.with_limits(opening.limits.clone()))
}

/// Says who the host is and what the plugin may do.
fn greet(
    session: &mut Session,
    opening: &Opening,
    home: &Home,
    out: &mut crossplug_protocol::frame::FrameWriter,
) -> Result<()> {
    let write = |error: crate::Error| error.in_operation("load");
    let config =
        crate::Payload::encode::<crossplug_protocol::codec::Any>(&opening.config.clone().into())
            .map_err(write)?;
    let granted =
        crate::Payload::encode::<crossplug_protocol::generated::protocol::Granted>(&home.granted())
            .map_err(write)?;
    let data_dir = opening
        .data_dir
        .as_ref()
        .map(|folder| folder.display().to_string());
    let mut hello = Hello::new(&opening.host.0, &opening.host.1, &opening.instance_id);
    hello.config = Raw::trust(config.as_bytes());
    hello.granted = Raw::trust(granted.as_bytes());
    hello.data_dir = data_dir.as_deref();
    hello.debug = opening.debug;
    // The keeper keeps the start's deadline: also before the plugin has said its first word.
    session
        .initialize(&hello, Duration::ZERO, None, out)
        .map(drop)
        .map_err(|refusal| {
            Error::new(ErrorKind::Limit, "load")
                .with_context(refusal.to_string())
                .with_source(refusal)
        })
}

/// On the keeper's thread: the handshake, or the end.
fn open(pump: &Pump, inlet: Box<Inlet>, until: Option<Instant>, timeout: Duration) {
    let is_over = || !matches!(pump.lock().stage, Stage::Opening);
    let jobs = pump.lead(inlet, true, &is_over, until);
    pump::run(jobs, false);
    let mut wire = pump.lock();
    if !matches!(wire.stage, Stage::Opening) {
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
