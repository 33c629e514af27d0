//! Messages to the host, in order, one thread at a time. Knows a function to call, and where it may not be called any more.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::lock::locked;
use crate::runtime::Runtime;

use super::Said;

/// The way to the host.
pub(super) struct Output {
    /// None once the host listens no more.
    said: Mutex<Option<Said>>,
    /// The thread that speaks, by the place of something of its own.
    speaker: AtomicUsize,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}

/// Names this thread, while it lives.
fn here() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place) as usize)
}

impl Output {
    pub(super) fn new(said: Said) -> Self {
        Self {
            said: Mutex::new(Some(said)),
            speaker: AtomicUsize::new(0),
        }
    }

    /// Says what waits. When it returns, all that waited before was said.
    pub(super) fn flush(&self, runtime: &Runtime) {
        let here = here();
        // What the host does with a message may lead this very thread here again: the outer turn says that, too.
        if self.speaker.load(Ordering::Relaxed) == here {
            return;
        }
        let said = locked(&self.said);
        self.speaker.store(here, Ordering::Relaxed);
        loop {
            let bytes = runtime.with(|state| state.out.take());
            if bytes.is_empty() {
                break;
            }
            if let Some(said) = &*said {
                // A message of our own writing holds no line feed.
                let messages = bytes.split(|byte| *byte == b'\n');
                messages
                    .filter(|message| !message.is_empty())
                    .for_each(said);
            }
            runtime.drained();
        }
        self.speaker.store(0, Ordering::Relaxed);
    }

    /// Nothing is said any more.
    pub(super) fn end(&self) {
        *locked(&self.said) = None;
    }
}
