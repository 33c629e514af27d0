//! Waking whoever waits. What a waker does is somebody else's business: it may be slow, call back, or panic, and the
//! threads that read from plugins must live on. Nothing here knows what is waited for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes; a panic of the waker is its owner's loss alone. Not under a lock.
pub(crate) fn wake(waker: Waker) {
    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
}

/// All who wait for the next change of one thing.
#[derive(Debug, Default)]
pub(crate) struct Wakers(Vec<Waker>);

impl Wakers {
    /// Puts one on the list; who is polled again and again is on it once.
    pub(crate) fn add(&mut self, waker: &Waker) {
        if !self.0.iter().any(|known| known.will_wake(waker)) {
            self.0.push(waker.clone());
        }
    }

    /// Takes all of them, to be [woken](Wakers::wake) without the lock.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Wakes them.
    pub(crate) fn wake(self) {
        self.0.into_iter().for_each(wake);
    }

    /// This list and that one.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    }

    #[test]
    fn each_is_woken_once_whatever_the_others_do() {
        let counts = [Arc::new(Count::default()), Arc::new(Count::default())];
        let mut wakers = Wakers::default();
        wakers.add(&Waker::from(Arc::new(Panics)));
        for count in &counts {
            let waker = Waker::from(Arc::clone(count));
            wakers.add(&waker);
            wakers.add(&waker);
        }
        wakers.take().wake();
        wakers.take().wake();
        for count in &counts {
            assert_eq!(count.0.load(Ordering::Relaxed), 1);
        }
    }
}
