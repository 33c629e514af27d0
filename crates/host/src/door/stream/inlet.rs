//! What comes from a plugin: its messages cut into frames, what it writes beside them, its end. Whoever holds the inlet
//! leads; it knows no session.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossplug_protocol::frame::FrameReader;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::peer::{Peer, Watch};
use crate::door::Home;
use crate::platform::Alarm;

/// How often to ask after a peer whose end nobody tells.
const ASK: Duration = Duration::from_millis(100);

/// What is at the other end, and the descriptors that are read.
pub(super) struct Inlet {
    pub(super) peer: Box<dyn Peer>,
    /// Wakes whoever leads. The only other hold is the wire's, so it goes with the rest.
    alarm: Arc<Alarm>,
    pub(super) reader: FrameReader,
    /// None after its end.
    input: Option<Arc<OwnedFd>>,
    /// When the output of the plugin ended.
    pub(super) silent_since: Option<Instant>,
}

/// What `poll` found.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Ready {
    pub(super) input: bool,
    pub(super) aside: bool,
    pub(super) exited: bool,
}

/// What one read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// Nothing at the moment.
    Nothing,
    /// Bytes; and it is likely that there are more.
    Bytes { more: bool },
    /// Nothing ever again.
    End,
}

impl Inlet {
    pub(super) fn new(
        peer: Box<dyn Peer>,
        input: Arc<OwnedFd>,
        alarm: Arc<Alarm>,
        frame_bytes: usize,
    ) -> Self {
        Self {
            peer,
            alarm,
            reader: FrameReader::new(frame_bytes),
            input: Some(input),
            silent_since: None,
        }
    }

    /// Sleeps until something happens, at most so long.
    pub(super) fn sleep(
        &self,
        outlet: Option<BorrowedFd<'_>>,
        mut limit: Option<Duration>,
    ) -> Ready {
        let exit = match self.peer.watch() {
            Watch::Exit(exit) => Some(exit),
            Watch::Ask(_) => {
                limit = Some(limit.map_or(ASK, |limit| limit.min(ASK)));
                None
            }
            Watch::Nothing => None,
        };
        let limit = limit.map(|limit| Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        });
        // A descriptor that is not there is replaced by the alarm, asked for nothing: the places stay fixed.
        let input = self.input.as_ref().map(AsFd::as_fd);
        let aside = self.peer.aside();
        let nobody = self.alarm.as_fd();
        let mut places = [
            PollFd::from_borrowed_fd(nobody, PollFlags::IN),
            PollFd::from_borrowed_fd(input.unwrap_or(nobody), asked(input, PollFlags::IN)),
            PollFd::from_borrowed_fd(exit.unwrap_or(nobody), asked(exit, PollFlags::IN)),
            PollFd::from_borrowed_fd(aside.unwrap_or(nobody), asked(aside, PollFlags::IN)),
            PollFd::from_borrowed_fd(outlet.unwrap_or(nobody), asked(outlet, PollFlags::OUT)),
        ];
        // An interruption is a wake-up for nothing; the caller looks at everything anyway.
        let _ = poll(&mut places, limit.as_ref());
        // That the outlet takes bytes is seen by writing them.
        let [alarmed, came, exited, said, _] = places.map(|place| place.revents());
        if !alarmed.is_empty() {
            self.alarm.silence();
        }
        Ready {
            input: input.is_some() && !came.is_empty(),
            aside: aside.is_some() && !said.is_empty(),
            exited: match self.peer.watch() {
                Watch::Exit(_) => !exited.is_empty(),
                Watch::Ask(ended) => ended,
                Watch::Nothing => false,
            },
        }
    }

    /// Reads once from the plugin's output.
    pub(super) fn read(&mut self) -> Read {
        let Some(input) = self.input.as_ref() else {
            return Read::Nothing;
        };
        let space = self.reader.space();
        let room = space.len();
        match rustix::io::read(input, space) {
            Ok(0) => {}
            Ok(count) => {
                self.reader.filled(count);
                return Read::Bytes {
                    more: count == room,
                };
            }
            Err(Errno::AGAIN | Errno::INTR) => return Read::Nothing,
            Err(_) => {}
        }
        self.input = None;
        self.silent_since = Some(Instant::now());
        Read::End
    }

    /// Takes in what the plugin wrote beside the conversation.
    pub(super) fn hear(&mut self, home: &Home) {
        self.peer.hear(home);
    }
}

fn asked(fd: Option<BorrowedFd<'_>>, flags: PollFlags) -> PollFlags {
    if fd.is_some() {
        flags
    } else {
        PollFlags::empty()
    }
}
