//! The roles that the threads of a pool take in turn: leader, runner, watcher, and the one that closes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use super::{GRACE, Inner, LOOKS, MOST, Next, Pool, QUIET, SPARE, TICK, TIDY};
use crate::export::stream::input::{Got, Input};
use crate::lock::locked;
use crate::runtime::Runtime;

/// The exit code where the host sent what no plugin can read.
const UNREADABLE: i32 = 1;

impl Pool {
    /// What a thread of the pool does until it ends.
    pub(super) fn work(self: &Arc<Self>, runtime: &Arc<Runtime>, mut input: Option<Box<Input>>) {
        LOOKS.with(|looks| looks.set(true));
        loop {
            if let Some(mine) = input.take() {
                self.lead(runtime, mine);
            }
            match self.follow(runtime) {
                Next::Lead(left) => input = Some(left),
                Next::Run => {
                    self.run(runtime);
                    locked(&self.inner).busy -= 1;
                }
                Next::Leave => return,
            }
        }
    }

    /// Reads and runs until another leads, or until the end of the input.
    fn lead(self: &Arc<Self>, runtime: &Arc<Runtime>, mut input: Box<Input>) {
        loop {
            match input.next(|| runtime.framing(), |frame| runtime.receive(frame)) {
                Got::Frame => {}
                Got::Ended(Ok(())) => return self.close(runtime, 0),
                Got::Ended(Err(error)) => {
                    eprintln!("the input ended within a message: {error}");
                    return self.close(runtime, 0);
                }
                Got::Broken(error) => {
                    eprintln!("the host sends what cannot be read: {error}");
                    runtime.input_broken(error);
                    return self.close(runtime, UNREADABLE);
                }
            }
            if self.turned_away.load(Ordering::SeqCst) {
                return self.close(runtime, 0);
            }
            input.set_limit(runtime.frame_limit());
            if runtime.has_ready() {
                match self.run_and_come_back(runtime, input) {
                    Some(left) => input = left,
                    None => return,
                }
            }
            self.output.flush(runtime);
        }
    }

    /// Runs what is ready while the input lies open. `None` where another took it.
    fn run_and_come_back(
        self: &Arc<Self>,
        runtime: &Arc<Runtime>,
        input: Box<Input>,
    ) -> Option<Box<Input>> {
        {
            let mut inner = locked(&self.inner);
            if inner.busy + 1 >= MOST {
                // Nobody is left who could read in the meantime: others will run it.
                self.idle.notify_one();
                return Some(input);
            }
            inner.input = Some(input);
            inner.left += 1;
            inner.busy += 1;
            if !inner.watched || inner.asleep {
                self.wake_watcher(&mut inner, runtime);
            }
        }
        self.run(runtime);
        let mut inner = locked(&self.inner);
        inner.busy -= 1;
        inner.input.take()
    }

    /// Runs whatever is ready.
    fn run(self: &Arc<Self>, runtime: &Arc<Runtime>) {
        while let Some(task) = runtime.next_ready() {
            task.run();
            self.output.flush(runtime);
        }
    }

    /// Waits for something to do, or watches.
    fn follow(self: &Arc<Self>, runtime: &Arc<Runtime>) -> Next {
        let mut inner = locked(&self.inner);
        loop {
            if inner.over {
                return Next::Leave;
            }
            if runtime.has_ready() && inner.busy + 1 < MOST {
                inner.busy += 1;
                if !inner.watched {
                    // What runs may block, and the input may lie open: somebody is to watch meanwhile.
                    self.call_somebody(&mut inner, runtime);
                }
                return Next::Run;
            }
            if !inner.watched {
                inner.watched = true;
                let (guard, next) = self.watch(inner, runtime);
                inner = guard;
                inner.watched = false;
                match next {
                    Some(next) => {
                        if matches!(next, Next::Run) {
                            inner.busy += 1;
                        }
                        // Whoever stops watching sees to it that another begins.
                        self.call_somebody(&mut inner, runtime);
                        return next;
                    }
                    None => continue,
                }
            }
            if inner.waiting >= SPARE {
                inner.threads -= 1;
                return Next::Leave;
            }
            inner.waiting += 1;
            inner = self
                .idle
                .wait(inner)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            inner.waiting -= 1;
        }
    }

