//! Two sessions that keep the rules, in every order of things: no violation, one outcome for each call, no more items than
//! credit, nothing left over.

use std::collections::HashMap;
use std::time::Duration;

use crossplug_protocol::frame::{FrameReader, FrameWriter, Framing};
use crossplug_protocol::handshake::{Hello, Offer, Welcome};
use crossplug_protocol::message::{Failure, Raw};
use crossplug_protocol::session::{
    CallId, CallOptions, Incoming, Limits, Refused, Session, StreamId, Ticket,
};
use proptest::prelude::*;

/// Something that may happen at one of the sides.
#[derive(Debug, Clone, Copy)]
enum Move {
    Call {
        timeout: Option<u64>,
    },
    Cancel(usize),
    Abandon(usize),
    Answer(usize, bool),
    Grant {
        mine: bool,
        which: usize,
        items: u32,
        bytes: u32,
    },
    Send {
        mine: bool,
        which: usize,
        size: usize,
    },
    End(usize),
    Progress(usize),
    Emit(bool),
    Deliver(usize),
    Pass(u64),
}

fn moves() -> impl Strategy<Value = Vec<(bool, Move)>> {
    let step = prop_oneof![
        3 => prop::option::of(1..40_u64).prop_map(|timeout| Move::Call { timeout }),
        1 => (0..8_usize).prop_map(Move::Cancel),
        1 => (0..8_usize).prop_map(Move::Abandon),
        3 => (0..8_usize, any::<bool>()).prop_map(|(which, well)| Move::Answer(which, well)),
        3 => (any::<bool>(), 0..8_usize, 0..4_u32, 0..300_u32).prop_map(|(mine, which, items, bytes)| Move::Grant { mine, which, items, bytes }),
        5 => (any::<bool>(), 0..8_usize, 0..200_usize).prop_map(|(mine, which, size)| Move::Send { mine, which, size }),
        1 => (0..8_usize).prop_map(Move::End),
        1 => (0..8_usize).prop_map(Move::Progress),
        1 => any::<bool>().prop_map(Move::Emit),
        8 => (1..600_usize).prop_map(Move::Deliver),
        1 => (0..20_u64).prop_map(Move::Pass),
    ];
    prop::collection::vec((any::<bool>(), step), 0..200)
}

/// One side, and what it knows of its own doings.
struct Side {
    session: Session,
    out: FrameWriter,
    reader: FrameReader,
    /// Calls with the number of outcomes that each has had, and whether it was given up.
    calls: Vec<(CallId, u32, bool)>,
    open: Vec<Ticket>,
    /// Items that may still come in.
    granted: HashMap<StreamId, i64>,
    cancelled: u32,
}

impl Side {
    fn new(session: Session) -> Self {
        Self {
            session,
            out: FrameWriter::new(),
            reader: FrameReader::new(1 << 20),
            calls: Vec::new(),
            open: Vec::new(),
            granted: HashMap::new(),
            cancelled: 0,
        }
    }

    fn stream(&self, mine: bool, which: usize) -> Option<StreamId> {
        if mine {
            (!self.calls.is_empty()).then(|| StreamId::Call(self.calls[which % self.calls.len()].0))
        } else {
            (!self.open.is_empty()).then(|| StreamId::Answer(self.open[which % self.open.len()]))
        }
    }

    fn outcome(&mut self, call: CallId) {
        let entry = self
            .calls
            .iter_mut()
            .find(|(known, ..)| *known == call)
            .unwrap();
        entry.1 += 1;
        assert!(entry.1 == 1 && !entry.2, "{call:?} has had its outcome");
    }

    fn act(&mut self, step: Move, now: Duration) {
        let Self { session, out, .. } = self;
        match step {
            Move::Call { timeout } => {
                let mut options = CallOptions::new();
                options.deadline = timeout.map(|ms| now + Duration::from_millis(ms));
                match session.call("m", None, &options, now, out) {
                    Ok(call) => self.calls.push((call, 0, false)),
                    Err(Refused::TooManyCalls { .. }) => assert!(session.pending_calls() >= 5),
                    Err(other) => panic!("{other}"),
                }
            }
            Move::Cancel(which) if !self.calls.is_empty() => {
                let (call, outcomes, given_up) = self.calls[which % self.calls.len()];
                assert_eq!(
                    session.cancel(call, out).is_ok(),
                    outcomes == 0 && !given_up
                );
            }
            Move::Abandon(which) if !self.calls.is_empty() => {
                let at = which % self.calls.len();
                if self.calls[at].1 == 0 {
                    session.abandon(self.calls[at].0, out);
                    self.calls[at].2 = true;
                }
            }
            Move::Answer(which, well) if !self.open.is_empty() => {
                let ticket = self.open.swap_remove(which % self.open.len());
                let failure = Failure::new("internal", "no");
                let result = Raw::trust(b"[1]");
                session
                    .respond(ticket, if well { Ok(&result) } else { Err(&failure) }, out)
                    .unwrap();
                assert_eq!(
                    session.respond(ticket, Ok(&result), out),
                    Err(Refused::Ended)
                );
            }
            Move::Grant {
                mine,
                which,
                items,
                bytes,
            } => {
                let Some(stream) = self.stream(mine, which) else {
                    return;
                };
                let Self { session, out, .. } = self;
                match session.grant(stream, items, bytes, out) {
                    Ok(()) => *self.granted.entry(stream).or_default() += i64::from(items),
                    Err(Refused::Ended) => {}
                    Err(Refused::TooManyStreams { limit }) => {
                        assert!(session.open_streams() >= limit)
                    }
                    Err(other) => panic!("{other}"),
                }
            }
            Move::Send { mine, which, size } => {
                let Some(stream) = self.stream(mine, which) else {
                    return;
                };
                let item = format!("\"{}\"", "x".repeat(size));
                let Self { session, out, .. } = self;
                let able = session.can_send(stream);
                assert_eq!(
                    session
                        .send_item(stream, &Raw::trust(item.as_bytes()), out)
                        .is_ok(),
                    able
                );
            }
            Move::End(which) if !self.calls.is_empty() => {
                let _ = session.end(self.calls[which % self.calls.len()].0, out);
            }
            Move::Progress(which) if !self.open.is_empty() => {
                let _ = session.progress(self.open[which % self.open.len()], None, Some("on"), out);
            }
            Move::Emit(named) => session
                .emit("e", named.then_some("s"), &Raw::trust(b"{}"), out)
                .unwrap(),
            _ => {}
        }
    }

