//! A small thread pool for what a host must not do on a thread that reads: service handlers that wait or block, event
//! and log callbacks, timers. It knows nothing of plugins.
//!
//! Threads come when there is work that nobody takes, and go after a second without any, so an idle host has none.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crate::waking::wake;

/// A handler that blocks holds a thread; one that calls the plugin, which asks another such handler, holds two.
const MOST_WORKERS: usize = 64;
/// One more than there may be workers: a deadline must pass when every worker is blocked, too.
const MOST_THREADS: usize = MOST_WORKERS + 1;
/// Long enough to serve a burst with one set of threads, short enough that nobody wonders what they are for.
const IDLE: Duration = Duration::from_secs(1);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The pool. Clones share it; its threads end with the last of them and with their work.
#[derive(Clone)]
pub(crate) struct Executor(Arc<Owner>);

/// Only the handles own this: threads hold [`Pool`], so that they do not keep themselves alive.
struct Owner(Arc<Pool>);

struct Pool {
    state: Mutex<State>,
    ready: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Arc<Task>>,
    /// By time and a counter that makes equal times distinct.
    timers: BTreeMap<(Instant, u64), Waker>,
    timer_count: u64,
    threads: usize,
    /// Those that wait.
    idle: usize,
    /// Those that run work.
    busy: usize,
    closed: bool,
}

impl State {
    /// The next piece of work, while there may be one more worker.
    fn next_work(&mut self) -> Option<Arc<Task>> {
        if self.busy < MOST_WORKERS {
            self.queue.pop_front()
        } else {
            None
        }
    }

    /// Whether a thread that has waited in vain is of no use.
    fn is_quiet(&self) -> bool {
        self.timers.is_empty() && (self.queue.is_empty() || self.busy >= MOST_WORKERS)
    }
}

struct Task {
    work: Mutex<Option<Work>>,
    queued: AtomicBool,
    pool: Weak<Pool>,
}

/// Names a timer, for [`Executor::forget`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer(Instant, u64);

impl Executor {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Owner(Arc::new(Pool {
            state: Mutex::new(State::default()),
            ready: Condvar::new(),
        }))))
    }

    /// Runs the future to its end on the pool.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let pool = &self.0.0;
        pool.push(Arc::new(Task {
            work: Mutex::new(Some(Box::pin(work))),
            queued: AtomicBool::new(true),
            pool: Arc::downgrade(pool),
        }));
    }

    /// Polls once on this thread, and lets the pool do the rest where that was not enough.
    pub(crate) fn run_or_spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let task = Arc::new(Task {
            work: Mutex::new(Some(Box::pin(work))),
            queued: AtomicBool::new(false),
            pool: Arc::downgrade(&self.0.0),
        });
        task.run();
    }

    /// Wakes at the time.
    pub(crate) fn wake_at(&self, at: Instant, waker: Waker) -> Timer {
        let pool = &self.0.0;
        let mut state = pool.lock();
        state.timer_count += 1;
        let key = (at, state.timer_count);
        let first = state
            .timers
            .first_key_value()
            .is_none_or(|(earliest, _)| key < *earliest);
        state.timers.insert(key, waker);
        if first {
            pool.call_a_thread(&mut state);
        }
        Timer(key.0, key.1)
    }

    /// Takes a timer back.
    pub(crate) fn forget(&self, timer: Timer) {
        self.0.0.lock().timers.remove(&(timer.0, timer.1));
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.timers.clear();
        self.0.ready.notify_all();
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing below can panic while it holds the lock; should it ever, the lists are still lists.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(self: &Arc<Self>, task: Arc<Task>) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.queue.push_back(task);
        self.call_a_thread(&mut state);
    }

    /// Wakes an idle thread or starts one.
    fn call_a_thread(self: &Arc<Self>, state: &mut State) {
        if state.idle > 0 {
            self.ready.notify_one();
        } else if state.threads < MOST_THREADS {
            let pool = Arc::clone(self);
            let started = std::thread::Builder::new()
                .name("crossplug-pool".into())
                .spawn(move || pool.work());
            // Without a new thread the work waits for an old one.
            if started.is_ok() {
                state.threads += 1;
            }
        }
    }

    fn work(self: Arc<Self>) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            while let Some(entry) = state
                .timers
                .first_entry()
                .filter(|entry| entry.key().0 <= now)
            {
                let waker = entry.remove();
                drop(state);
                wake(waker);
                state = self.lock();
            }
            if let Some(task) = state.next_work() {
                state.busy += 1;
                // Somebody must stay for the timers and the rest of the queue while this thread is busy.
                if state.idle == 0 && !state.is_quiet() {
                    self.call_a_thread(&mut state);
                }
                drop(state);
                task.run();
                state = self.lock();
                state.busy -= 1;
                continue;
            }
            if state.closed {
                break;
            }
            let patience = state
                .timers
                .first_key_value()
                .map_or(IDLE, |((at, _), _)| at.saturating_duration_since(now));
            state.idle += 1;
            let (back, waited) = self
                .ready
                .wait_timeout(state, patience)
                .unwrap_or_else(PoisonError::into_inner);
            state = back;
            state.idle -= 1;
            if waited.timed_out() && state.is_quiet() {
                break;
            }
        }
        state.threads -= 1;
    }
}

