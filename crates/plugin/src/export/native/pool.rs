//! The plugin's own threads: they run what is ready and keep time. There are as many as there is to do at once, and after a
//! while without anything to do there are none. Knows threads and the runtime.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::lock::locked;
use crate::runtime::{Outside, Runtime};

use super::output::Output;

/// Threads at most. All but one may be busy with handlers that block; the last one keeps time.
const MOST: usize = 64;
/// A thread that had nothing to do for so long ends.
const IDLE: Duration = Duration::from_secs(1);

/// The threads of one instance.
#[derive(Debug)]
pub(super) struct Pool {
    output: Output,
    inner: Mutex<Inner>,
    /// For those who wait for work.
    bell: Condvar,
    /// For who waits for the end of something: a handler has gone a step further, or a thread has ended.
    change: Condvar,
    /// Of the session's clock.
    origin: Instant,
}

#[derive(Debug, Default)]
struct Inner {
    threads: usize,
    /// Threads that wait for work.
    waiting: usize,
    /// Of those, the one that also waits for the next time.
    timed: bool,
    ended: bool,
}

impl Pool {
    pub(super) fn new(output: Output) -> Arc<Self> {
        Arc::new(Self {
            output,
            inner: Mutex::default(),
            bell: Condvar::new(),
            change: Condvar::new(),
            origin: Instant::now(),
        })
    }

    /// Somebody is to look after what is ready or due.
    fn call_somebody(self: &Arc<Self>, inner: &mut Inner, runtime: &Arc<Runtime>) {
        if inner.waiting > 0 {
            self.bell.notify_one();
            return;
        }
        if inner.ended || inner.threads >= MOST {
            return;
        }
        let (pool, own) = (Arc::clone(self), Arc::clone(runtime));
        let work = move || pool.work(own);
        let thread = std::thread::Builder::new().name("crossplug".to_owned());
        // Without a new thread the work waits for an old one.
        if thread.spawn(work).is_ok() {
            inner.threads += 1;
        }
    }

    /// What a thread does until it ends.
    fn work(self: Arc<Self>, runtime: Arc<Runtime>) {
        let mut inner = locked(&self.inner);
        loop {
            // The last of the threads keeps time, whatever is ready.
            let may_run = inner.threads < MOST || inner.waiting > 0 || inner.timed;
            if may_run && let Some(task) = runtime.next_ready() {
                if runtime.has_ready() || (!inner.timed && runtime.next_timeout().is_some()) {
                    self.call_somebody(&mut inner, &runtime);
                }
                drop(inner);
                task.run();
                // Its last hold on the call may be this one.
                drop(task);
                self.output.flush(&runtime);
                self.change.notify_all();
                inner = locked(&self.inner);
                continue;
            }
            if inner.ended {
                break;
            }
            let due = if inner.timed {
                None
            } else {
                runtime.next_timeout()
            };
            if let Some(due) = due {
                let left = due.saturating_sub(self.origin.elapsed());
                if left.is_zero() {
                    // Wakers are anybody's code: they run while nothing is locked.
                    drop(inner);
                    runtime.tick();
                    self.output.flush(&runtime);
                    inner = locked(&self.inner);
                    continue;
                }
                inner.timed = true;
                inner = self.sleep(inner, left).0;
                inner.timed = false;
                continue;
            }
            let (back, nothing) = self.sleep(inner, IDLE);
            inner = back;
            if nothing && !runtime.has_ready() {
                break;
            }
        }
        drop(inner);
        // Before it is counted out: who waits for the end finds nothing of this thread's left.
        drop(runtime);
        locked(&self.inner).threads -= 1;
        self.change.notify_all();
    }

    fn sleep<'i>(
        &self,
        mut inner: MutexGuard<'i, Inner>,
        most: Duration,
    ) -> (MutexGuard<'i, Inner>, bool) {
        inner.waiting += 1;
        let (mut inner, waited) = self
            .bell
            .wait_timeout(inner, most)
            .unwrap_or_else(PoisonError::into_inner);
        inner.waiting -= 1;
        (inner, waited.timed_out())
    }

    /// Waits until `done`, at most until `end`. False: it took too long.
    pub(super) fn wait(&self, end: Instant, done: impl Fn() -> bool) -> bool {
        let mut inner = locked(&self.inner);
        loop {
            if done() {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // What is answered on a thread of the host's rings nobody's bell.
            let nap = left.min(Duration::from_millis(20));
            inner = self
                .change
                .wait_timeout(inner, nap)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Lets the threads end, and nothing be said any more. False where one of them still runs after that time.
    pub(super) fn end(&self, end: Instant) -> bool {
        let mut inner = locked(&self.inner);
        inner.ended = true;
        self.bell.notify_all();
        while inner.threads > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = self
                .change
                .wait_timeout(inner, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let all = inner.threads == 0;
        drop(inner);
        self.output.end();
        all
    }
}

impl Outside for Arc<Pool> {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn flush(&self, runtime: &Arc<Runtime>) {
        self.output.flush(runtime);
    }

    fn ready(&self, runtime: &Arc<Runtime>) {
        self.call_somebody(&mut locked(&self.inner), runtime);
    }

    fn timer(&self, runtime: &Arc<Runtime>) {
        let mut inner = locked(&self.inner);
        if inner.timed {
            // Who keeps time looks again; who else wakes sleeps on.
            self.bell.notify_all();
        } else {
            self.call_somebody(&mut inner, runtime);
        }
    }

    /// Where the host's own errors go: there is nobody else to tell.
    fn aside(&self, line: &str) {
        eprintln!("{line}");
    }

    fn is_shared(&self) -> bool {
        true
    }
}
