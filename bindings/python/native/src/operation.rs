//! Something under way, for whoever waits for it: an event loop that polls, or a thread that blocks.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crossplug_host::{CallFuture, Ending, Payload, RawFuture, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bell::Bell;
use crate::errors::{given_up, raised};
use crate::owned::Owned;
use crate::plugin::Plugin;

/// How long a thread waits before it looks for signals: Ctrl-C is answered in this time.
const SLICE: Duration = Duration::from_millis(50);

/// What comes of an operation.
pub(crate) enum Outcome {
    Nothing,
    Payload(Payload),
    Bytes(Vec<u8>),
    /// The next of a stream; none after the last.
    Item(Option<Payload>),
    Plugin(crossplug_host::Plugin),
    Ending(Ending),
    Took(Duration),
}

/// How an operation goes on.
pub(crate) trait Step: Send {
    /// Looks whether it is over; if not, `waker` learns of it.
    fn poll(&mut self, waker: &Waker) -> Poll<Result<Outcome>>;

    /// Waits on this thread for a while.
    fn wait_within(&mut self, limit: Duration) -> Option<Result<Outcome>>;
}

/// Something under way. Given up, or forgotten, it is cancelled.
#[pyclass(frozen, module = "crossplug._native")]
pub(crate) struct Operation {
    /// None after its end.
    step: Owned<Mutex<Option<Box<dyn Step>>>>,
    /// It was given up while a thread waits for it.
    given_up: AtomicBool,
}

impl Operation {
    pub(crate) fn new(step: impl Step + 'static) -> Self {
        Self {
            step: Owned::new(Mutex::new(Some(Box::new(step)))),
            given_up: AtomicBool::new(false),
        }
    }

    /// A future that any thread drives.
    pub(crate) fn of(future: impl Future<Output = Result<Outcome>> + Send + 'static) -> Self {
        Self::new(Awaited(Box::pin(future)))
    }
}

type Slot<'a> = MutexGuard<'a, Option<Box<dyn Step>>>;

fn lock(step: &Mutex<Option<Box<dyn Step>>>) -> Slot<'_> {
    step.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Operation {
    /// None: not over yet, and the bell rings with the token when it is worth another look. Else the outcome in a tuple.
    fn poll(&self, py: Python<'_>, bell: &Bell, token: u64) -> PyResult<Option<(Py<PyAny>,)>> {
        let mut slot = lock(self.step.get()?);
        let Some(step) = slot.as_mut() else {
            return Err(raised(py, &given_up("wait")));
        };
        let Poll::Ready(outcome) = step.poll(&bell.waker(token)) else {
            return Ok(None);
        };
        let done = slot.take();
        drop(slot);
        drop(done);
        Ok(Some((convert(py, outcome)?,)))
    }

    /// Blocks until it is over. The interpreter is free meanwhile, and signals are looked for.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let step = self.step.get()?;
        loop {
            // Whatever is dropped here may wait for locks whose holders wait for the interpreter.
            let turn = py.detach(|| {
                let mut slot = lock(step);
                if self.given_up.load(Ordering::Acquire) {
                    drop(slot.take());
                }
                let outcome = slot.as_mut()?.wait_within(SLICE);
                if outcome.is_some() {
                    drop(slot.take());
                }
                Some(outcome)
            });
            match turn {
                None => return Err(raised(py, &given_up("wait"))),
                Some(Some(outcome)) => return convert(py, outcome),
                Some(None) => {}
            }
            if let Err(signal) = py.check_signals() {
                self.cancel(py)?;
                return Err(signal);
            }
        }
    }

    /// Gives it up. Does nothing after its end.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        let step = self.step.get()?;
        py.detach(|| {
            self.given_up.store(true, Ordering::Release);
            // A thread that waits looks at the mark by itself.
            if let Ok(mut slot) = step.try_lock() {
                drop(slot.take());
            }
        });
        Ok(())
    }
}

fn convert(py: Python<'_>, outcome: Result<Outcome>) -> PyResult<Py<PyAny>> {
    let bytes = |payload: &Payload| PyBytes::new(py, payload.as_bytes()).into_any().unbind();
    Ok(match outcome.map_err(|error| raised(py, &error))? {
        Outcome::Nothing | Outcome::Item(None) => py.None(),
        Outcome::Payload(payload) | Outcome::Item(Some(payload)) => bytes(&payload),
        Outcome::Bytes(given) => PyBytes::new(py, &given).into_any().unbind(),
        Outcome::Plugin(plugin) => Py::new(py, Plugin::new(plugin))?.into_any(),
        Outcome::Ending(ending) => {
            let error = ending.error.map(|error| raised(py, &error).into_value(py));
            (error, ending.status)
                .into_pyobject(py)?
                .into_any()
                .unbind()
        }
        Outcome::Took(time) => time.as_secs_f64().into_pyobject(py)?.into_any().unbind(),
    })
}

impl Step for CallFuture {
    fn poll(&mut self, waker: &Waker) -> Poll<Result<Outcome>> {
        let polled = Pin::new(self) as Pin<&mut dyn Future<Output = Result<Payload>>>;
        let polled = polled.poll(&mut Context::from_waker(waker));
        polled.map(|outcome| outcome.map(Outcome::Payload))
    }

    fn wait_within(&mut self, limit: Duration) -> Option<Result<Outcome>> {
        let outcome = CallFuture::wait_within(self, limit)?;
        Some(outcome.map(Outcome::Payload))
    }
}

impl Step for RawFuture {
    fn poll(&mut self, waker: &Waker) -> Poll<Result<Outcome>> {
        let polled = Pin::new(self) as Pin<&mut dyn Future<Output = Result<Vec<u8>>>>;
        let polled = polled.poll(&mut Context::from_waker(waker));
        polled.map(|outcome| outcome.map(Outcome::Bytes))
    }

    fn wait_within(&mut self, limit: Duration) -> Option<Result<Outcome>> {
        let outcome = RawFuture::wait_within(self, limit)?;
        Some(outcome.map(Outcome::Bytes))
    }
}

/// A future that needs nobody's help.
struct Awaited(Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>);

impl Step for Awaited {
    fn poll(&mut self, waker: &Waker) -> Poll<Result<Outcome>> {
        self.0.as_mut().poll(&mut Context::from_waker(waker))
    }

    fn wait_within(&mut self, limit: Duration) -> Option<Result<Outcome>> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let end = Instant::now() + limit;
        loop {
            if let Poll::Ready(outcome) = self.poll(&waker) {
                return Some(outcome);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            std::thread::park_timeout(left);
        }
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
