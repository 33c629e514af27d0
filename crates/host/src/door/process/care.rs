//! How a plugin's process ends: the steps of a polite stop, and the one place where everything of it is let go.

use std::process::ExitStatus;
use std::time::Duration;

use crossplug_protocol::session::CallId;

use super::inlet::Inlet;
use super::pump::Pump;
use super::wire::Wire;
use crate::door::Patience;
use crate::door::conversation::{Stage, stopped};
use crate::home::Ending;
use crate::log::Level;
use crate::{Error, ErrorKind};

/// Looks at stderr after the end: what a pipe can hold, and no flood of a grandchild's.
const LAST_LOOKS: usize = 32;

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
    /// Its output did, and its process lived on.
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
                self.home
                    .note(Level::Debug, "it does not end by itself: SIGTERM");
                inlet.child.terminate();
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
        wire.flush();
        wire.stdin = None;
        wire.talk.out.consume(wire.talk.out.len());
        wire.stopping = Some(Stopping {
            step: Step::InputEnded,
            until,
            shutdown: None,
        });
        Next::At(until)
    }

    /// Ends the plugin, whatever state it is in: kills what is left of its group, reaps it, lets every descriptor go,
    /// and then tells everybody who waits.
    pub(super) fn end(&self, mut inlet: Box<Inlet>, cause: Cause) {
        let status = inlet.child.reap();
        for _ in 0..LAST_LOOKS {
            if !self.hear(&mut inlet) {
                break;
            }
        }
        inlet.end_stderr(|line| {
            self.home
                .log(crate::log::LogSource::Stderr, Level::Info, line, None)
        });
        let status = status.map_or_else(
            |error| format!("an unknown status ({error})"),
            |status| describe(&status),
        );
        let half = inlet.reader.finish().is_err();

        let mut guard = self.lock();
        let wire = &mut *guard;
        let wanted = matches!(cause, Cause::Stopped) || wire.lead.stop_wanted;
        let error = self.explain(wire, cause, &status, &inlet.lines.tail(), half);
        let left = wire.talk.end(Stage::Ended(error.clone()));
        wire.stdin = None;
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
            Ending::wanted(Some(status))
        } else {
            Ending::failed(error, Some(status))
        };
        self.home.ended(ending);
        self.call_keeper();
    }

    /// The error of everything that was in flight, and of what comes later.
    fn explain(&self, wire: &Wire, cause: Cause, status: &str, tail: &str, half: bool) -> Error {
        let opening = matches!(wire.talk.stage, Stage::Opening);
        let kind = if opening {
            ErrorKind::Start
        } else {
            ErrorKind::Died
        };
        let name = self.home.name();
        if wire.lead.stop_wanted && !opening {
            return stopped("stop");
        }
        match cause {
            Cause::Stopped => stopped("stop"),
            Cause::Broke(error) => {
                let context = format!("`{name}`: {}; it was stopped{tail}", error.context());
                error.with_context(context)
            }
            Cause::Exited => {
                let when = match (opening, half) {
                    (true, true) => " in the middle of its first message",
                    (true, false) => " before it was ready",
                    (false, true) => " in the middle of a message",
                    (false, false) => "",
                };
                Error::new(kind, "run")
                    .with_context(format!("`{name}` ended{when}: {status}{tail}"))
            }
            Cause::Silent => {
                let when = if opening { " before it was ready" } else { "" };
                let what = format!(
                    "`{name}` closed its standard output{when}, lived on and was stopped{tail}"
                );
                Error::new(kind, "run").with_context(what)
            }
        }
    }
}

/// As the standard library says it: `exit status: 7`, `signal: 9 (SIGKILL)`.
fn describe(status: &ExitStatus) -> String {
    status.to_string()
}
