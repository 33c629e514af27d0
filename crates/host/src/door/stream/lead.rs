//! What a leader does: keeps deadlines, writes, sleeps in `poll`, reads, and hands on. It knows one plugin's descriptors
//! and its clock; whose turn it is to lead is for [`super::pump`], what a frame means for the room `conversation`.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crossplug_protocol::dialect::endless_print;

use super::ending::{Cause, Next};
use super::inlet::{Inlet, Read};
use super::pump::Pump;
use super::wire::{Sleep, Wire};
use crate::Result;
use crate::call::flight::late;
use crate::door::conversation::{Effect, Stage, broke, too_long};
use crate::door::{Answer, Job};

/// Reads in a row before the leader looks at anything else.
const READS: usize = 32;
/// Reads after the end: what the pipe held, and no flood of a grandchild's that holds the pipe too.
const LAST_READS: usize = 128;

impl Pump {
    /// Reads and writes until `over`, the time, or somebody else's turn. Gives the service calls that came, to be run
    /// now that nothing is held.
    pub(super) fn lead(
        &self,
        mut inlet: Box<Inlet>,
        is_keeper: bool,
        over: &dyn Fn() -> bool,
        until: Option<Instant>,
    ) -> Vec<Job> {
        let mut jobs = Vec::new();
        let until = until.map(|until| self.at(until));
        while jobs.is_empty() && !over() {
            let now = self.now();
            if until.is_some_and(|until| now >= until) {
                break;
            }
            let mut wire = self.lock();
            wire.lead.asleep = None;
            let open = matches!(wire.talk.stage, Stage::Open(_));
            let somebody_elses = if is_keeper {
                open && !wire.lead.stop_wanted && !wire.lead.followers.is_empty()
            } else {
                wire.lead.stop_wanted
            };
            if somebody_elses {
                break;
            }
            let late = self.expire(&mut wire, now);
            if !late.is_empty() {
                wire.flush();
                drop(wire);
                late.into_iter()
                    .for_each(|answer| answer.finish(Err(self::late())));
                continue;
            }
            let mut next = earliest(wire.talk.session.next_timeout(), until);
            if is_keeper && wire.lead.stop_wanted {
                match self.stop_step(&mut wire, &inlet, now) {
                    Next::At(at) => next = earliest(next, Some(at)),
                    Next::End => {
                        drop(wire);
                        self.end(inlet, Cause::Stopped);
                        return jobs;
                    }
                }
            }
            wire.flush();
            let outlet = if wire.has_backlog() {
                wire.outlet.clone()
            } else {
                None
            };
            if let Some(since) = inlet.silent_since {
                next = earliest(next, Some(self.at(since) + inlet.peer.silence()));
            }
            wire.lead.asleep = Some(Sleep {
                until: next,
                writes: outlet.is_some(),
            });
            drop(wire);

            let limit = next.map(|next| next.saturating_sub(now));
            let ready = inlet.sleep(outlet.as_deref().map(AsFd::as_fd), limit);
            // It must not outlive the plugin because of this loop.
            drop(outlet);
            if ready.aside {
                inlet.hear(&self.home);
            }
            let read = if ready.input {
                self.read(&mut inlet, READS, &mut jobs)
            } else {
                Ok(())
            };
            if let Err(error) = read {
                self.end(inlet, Cause::Broke(error));
                return jobs;
            }
            let silent = inlet
                .silent_since
                .is_some_and(|since| since.elapsed() >= inlet.peer.silence());
            if ready.exited || silent {
                // What it said last still counts.
                let cause = match self.read(&mut inlet, LAST_READS, &mut jobs) {
                    Ok(()) if ready.exited => Cause::Exited,
                    Ok(()) => Cause::Silent,
                    Err(error) => Cause::Broke(error),
                };
                self.end(inlet, cause);
                return jobs;
            }
        }
        let mut wire = self.lock();
        wire.lead.asleep = None;
        wire.lead.keeper_leads = false;
        wire.lead.inlet = Some(inlet);
        self.pass_on(&mut wire);
        jobs
    }

    /// Takes calls out whose deadline has passed.
    fn expire(&self, wire: &mut Wire, now: Duration) -> Vec<Answer> {
        let mut late = Vec::new();
        while let Some(call) = wire.talk.session.expire(now, &mut wire.talk.out) {
            late.extend(wire.talk.settled(call).map(|pending| pending.answer));
        }
        late
    }

    /// Reads what is there and acts on it.
    fn read(&self, inlet: &mut Inlet, most: usize, jobs: &mut Vec<Job>) -> Result<()> {
        for _ in 0..most {
            let more = match inlet.read() {
                Read::Nothing => return Ok(()),
                Read::Bytes { more } => more,
                Read::End => {
                    let mut wire = self.lock();
                    wire.talk.session.input_ended();
                    return Ok(());
                }
            };
            loop {
                let mut wire = self.lock();
                let framing = wire.talk.session.framing();
                let Some(frame) = inlet
                    .reader
                    .next_frame(framing)
                    .map_err(|error| too_long(&error))?
                else {
                    if !wire.talk.out.is_empty() {
                        wire.flush();
                    }
                    endless_print(framing, inlet.reader.waiting()).map_err(broke)?;
                    break;
                };
                let effect = wire.talk.take(frame, self, self.process(), jobs)?;
                let opened = matches!(effect, Effect::Opened);
                if opened {
                    inlet
                        .reader
                        .set_limit(wire.talk.session.limits().frame_bytes);
                }
                if let (Effect::Replied(call), Some(stopping)) = (&effect, &mut wire.stopping) {
                    stopping.heard(*call);
                }
                drop(wire);
                effect.run(self);
                if opened {
                    self.opened.fill(Ok(()));
                }
            }
            if !more {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn earliest(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
