//! How an event loop learns of what happened on other threads: a descriptor that it watches, and a list behind it.
//!
//! Whoever wakes the loop needs no interpreter for it, so the threads that read from plugins never wait for Python, and a
//! loop that is busy finds everything that came meanwhile in one look.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use pyo3::prelude::*;

use crate::service::{Exchange, ServiceCall};

/// The bell of one event loop.
#[pyclass(frozen, module = "crossplug._native")]
pub(crate) struct Bell {
    shared: Arc<Shared>,
    receiver: UnixStream,
}

pub(crate) struct Shared {
    notes: Mutex<Notes>,
    sender: UnixStream,
}

#[derive(Default)]
struct Notes {
    woken: Vec<u64>,
    calls: Vec<Arc<Exchange>>,
    given_up: Vec<u64>,
    closed: bool,
}

impl Notes {
    fn is_empty(&self) -> bool {
        self.woken.is_empty() && self.calls.is_empty() && self.given_up.is_empty()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, note: impl FnOnce(&mut Notes)) {
        let mut notes = self.lock();
        let first = notes.is_empty();
        note(&mut notes);
        drop(notes);
        if first {
            // One byte for a list that was empty; a full pipe rings anyhow, and a closed one has nobody to wake.
            let _ = (&self.sender).write(&[0]);
        }
    }

    /// A service call for a coroutine of the loop. False: the loop is gone.
    pub(crate) fn deliver(&self, call: Arc<Exchange>) -> bool {
        let mut delivered = false;
        self.ring(|notes| {
            delivered = !notes.closed;
            if delivered {
                notes.calls.push(call);
            }
        });
        delivered
    }

    /// The plugin wants no answer to the call any more.
    pub(crate) fn give_up(&self, call: u64) {
        self.ring(|notes| notes.given_up.push(call));
    }
}

type News = (Vec<u64>, Vec<Py<ServiceCall>>, Vec<u64>);

#[pymethods]
impl Bell {
    #[new]
    fn new() -> PyResult<Self> {
        let (sender, receiver) = UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            notes: Mutex::new(Notes::default()),
            sender,
        });
        Ok(Self { shared, receiver })
    }

    /// What to watch for reading.
    fn fileno(&self) -> i32 {
        self.receiver.as_raw_fd()
    }

    /// What happened since the last time: operations to poll again, service calls to answer, service calls given up.
    fn take(&self, py: Python<'_>) -> PyResult<News> {
        // Before the list: a byte that comes after it rings once more.
        let _ = (&self.receiver).read(&mut [0; 16]);
        let mut notes = self.shared.lock();
        let woken = std::mem::take(&mut notes.woken);
        let calls = std::mem::take(&mut notes.calls);
        let given_up = std::mem::take(&mut notes.given_up);
        drop(notes);
        let calls: PyResult<Vec<_>> = calls
            .into_iter()
            .map(|call| Py::new(py, ServiceCall::new(call)))
            .collect();
        Ok((woken, calls?, given_up))
    }

    /// The loop takes no more service calls: those that wait are answered, and those to come are refused.
    fn close(&self) {
        let mut notes = self.shared.lock();
        notes.closed = true;
        let calls = std::mem::take(&mut notes.calls);
        drop(notes);
        calls.iter().for_each(|call| call.abandon());
    }
}

impl Bell {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Wakes the loop with a number of its own.
    pub(crate) fn waker(&self, token: u64) -> Waker {
        Waker::from(Arc::new(Ring {
            bell: self.shared(),
            token,
        }))
    }
}

struct Ring {
    bell: Arc<Shared>,
    token: u64,
}

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        self.bell.ring(|notes| notes.woken.push(self.token));
    }
}
