//! How much of a stream may be under way: the credit that a receiver gives, and when it gives more.

/// Credit at the beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) items: u32,
    pub(crate) bytes: u32,
}

impl Window {
    /// Enough to keep a pipe busy while the receiver works, little enough that a thousand streams fit the memory cap.
    pub(crate) const DEFAULT: Self = Self {
        items: 256,
        bytes: 1 << 20,
    };
}

/// What was used since credit was last given.
#[derive(Debug)]
pub(crate) struct WindowState {
    window: Window,
    items: u32,
    bytes: u64,
}

impl WindowState {
    /// All of it is given.
    pub(crate) fn full(window: Window) -> Self {
        Self {
            window,
            items: 0,
            bytes: 0,
        }
    }

    /// An item was taken out by the program; gives the credit to return, once it is worth a message.
    pub(crate) fn taken(&mut self, bytes: u64) -> Option<(u32, u32)> {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.items < self.window.items / 2 && self.bytes < u64::from(self.window.bytes / 2) {
            return None;
        }
        let returned = (self.items, u32::try_from(self.bytes).unwrap_or(u32::MAX));
        (self.items, self.bytes) = (0, 0);
        Some(returned)
    }
}