    /// Takes in what the other side wrote, up to so many bytes.
    fn deliver(&mut self, from: &mut FrameWriter, count: usize) {
        let bytes = from.as_bytes();
        let count = count.min(bytes.len());
        self.reader.push(&bytes[..count]);
        from.consume(count);
        while let Some(frame) = self.reader.next_frame(self.session.framing()).unwrap() {
            let frame = frame.to_vec();
            match self
                .session
                .receive(&frame, &mut self.out)
                .expect("nobody breaks the rules")
            {
                Some(Incoming::Request { ticket, .. }) => self.open.push(ticket),
                Some(Incoming::Reply { call, .. }) => self.outcome(call),
                Some(Incoming::Item { stream, .. }) => {
                    let left = self.granted.get_mut(&stream).expect("credit was given");
                    *left -= 1;
                    assert!(*left >= 0, "more items than credit");
                }
                Some(Incoming::Cancel { answered, .. }) => {
                    assert!(!answered, "nobody breaks the rules of a stream");
                    self.cancelled += 1;
                }
                Some(Incoming::Tolerated(violation)) => panic!("{violation}"),
                Some(Incoming::Complaint(failure)) => panic!("{failure:?}"),
                _ => {}
            }
        }
    }

    fn expire(&mut self, now: Duration) {
        if self.session.next_timeout().is_some_and(|at| at <= now) {
            while let Some(late) = self.session.expire(now, &mut self.out) {
                self.outcome(late);
            }
        }
    }
}

/// Both sides, past the handshake.
fn opened(framing: Framing) -> [Side; 2] {
    let limits = Limits {
        pending_calls: 5,
        open_streams: 4,
        ..Limits::default()
    };
    let offer = Offer::new().with_framings(&[framing]);
    let mut host = Side::new(
        Session::host("crossplug/1", offer.clone())
            .unwrap()
            .with_limits(limits),
    );
    let mut plugin = Side::new(Session::plugin("crossplug/1", offer).unwrap());
    host.session
        .initialize(
            &Hello::new("h", "1", "i"),
            Duration::ZERO,
            None,
            &mut host.out,
        )
        .unwrap();
    plugin.reader.push(&host.out.take());
    let frame = plugin
        .reader
        .next_frame(Framing::Ndjson)
        .unwrap()
        .unwrap()
        .to_vec();
    let Ok(Some(Incoming::Initialize { ticket, .. })) =
        plugin.session.receive(&frame, &mut plugin.out)
    else {
        panic!()
    };
    plugin
        .session
        .accept(
            ticket,
            &Welcome::new(Raw::trust(b"{}"), Raw::trust(b"{}")),
            &mut plugin.out,
        )
        .unwrap();
    host.reader.push(&plugin.out.take());
    let frame = host
        .reader
        .next_frame(Framing::Ndjson)
        .unwrap()
        .unwrap()
        .to_vec();
    assert!(matches!(
        host.session.receive(&frame, &mut host.out),
        Ok(Some(Incoming::Opened { .. }))
    ));
    assert_eq!(
        (host.session.framing(), plugin.session.framing()),
        (framing, framing)
    );
    [host, plugin]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn two_sessions_that_keep_the_rules(moves in moves(), counted in any::<bool>()) {
        let [mut host, mut plugin] = opened(if counted { Framing::Length } else { Framing::Ndjson });
        let mut now = Duration::ZERO;
        for (at_host, step) in moves {
            let (side, other) = if at_host { (&mut host, &mut plugin) } else { (&mut plugin, &mut host) };
            match step {
                Move::Deliver(count) => side.deliver(&mut other.out, count),
                Move::Pass(ms) => {
                    now += Duration::from_millis(ms);
                    host.expire(now);
                    plugin.expire(now);
                }
                step => side.act(step, now),
            }
        }
        // Everything arrives, everything is answered, the answers arrive.
        for _ in 0..3 {
            host.deliver(&mut plugin.out, usize::MAX);
            plugin.deliver(&mut host.out, usize::MAX);
            for side in [&mut host, &mut plugin] {
                for ticket in std::mem::take(&mut side.open) {
                    side.session.respond(ticket, Ok(&Raw::null()), &mut side.out).unwrap();
                }
            }
        }
        for side in [&host, &plugin] {
            for (call, outcomes, given_up) in &side.calls {
                prop_assert_eq!(*outcomes, u32::from(!given_up), "{:?}", call);
            }
            let left = (side.session.pending_calls(), side.session.pending_answers(), side.session.open_streams());
            prop_assert_eq!(left, (0, 0, 0));
            prop_assert_eq!(side.session.next_timeout(), None);
            prop_assert!(side.out.is_empty());
        }
    }
}
