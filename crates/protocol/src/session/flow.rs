//! Credit of one request, both ways. An item may go while both credits are above 0, so the last one may overdraw bytes.

/// What may still flow for one request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flow {
    /// Given to the peer and not used up.
    granted: Credit,
    /// Given by the peer and not used up.
    held: Credit,
    /// Counted among the streams that this side opened by its credit.
    opened: bool,
    /// Counted among those that the peer opened.
    opened_by_peer: bool,
    /// No further item comes in.
    ended_in: bool,
    /// No further item goes out.
    ended_out: bool,
}

/// Items and bytes. Bytes may be overdrawn.
#[derive(Debug, Clone, Copy, Default)]
struct Credit {
    items: u64,
    bytes: i64,
}

impl Credit {
    const fn add(&mut self, items: u32, bytes: u32) {
        self.items = self.items.saturating_add(items as u64);
        self.bytes = self.bytes.saturating_add(bytes as i64);
    }

    const fn allows(self) -> bool {
        self.items > 0 && self.bytes > 0
    }

    fn spend(&mut self, size: usize) {
        self.items = self.items.saturating_sub(1);
        self.bytes = self
            .bytes
            .saturating_sub(i64::try_from(size).unwrap_or(i64::MAX));
    }
}

impl Flow {
    /// Whether this side has given credit before.
    pub(super) const fn is_opened(&self) -> bool {
        self.opened
    }

    /// Whether the peer has.
    pub(super) const fn is_opened_by_peer(&self) -> bool {
        self.opened_by_peer
    }

    /// This side gives credit; true the first time.
    pub(super) const fn grant(&mut self, items: u32, bytes: u32) -> bool {
        self.granted.add(items, bytes);
        !std::mem::replace(&mut self.opened, true)
    }

    /// The peer gives credit; true the first time.
    pub(super) const fn receive_credit(&mut self, items: u32, bytes: u32) -> bool {
        self.held.add(items, bytes);
        !std::mem::replace(&mut self.opened_by_peer, true)
    }

    /// An item came in; false where nothing allowed it.
    pub(super) fn take_in(&mut self, size: usize) -> bool {
        let allowed = self.granted.allows() && !self.ended_in;
        if allowed {
            self.granted.spend(size);
        }
        allowed
    }

    /// Whether an item may go out.
    pub(super) const fn can_send(&self) -> bool {
        self.held.allows() && !self.ended_out
    }

    /// An item went out.
    pub(super) fn sent(&mut self, size: usize) {
        self.held.spend(size);
    }

    pub(super) const fn ended_out(&self) -> bool {
        self.ended_out
    }

    pub(super) const fn end_out(&mut self) {
        self.ended_out = true;
    }

    /// The peer ends its items; true the first time.
    pub(super) const fn end_in(&mut self) -> bool {
        !std::mem::replace(&mut self.ended_in, true)
    }
}