impl Task {
    fn run(self: &Arc<Self>) {
        // Before the poll: a wake during the poll queues the task once more, and that poll waits for the lock.
        self.queued.store(false, Ordering::Release);
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(future) = work.as_mut() else { return };
        let waker = Waker::from(Arc::clone(self));
        // A handler that panics loses its own work only: the drop of what it held tells the caller.
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            future.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        if !matches!(polled, Ok(Poll::Pending)) {
            let done = work.take();
            drop(work);
            // Dropped outside of the lock: what the future held may wake this very task.
            drop(done);
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel)
            && let Some(pool) = self.pool.upgrade()
        {
            pool.push(self);
        }
    }
}

/// A place that is filled once, by any thread, and waited for by one future.
#[derive(Debug)]
pub(crate) struct Slot<T>(Mutex<(Option<T>, Option<Waker>)>);

impl<T> Slot<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new((None, None)))
    }

    /// Fills it; what comes later is dropped unless the first was taken.
    pub(crate) fn fill(&self, value: T) {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if place.0.is_none() {
            place.0 = Some(value);
        }
        let waker = place.1.take();
        drop(place);
        waker.into_iter().for_each(wake);
    }

    /// Waits until it is filled, and takes it.
    pub(crate) async fn taken(&self) -> T {
        std::future::poll_fn(|context| {
            let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match place.0.take() {
                Some(value) => Poll::Ready(value),
                None => {
                    place.1 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Drives a future on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let waker = thread_waker();
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}

/// A waker that unparks this thread; made once a thread.
pub(crate) fn thread_waker() -> Waker {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
        fn wake_by_ref(self: &Arc<Self>) {
            self.0.unpark();
        }
    }
    thread_local!(static WAKER: Waker = Waker::from(Arc::new(Unpark(std::thread::current()))));
    WAKER.with(Waker::clone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn work_that_waits_goes_on_in_the_pool_and_a_panic_harms_nobody() {
        let executor = Executor::new();
        let (sender, receiver) = mpsc::channel();
        executor.spawn(async { std::panic::resume_unwind(Box::new("on purpose")) });
        let here = std::thread::current().id();
        let at = Instant::now() + Duration::from_millis(20);
        let timers = executor.clone();
        executor.run_or_spawn(std::future::poll_fn(move |context| {
            sender.send(std::thread::current().id()).unwrap();
            if Instant::now() < at {
                timers.wake_at(at, context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        }));
        assert_eq!(receiver.recv().unwrap(), here);
        assert_ne!(receiver.recv().unwrap(), here);
        assert!(Instant::now() >= at);
        assert!(receiver.recv().is_err(), "polled twice, then dropped");
    }

    #[test]
    fn a_timer_rings_when_every_worker_is_blocked() {
        struct Ring(mpsc::Sender<()>);
        impl Wake for Ring {
            fn wake(self: Arc<Self>) {
                self.0.send(()).unwrap();
            }
        }
        let executor = Executor::new();
        let (block, blocked) = mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        let (begun, begins) = mpsc::channel();
        for _ in 0..MOST_WORKERS {
            let (blocked, begun) = (Arc::clone(&blocked), begun.clone());
            executor.spawn(async move {
                begun.send(()).unwrap();
                let _ = blocked.lock().unwrap().recv();
            });
        }
        for _ in 0..MOST_WORKERS {
            begins.recv_timeout(Duration::from_secs(5)).unwrap();
        }
        // More work, which nobody can begin, must not take the place of the thread that keeps time.
        executor.spawn(async move { begun.send(()).unwrap() });
        let (ring, rung) = mpsc::channel();
        let soon = Instant::now() + Duration::from_millis(10);
        executor.wake_at(soon, Waker::from(Arc::new(Ring(ring.clone()))));
        rung.recv_timeout(Duration::from_secs(5)).unwrap();
        let soon = Instant::now() + Duration::from_millis(10);
        executor.wake_at(soon, Waker::from(Arc::new(Ring(ring))));
        rung.recv_timeout(Duration::from_secs(5)).unwrap();
        assert!(begins.try_recv().is_err(), "there are no more workers");
        drop(block);
        begins.recv_timeout(Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn a_blocked_thread_does_not_hold_up_other_work() {
        let executor = Executor::new();
        let (sender, receiver) = mpsc::channel::<()>();
        let (done, all_done) = mpsc::channel();
        let blocked = done.clone();
        executor.spawn(async move {
            let _ = receiver.recv();
            blocked.send("blocked").unwrap();
        });
        executor.spawn(async move {
            done.send("other").unwrap();
            drop(sender);
        });
        assert_eq!(
            all_done.recv_timeout(Duration::from_secs(5)).unwrap(),
            "other"
        );
        assert_eq!(
            all_done.recv_timeout(Duration::from_secs(5)).unwrap(),
            "blocked"
        );
    }
}
