//! How guests are stopped: each running guest is on a leash with the time when it must be over, and one thread, which is
//! there only while there are such times, sleeps until the first of them. Knows clocks and epochs, no ABI.
//!
//! Every guest looks at its engine's epoch at each loop and call. The thread counts the epoch up when a leash is over;
//! then each guest looks at its own leash, and those whose time it is not go on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use wasmtime::{Engine, UpdateDeadline};

use super::fault::Halt;

/// No time is set.
const NEVER: u64 = u64::MAX;
/// How long the thread stays for a next guest.
const IDLE: u64 = 1_000_000_000;
/// After this the epoch is counted up once more for guests that are over: one that was with the host comes back to it.
const AGAIN: u64 = 10_000_000;

/// When a guest must be over. One for each instance.
pub(super) struct Leash {
    /// Nanoseconds since the ticker's beginning.
    until: AtomicU64,
    cancelled: AtomicBool,
    ticker: Arc<Ticker>,
}

impl Leash {
    /// Whether the guest must stop, and why.
    pub(super) fn halt(&self) -> Option<Halt> {
        if self.cancelled.load(Ordering::Acquire) {
            return Some(Halt::Cancelled);
        }
        let until = self.until.load(Ordering::Acquire);
        (until != NEVER && self.ticker.now() >= until).then_some(Halt::Deadline)
    }

    /// What is left of the guest's time; none where it has no end.
    pub(super) fn remaining(&self) -> Option<Duration> {
        let until = self.until.load(Ordering::Acquire);
        (until != NEVER).then(|| Duration::from_nanos(until.saturating_sub(self.ticker.now())))
    }

    /// The time on the guest's monotonic clock, in nanoseconds.
    pub(super) fn now(&self) -> u64 {
        self.ticker.now()
    }

    /// What an instance does when the epoch was counted up.
    pub(super) fn on_epoch(&self) -> wasmtime::Result<UpdateDeadline> {
        match self.halt() {
            Some(halt) => Err(halt.into()),
            None => Ok(UpdateDeadline::Continue(1)),
        }
    }

    /// Sets the time for as long as the answer is held.
    pub(super) fn hold(&self, deadline: Option<Instant>) -> Held<'_> {
        self.cancelled.store(false, Ordering::Release);
        let until = deadline.map_or(NEVER, |deadline| self.ticker.at(deadline));
        self.set(until);
        Held(self)
    }

    /// Stops the guest, if it runs.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.set(0);
    }

    /// Waits, but not longer than the guest has.
    ///
    /// # Errors
    /// The guest's time is over before.
    pub(super) fn sleep(&self, time: Duration) -> Result<(), Halt> {
        /// A guest that sleeps is woken so often to see whether it was cancelled.
        const GLANCE: Duration = Duration::from_millis(5);
        let begin = Instant::now();
        loop {
            if let Some(halt) = self.halt() {
                return Err(halt);
            }
            let left = time.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(GLANCE).min(self.remaining().unwrap_or(GLANCE)));
        }
    }

    fn set(&self, until: u64) {
        self.until.store(until, Ordering::SeqCst);
        if until < self.ticker.wakes_at.load(Ordering::SeqCst) {
            self.ticker.poke();
        }
    }
}

/// A time that is set; taken back when dropped.
pub(super) struct Held<'a>(&'a Leash);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.until.store(NEVER, Ordering::SeqCst);
    }
}

/// The thread that watches the leashes of one engine.
pub(super) struct Ticker {
    begin: Instant,
    engine: Engine,
    /// When the thread looks next without being poked; [`NEVER`] while it looks, and while there is none.
    wakes_at: AtomicU64,
    watch: Mutex<Watch>,
    poked: Condvar,
}

#[derive(Default)]
struct Watch {
    leashes: Vec<Weak<Leash>>,
    poked: bool,
    running: bool,
}

impl Ticker {
    pub(super) fn new(engine: Engine) -> Arc<Self> {
        Arc::new(Self {
            begin: Instant::now(),
            engine,
            wakes_at: AtomicU64::new(NEVER),
            watch: Mutex::default(),
            poked: Condvar::new(),
        })
    }

