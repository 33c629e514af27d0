//! The order of events: a number that counts up by one in each stream and direction.

use std::collections::HashMap;

/// Streams that are remembered. Beyond it the ones unused for longest are forgotten and begin again at 1.
const MOST: usize = 4096;

/// The last number of each stream. Events without a stream form one of their own.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    unnamed: u64,
    named: HashMap<Box<str>, Last>,
    /// Counts uses, to know which were long ago.
    clock: u64,
    /// A stream was forgotten, so an unknown one may be one that goes on.
    forgot: bool,
}

#[derive(Debug)]
struct Last {
    seq: u64,
    used: u64,
}

impl Sequences {
    /// The number that the next event of a stream has.
    pub(super) fn next(&self, stream: Option<&str>) -> u64 {
        let last = match stream {
            None => self.unnamed,
            Some(name) => self.named.get(name).map_or(0, |last| last.seq),
        };
        last + 1
    }

    /// Whether a number that a peer sent may follow: the next one, or 1 where a named stream begins again.
    pub(super) fn may_follow(&self, stream: Option<&str>, seq: u64) -> bool {
        let unknown = || stream.is_some_and(|name| !self.named.contains_key(name));
        seq == self.next(stream)
            || (seq == 1 && stream.is_some())
            || (seq > 0 && self.forgot && unknown())
    }

    /// An event with this number was sent or seen.
    pub(super) fn note(&mut self, stream: Option<&str>, seq: u64) {
        let Some(name) = stream else {
            self.unnamed = seq;
            return;
        };
        self.clock += 1;
        if let Some(last) = self.named.get_mut(name) {
            *last = Last {
                seq,
                used: self.clock,
            };
            return;
        }
        if self.named.len() >= MOST {
            self.forget();
        }
        self.named.insert(
            name.into(),
            Last {
                seq,
                used: self.clock,
            },
        );
    }

    /// Forgets the older half: once in many events, so that each costs little.
    fn forget(&mut self) {
        let mut uses: Vec<u64> = self.named.values().map(|last| last.used).collect();
        uses.sort_unstable();
        let middle = uses.get(uses.len() / 2).copied().unwrap_or(0);
        self.named.retain(|_, last| last.used >= middle);
        self.forgot = true;
    }
}
