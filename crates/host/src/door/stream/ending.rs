//! How a plugin ends: the steps of a polite stop, and the one place where everything of it is let go.

use std::time::Duration;

use crossplug_protocol::session::CallId;

use super::inlet::Inlet;
use super::peer::Peer;
use super::pump::Pump;
use super::wire::Wire;
use crate::door::Patience;
use crate::door::conversation::{Stage, stopped};
use crate::home::Ending;
use crate::log::Level;
use crate::{Error, ErrorKind};

/// What is said of a program that ends well before its host has heard of it.
const SERVES_NOBODY: &str = "; it served nobody: a plugin's program ends with a call that serves its host, such as \
    `run(plugin)` in Python and TypeScript and `export!` in Rust";

/// A stop under way.
#[derive(Debug)]
pub(super) struct Stopping {
    step: Step,
    until: Duration,
    shutdown: Option<CallId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Asked,
    InputEnded,
    Terminated,
}

impl Stopping {
    /// From now on the step that is under way takes no longer than this patience gives it.
    pub(super) fn bear(&mut self, patience: Patience, now: Duration) {
        let step = match self.step {
            Step::Asked => patience.shutdown,
            Step::InputEnded => patience.end_of_input,
            Step::Terminated => patience.terminate,
        };
        self.until = self.until.min(now + step);
    }

    /// A reply came; if it is that to `shutdown`, the next step need not wait.
    pub(super) fn heard(&mut self, call: CallId) {
        if self.shutdown == Some(call) {
            self.until = Duration::ZERO;
        }
    }
}

/// What a stop does next.
pub(super) enum Next {
    /// Nothing before this time.
    At(Duration),
    /// Its patience is over.
    End,
}

/// Why a plugin ended.
#[derive(Debug)]
pub(super) enum Cause {
    /// Its process did.
    Exited,
    /// Its output did.
    Silent,
    /// The host will not go on with it.
    Broke(Error),
    /// The host wanted it.
    Stopped,
}

impl Pump {
    /// Takes the next step of a stop, if it is time. The keeper's business alone.
    pub(super) fn stop_step(&self, wire: &mut Wire, inlet: &Inlet, now: Duration) -> Next {
        let patience = wire.patience;
        let Some(stopping) = &mut wire.stopping else {
            // One that was never open has nothing to finish.
            if matches!(wire.talk.stage, Stage::Opening) {
                return Next::End;
            }
            wire.talk.stage = Stage::Stopping;
            return match wire.talk.session.shutdown(None, now, &mut wire.talk.out) {
                Ok(call) => {
                    let until = now + patience.shutdown;
                    wire.stopping = Some(Stopping {
                        step: Step::Asked,
                        until,
                        shutdown: Some(call),
                    });
                    Next::At(until)
                }
                // The dialect has no such word: the end of its input says it.
                Err(_) => Self::end_input(wire, now + patience.end_of_input),
            };
        };
        if now < stopping.until {
            return Next::At(stopping.until);
        }
        match stopping.step {
            Step::Asked => Self::end_input(wire, now + patience.end_of_input),
            Step::InputEnded => {
                if !inlet.peer.terminate() {
                    return Next::End;
                }
                self.home
                    .note(Level::Debug, "it does not end by itself: SIGTERM");
                (stopping.step, stopping.until) = (Step::Terminated, now + patience.terminate);
                Next::At(stopping.until)
            }
            Step::Terminated => {
                self.home.note(Level::Warn, "it ignores SIGTERM: SIGKILL");
                Next::End
            }
        }
    }

    fn end_input(wire: &mut Wire, until: Duration) -> Next {
        wire.end_outlet();
        wire.stopping = Some(Stopping {
            step: Step::InputEnded,
            until,
            shutdown: None,
        });
        Next::At(until)
    }

    /// Ends the plugin, whatever state it is in: ends its peer, lets every descriptor go, and then tells everybody who
    /// waits.
    pub(super) fn end(&self, mut inlet: Box<Inlet>, cause: Cause) {
        let status = inlet.peer.end(&self.home);
        let half = inlet.reader.finish().is_err();

        let mut guard = self.lock();
        let wire = &mut *guard;
        let wanted = matches!(cause, Cause::Stopped) || wire.lead.stop_wanted;
        let error = self.explain(wire, cause, status.as_deref(), &*inlet.peer, half);
        let left = wire.talk.end(Stage::Ended(error.clone()));
        wire.outlet = None;
        wire.lead.alarm = None;
        let orphans = std::mem::take(&mut wire.orphans);
        wire.lead.asleep = None;
        wire.lead.keeper_leads = false;
        let followers = std::mem::take(&mut wire.lead.followers);
        drop(guard);
        // Before anybody is told: who was told finds nothing left.
        drop(inlet);

        left.tell(&error);
        for answer in orphans {
            answer.finish(Err(error.clone()));
        }
        followers.into_iter().for_each(|thread| thread.unpark());
        self.opened.fill(Err(error.in_operation("load")));
        let ending = if wanted {
            Ending::wanted(status)
        } else {
            Ending::failed(error, status)
        };
        self.home.ended(ending);
        self.call_keeper();
    }

    /// The error of everything that was in flight, and of what comes later.
    fn explain(
        &self,
        wire: &Wire,
        cause: Cause,
        status: Option<&str>,
        peer: &dyn Peer,
        half: bool,
    ) -> Error {
        let opening = matches!(wire.talk.stage, Stage::Opening);
        let name = self.home.name();
        if wire.lead.stop_wanted && !opening {
            return stopped("stop");
        }
        let has_exited = match cause {
            Cause::Stopped => return stopped("stop"),
            Cause::Broke(error) => {
                let context = format!("`{name}`: {}; {}", error.context(), peer.fate());
                return error.with_context(context);
            }
            Cause::Exited => true,
            Cause::Silent => false,
        };
        let (kind, when) = match (opening, half) {
            (true, true) => (ErrorKind::Start, " in the middle of its first message"),
            (true, false) => (ErrorKind::Start, " before it was ready"),
            (false, true) => (ErrorKind::Died, " in the middle of a message"),
            (false, false) => (ErrorKind::Died, ""),
        };
        let farewell = peer.farewell(has_exited, when, status);
        let said = match (&wire.talk.complaint, opening) {
            (Some(complaint), true) => format!("; it said: {complaint}"),
            _ => String::new(),
        };
        let hint = match (opening, status) {
            (true, Some("exit status: 0")) => SERVES_NOBODY,
            _ => "",
        };
        Error::new(kind, "run").with_context(format!("`{name}` {farewell}{said}{hint}"))
    }
}
