//! Who reads, who runs handlers, who watches. Knows threads and the runtime.
//!
//! One thread leads: it reads a frame and runs the handler of it itself, so that an ordinary call takes no hop from one
//! thread to another. While it does, the input lies where another can take it. A second thread watches: a leader that has
//! not come back within a tick is busy with something long, and the watcher takes the input and leads. The watcher
//! sleeps for good while nothing happens, and until the next deadline otherwise. So a handler that computes or sleeps for
//! seconds delays neither `ping` nor `$/cancel` nor other calls by more than two ticks.

mod roles;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::input::Input;
use super::output::Output;
use crate::export::program::prints::Prints;
use crate::lock::locked;
use crate::runtime::{Outside, Runtime};

/// Threads at most. All but one may be busy with handlers that block.
const MOST: usize = 64;
/// Threads that wait for work, at most; further ones end.
const SPARE: usize = 2;
/// What a leader may take for handlers before another leads.
const TICK: Duration = Duration::from_millis(2);
/// Ticks in which nothing happens before the watcher sleeps for good.
const QUIET: u32 = 50;
/// What is in flight may take so long after the end of input, and so may the plugin's last steps.
const GRACE: Duration = Duration::from_secs(5);
/// What was cancelled then may take so long to tidy up.
const TIDY: Duration = Duration::from_secs(1);

thread_local! {
    /// This thread looks for ready tasks before it waits for anything.
    static LOOKS: Cell<bool> = const { Cell::new(false) };
}

/// The threads of a plugin process.
pub(in crate::export) struct Pool {
    output: Arc<Output>,
    inner: Mutex<Inner>,
    watch: Condvar,
    idle: Condvar,
    prints: Arc<Prints>,
    end: End,
    /// What the host has to show in `initialize`, or the plugin in its answer.
    token: Token,
    /// The host has shown no token, or another one.
    turned_away: AtomicBool,
    /// The end is under way.
    closing: AtomicBool,
    /// Nobody wants to wait for it.
    hurried: AtomicBool,
    /// Of the session's clock.
    origin: Instant,
}

/// What is done when nothing of the conversation runs any more, with the exit code that a process would have.
pub(in crate::export) type End = Box<dyn Fn(i32) + Send + Sync>;

/// What proves that plugin and host belong together.
#[derive(Debug, Clone, Default)]
pub(in crate::export) enum Token {
    /// Nothing.
    #[default]
    None,
    /// The host has to show it.
    Asked(Arc<str>),
    /// The plugin shows it.
    Shown(Arc<str>),
}

#[derive(Default)]
struct Inner {
    /// The input, where its leader runs handlers.
    input: Option<Box<Input>>,
    /// Counts how often it was left here.
    left: u64,
    threads: usize,
    /// Threads that run handlers.
    busy: usize,
    /// Threads that wait for work, the watcher aside.
    waiting: usize,
    watched: bool,
    /// The watcher sleeps until it is woken.
    asleep: bool,
    /// Somebody else than a thread of the pool has made a task ready.
    nudged: bool,
    /// The conversation is over, and the process goes on: every thread leaves.
    over: bool,
}

/// What a thread does next.
enum Next {
    /// Reads.
    Lead(Box<Input>),
    /// Runs what is ready; it is counted as busy already.
    Run,
    /// Ends.
    Leave,
}

impl Pool {
    pub(in crate::export) fn new(
        output: Arc<Output>,
        prints: Arc<Prints>,
        token: Token,
        end: End,
    ) -> Arc<Self> {
        Arc::new(Self {
            output,
            inner: Mutex::default(),
            watch: Condvar::new(),
            idle: Condvar::new(),
            prints,
            end,
            token,
            turned_away: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            hurried: AtomicBool::new(false),
            origin: Instant::now(),
        })
    }

    /// Serves until the host is done; then the process is, whichever thread sees it.
    pub(in crate::export) fn serve(self: &Arc<Self>, runtime: &Arc<Runtime>, input: Input) -> ! {
        self.converse(runtime, input);
        // The pool has threads enough without this one, but the process would end with it.
        park()
    }

    /// Serves a host; other threads may still do so when this returns.
    pub(in crate::export) fn converse(self: &Arc<Self>, runtime: &Arc<Runtime>, input: Input) {
        locked(&self.inner).threads = 1;
        self.work(runtime, Some(Box::new(input)));
    }

    fn spawn(self: &Arc<Self>, inner: &mut Inner, runtime: &Arc<Runtime>) {
        if inner.threads >= MOST {
            return;
        }
        let (pool, runtime) = (Arc::clone(self), Arc::clone(runtime));
        let work = move || pool.work(&runtime, None);
        if std::thread::Builder::new()
            .name("crossplug".to_owned())
            .spawn(work)
            .is_ok()
        {
            inner.threads += 1;
        }
    }

    /// Whether the host says nothing more.
    pub(in crate::export) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst) || self.output.has_been_hung_up_on()
    }

    /// What is in flight gets no grace any more.
    pub(in crate::export) fn hurry(&self) {
        self.hurried.store(true, Ordering::SeqCst);
    }

    /// Somebody is to look after what is ready or was left: a thread that waits, or a new one.
    fn call_somebody(self: &Arc<Self>, inner: &mut Inner, runtime: &Arc<Runtime>) {
        if inner.waiting > 0 {
            self.idle.notify_one();
        } else {
            self.spawn(inner, runtime);
        }
    }

    /// Has the watcher look now.
    fn wake_watcher(self: &Arc<Self>, inner: &mut Inner, runtime: &Arc<Runtime>) {
        if inner.watched {
            inner.asleep = false;
            self.watch.notify_one();
        } else {
            self.call_somebody(inner, runtime);
        }
    }
}

/// What comes of the process is others' affair now.
fn park() -> ! {
    loop {
        std::thread::park();
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
        if LOOKS.with(Cell::get) {
            return;
        }
        let mut inner = locked(&self.inner);
        inner.nudged = true;
        self.wake_watcher(&mut inner, runtime);
    }

    fn timer(&self, runtime: &Arc<Runtime>) {
        self.wake_watcher(&mut locked(&self.inner), runtime);
    }

    fn aside(&self, line: &str) {
        eprintln!("{line}");
    }

    /// elizaOS's switches: on where one is set to anything that means yes.
    fn wants_traces(&self) -> bool {
        let is_on = |name| {
            std::env::var(name).is_ok_and(|value| {
                !["", "0", "false"].contains(&value.to_ascii_lowercase().as_str())
            })
        };
        is_on("ELIZA_INTEROP_DEBUG") || is_on("LOG_DIAGNOSTIC")
    }

    fn admits(&self, token: Option<&str>) -> bool {
        let Token::Asked(own) = &self.token else {
            return true;
        };
        let shown = token.unwrap_or_default();
        // In a time that tells nothing about where they differ.
        let differ = own
            .bytes()
            .zip(shown.bytes())
            .fold(0, |all, (a, b)| all | (a ^ b));
        let admitted = own.len() == shown.len() && std::hint::black_box(differ) == 0;
        self.turned_away.store(!admitted, Ordering::SeqCst);
        admitted
    }

    fn token(&self) -> Option<&str> {
        match &self.token {
            Token::Shown(token) => Some(token),
            Token::Asked(_) | Token::None => None,
        }
    }

    fn opening(&self) {
        // What was printed until now is none of the host's log.
        self.prints.pass_on();
    }
}