    /// A leash for one more instance.
    pub(super) fn leash(self: &Arc<Self>) -> Arc<Leash> {
        let leash = Arc::new(Leash {
            until: AtomicU64::new(NEVER),
            cancelled: AtomicBool::new(false),
            ticker: Arc::clone(self),
        });
        let mut watch = self.lock();
        watch.leashes.retain(|known| known.strong_count() > 0);
        watch.leashes.push(Arc::downgrade(&leash));
        leash
    }

    /// Nanoseconds since the beginning. Guests see this as their monotonic clock, too.
    pub(super) fn now(&self) -> u64 {
        self.at(Instant::now())
    }

    fn at(&self, time: Instant) -> u64 {
        let since = time.saturating_duration_since(self.begin).as_nanos();
        u64::try_from(since).unwrap_or(NEVER).min(NEVER - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Watch> {
        // Nothing under the lock can panic half-way.
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poke(self: &Arc<Self>) {
        let mut watch = self.lock();
        watch.poked = true;
        if watch.running {
            self.poked.notify_one();
            return;
        }
        let ticker = Arc::clone(self);
        let started = std::thread::Builder::new()
            .name("crossplug-epoch".into())
            .spawn(move || ticker.run());
        // Without a thread the next guest's start tries again.
        watch.running = started.is_ok();
    }

    fn run(&self) {
        let mut watch = self.lock();
        let mut idle = false;
        loop {
            // From here on everybody who sets a time pokes, so none is missed between the look and the sleep.
            self.wakes_at.store(NEVER, Ordering::SeqCst);
            watch.poked = false;
            let now = self.now();
            let (mut next, mut over) = (NEVER, false);
            for leash in watch.leashes.iter().filter_map(Weak::upgrade) {
                let until = leash.until.load(Ordering::SeqCst);
                if until <= now {
                    over = true;
                } else {
                    next = next.min(until);
                }
            }
            if over {
                self.engine.increment_epoch();
                next = next.min(now.saturating_add(AGAIN));
            }
            if next == NEVER {
                if idle {
                    break;
                }
                next = now.saturating_add(IDLE);
                idle = true;
            } else {
                idle = false;
            }
            self.wakes_at.store(next, Ordering::SeqCst);
            if !watch.poked {
                let nap = Duration::from_nanos(next.saturating_sub(self.now()));
                watch = self
                    .poked
                    .wait_timeout(watch, nap)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
        watch.running = false;
    }

    /// Whether the thread is there.
    #[cfg(test)]
    fn is_running(&self) -> bool {
        self.lock().running
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn ticker() -> Arc<Ticker> {
        Ticker::new(Engine::default())
    }

    #[test]
    fn the_thread_is_there_only_while_somebody_has_a_time() {
        let ticker = ticker();
        let leash = ticker.leash();
        drop(leash.hold(None));
        assert!(!ticker.is_running());
        let held = leash.hold(Some(Instant::now() + Duration::from_secs(60)));
        assert!(ticker.is_running());
        drop(held);
        // Gone after a wake at the old time would be a minute; a new, early time brings the thread to look around.
        drop(leash.hold(Some(Instant::now() + Duration::from_millis(1))));
        for _ in 0..1000 {
            if !ticker.is_running() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!ticker.is_running());
    }

    #[test]
    fn a_sleep_ends_with_the_time_and_with_a_cancel() {
        let ticker = ticker();
        let leash = ticker.leash();
        let held = leash.hold(Some(Instant::now() + Duration::from_millis(20)));
        let halt = leash.sleep(Duration::from_secs(600)).unwrap_err();
        assert!(matches!(halt, Halt::Deadline));
        drop(held);
        let held = leash.hold(None);
        let other = Arc::clone(&leash);
        let thread = std::thread::spawn(move || other.cancel());
        let halt = leash.sleep(Duration::from_secs(600)).unwrap_err();
        assert!(matches!(halt, Halt::Cancelled));
        thread.join().unwrap();
        drop(held);
        assert!(leash.halt().is_some(), "a cancel holds until the next call");
        let held = leash.hold(None);
        assert!(leash.halt().is_none());
        assert!(leash.sleep(Duration::ZERO).is_ok());
        drop(held);
    }
}
