//! Plugins behind a stream of bytes: what the doors share that carry messages by file descriptors. One thread a plugin, the
//! keeper, opens the stream, reads when nobody else does, and sees the plugin to its end; `pump` says who reads when, `ending`
//! how a plugin ends. It knows no process and no socket: what is at the other end is a [`Peer`].

mod attempt;
mod ending;
mod inlet;
mod lead;
mod passage;
mod peer;
mod pump;
mod wire;

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::Framing;

use super::conversation::{Conversation, Stage, greet, run, session, stopped};
use super::{Home, Opening, Passage};
use crate::platform::Alarm;
use crate::{Error, ErrorKind, Result};
use ending::Cause;
use inlet::Inlet;
use passage::StreamPassage;
use pump::Pump;
use wire::Wire;

pub(super) use peer::{Peer, Watch};

/// Largest message before the handshake is through: a manifest, and room for its examples. A program that is no plugin
/// at all is found out before it costs much memory.
const FIRST_FRAMES: usize = 8 << 20;

/// A plugin that was reached, and both ways of its conversation; neither of the descriptors blocks.
pub(super) struct Reached {
    /// Bytes from the plugin.
    pub(super) input: Arc<OwnedFd>,
    /// Bytes to it; may be the same.
    pub(super) outlet: Arc<OwnedFd>,
    pub(super) peer: Box<dyn Peer>,
}

/// Has a plugin reached on a thread of its own, and opened. `reach` may take its time; it asks now and then whether
/// anybody still waits.
pub(super) async fn open(
    dialect: String,
    opening: Opening,
    home: Home,
    reach: impl FnOnce(&Opening, &Home, &dyn Fn() -> bool) -> Result<Reached> + Send + 'static,
) -> Result<Arc<dyn Passage>> {
    // From here on, dropping this future stops the plugin, whatever the keeper has got to.
    let (attempt, report) = attempt::Attempt::begin();
    let keeper = std::thread::Builder::new()
        .name(format!("crossplug-{}", home.name()))
        .spawn(move || {
            if report.is_given_up() {
                return;
            }
            let until = Instant::now().checked_add(opening.start_timeout);
            let is_given_up = || report.is_given_up();
            match begin(&dialect, &opening, home, |home| {
                reach(&opening, home, &is_given_up)
            }) {
                Ok((pump, inlet)) => {
                    report.started(&pump);
                    finish(&pump, inlet, until, opening.start_timeout);
                    pump.keep();
                }
                Err(error) => report.failed(error),
            }
        });
    let keeper = keeper.map_err(|error| {
        Error::new(ErrorKind::Io, "load")
            .with_context("no thread can be started")
            .with_source(error)
    })?;
    let pump = attempt.outcome().await?;
    pump.opened.taken().await?;
    let introduction = match &pump.lock().talk.stage {
        Stage::Open(introduction) => Arc::clone(introduction),
        Stage::Ended(error) => return Err(error.in_operation("load")),
        Stage::Opening | Stage::Stopping => return Err(stopped("load")),
    };
    attempt.succeeded();
    Ok(Arc::new(StreamPassage {
        pump,
        introduction,
        _keeper: keeper,
    }))
}

/// On the keeper's thread: reaches the plugin and says the first word.
fn begin(
    dialect: &str,
    opening: &Opening,
    home: Home,
    reach: impl FnOnce(&Home) -> Result<Reached>,
) -> Result<(Arc<Pump>, Box<Inlet>)> {
    let framings = [Framing::Ndjson, Framing::Length];
    let mut talk = Conversation::new(session(dialect, &framings, opening)?);
    let alarm = Arc::new(Alarm::new().map_err(|error| {
        Error::new(ErrorKind::Io, "load")
            .with_context(error.to_string())
            .with_source(error)
    })?);
    let Reached {
        input,
        outlet,
        peer,
    } = reach(&home)?;
    let process = peer.process();
    talk.expected_token = peer.expected_token();
    let frame_bytes = opening.limits.frame_bytes.min(FIRST_FRAMES);
    let inlet = Inlet::new(peer, input, Arc::clone(&alarm), frame_bytes);
    greet(&mut talk.session, opening, &home, &mut talk.out)?;
    let wire = Wire::new(talk, outlet, alarm, opening.patience);
    Ok((Pump::new(wire, home, process), Box::new(inlet)))
}

/// On the keeper's thread: the handshake, or the end.
fn finish(pump: &Pump, inlet: Box<Inlet>, until: Option<Instant>, timeout: Duration) {
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