    /// Sleeps, and looks now and then whether somebody is needed. `None`: look again.
    fn watch<'i>(
        self: &'i Arc<Self>,
        mut inner: MutexGuard<'i, Inner>,
        runtime: &Arc<Runtime>,
    ) -> (MutexGuard<'i, Inner>, Option<Next>) {
        let (mut seen, mut waited, mut quiet) = (inner.left, false, 0);
        inner.asleep = false;
        loop {
            if inner.over {
                return (inner, None);
            }
            let due = runtime
                .next_timeout()
                .map(|at| at.saturating_sub(runtime.now()));
            if due == Some(Duration::ZERO) {
                // Wakers are anybody's code: they run while nothing is locked.
                drop(inner);
                runtime.tick();
                self.output.flush(runtime);
                inner = locked(&self.inner);
                inner.nudged = true;
            }
            let ready = runtime.has_ready();
            if ready && (inner.nudged || waited) && inner.busy + 1 < MOST {
                inner.nudged = false;
                return (inner, Some(Next::Run));
            }
            if !ready {
                inner.nudged = false;
            }
            waited = ready;
            if inner.left == seen
                && quiet > 0
                && let Some(input) = inner.input.take()
            {
                return (inner, Some(Next::Lead(input)));
            }
            quiet = if inner.left == seen && inner.busy == 0 && !ready {
                quiet + 1
            } else {
                1
            };
            seen = inner.left;
            inner.asleep = quiet > QUIET;
            let pause = if inner.asleep {
                due
            } else {
                Some(due.unwrap_or(TICK).min(TICK))
            };
            inner = match pause {
                Some(pause) => {
                    self.watch
                        .wait_timeout(inner, pause)
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .0
                }
                None => self
                    .watch
                    .wait(inner)
                    .unwrap_or_else(std::sync::PoisonError::into_inner),
            };
            inner.asleep = false;
        }
    }

    /// Somebody wants the process to end: as if the host said nothing more, and where that is so, without a grace.
    pub(in crate::export) fn terminate(self: &Arc<Self>, runtime: &Arc<Runtime>) {
        if self.closing.load(Ordering::SeqCst) {
            self.hurried.store(true, Ordering::SeqCst);
            return;
        }
        let (pool, ended) = (Arc::clone(self), Arc::clone(runtime));
        let closing = std::thread::Builder::new().name("crossplug-end".to_owned());
        if closing.spawn(move || pool.close(&ended, 0)).is_err() {
            // The signal would have ended the process without us.
            std::process::exit(0);
        }
    }

    /// The host says nothing more: what is in flight may finish, the plugin stops, then the conversation is over, and with it
    /// the process where it has no other.
    fn close(self: &Arc<Self>, runtime: &Arc<Runtime>, code: i32) {
        if self.closing.swap(true, Ordering::SeqCst) {
            return;
        }
        LOOKS.with(|looks| looks.set(false));
        runtime.input_ended();
        let written = || self.output.is_dead() || self.output.is_done();
        let answered = || self.output.is_dead() || (runtime.is_over() && written());
        let enough = || answered() || self.hurried.load(Ordering::SeqCst);
        if !(self.wait(runtime, GRACE, enough) && answered()) {
            runtime.cancel_all();
            self.wait(runtime, TIDY, answered);
        }
        runtime.stop();
        self.wait(runtime, GRACE, || runtime.has_stopped() && written());
        // What was printed belongs to this conversation.
        self.prints.end_line();
        self.wait(runtime, TIDY, written);
        (self.end)(code);
        locked(&self.inner).over = true;
        self.watch.notify_all();
        self.idle.notify_all();
    }

    /// Waits while others run what is ready. False where it took too long.
    fn wait(
        self: &Arc<Self>,
        runtime: &Arc<Runtime>,
        most: Duration,
        done: impl Fn() -> bool,
    ) -> bool {
        let end = Instant::now() + most;
        loop {
            self.output.flush(runtime);
            if done() {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            if runtime.has_ready() {
                let mut inner = locked(&self.inner);
                inner.nudged = true;
                self.wake_watcher(&mut inner, runtime);
            }
            std::thread::sleep(TICK);
        }
    }
}
