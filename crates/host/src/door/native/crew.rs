//! Threads that enter libraries and may be lost there: a piece of work never waits for another to end. They stay for a while
//! after their work, for the next. Knows nothing of plugins.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Long enough to serve a burst with one set of threads, short enough that nobody wonders what they are for.
const IDLE: Duration = Duration::from_secs(1);

type Work = Box<dyn FnOnce() + Send>;

struct Crew {
    queue: VecDeque<Work>,
    idle: usize,
}

static CREW: Mutex<Crew> = Mutex::new(Crew {
    queue: VecDeque::new(),
    idle: 0,
});
static BELL: Condvar = Condvar::new();

/// Runs something on a thread of its own.
pub(super) fn run(work: impl FnOnce() + Send + 'static) {
    let mut crew = CREW.lock().unwrap_or_else(PoisonError::into_inner);
    crew.queue.push_back(Box::new(work));
    if crew.queue.len() <= crew.idle {
        BELL.notify_one();
        return;
    }
    drop(crew);
    // Where the system has no thread to give, the work waits for one that comes back.
    let thread = std::thread::Builder::new().name("crossplug-native".into());
    let _ = thread.spawn(serve);
}

fn serve() {
    let mut crew = CREW.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(work) = crew.queue.pop_front() {
            drop(crew);
            // Everything of a library's is caught behind its own border; what panics here is ours, and one piece of work.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            crew = CREW.lock().unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        crew.idle += 1;
        let (back, waited) = BELL
            .wait_timeout(crew, IDLE)
            .unwrap_or_else(PoisonError::into_inner);
        crew = back;
        crew.idle -= 1;
        if waited.timed_out() && crew.queue.is_empty() {
            return;
        }
    }
}
