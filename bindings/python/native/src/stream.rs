//! A call that streams, with both of its ends.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crossplug_host::protocol::handshake::Encoding;
use crossplug_host::{Error, Payload, Result, Uploader};
use pyo3::prelude::*;

use crate::errors::given_up;
use crate::operation::{Operation, Outcome, Step};
use crate::owned::Owned;
use crate::plugin::payload;

/// A call that streams. Given up, or forgotten, it is cancelled.
#[pyclass(frozen, module = "crossplug._native")]
pub(crate) struct Stream(Owned<Arc<Ends>>);

struct Ends {
    operation: String,
    encoding: Encoding,
    /// None when the result was taken, or the call given up.
    items: Mutex<Option<crossplug_host::Stream>>,
    /// None when there are no more.
    upload: Mutex<Option<Uploader>>,
    over: std::sync::atomic::AtomicBool,
}

impl Stream {
    pub(crate) fn new(
        operation: String,
        encoding: Encoding,
        stream: crossplug_host::Stream,
    ) -> Self {
        let upload = Mutex::new(Some(stream.uploader()));
        Self(Owned::new(Arc::new(Ends {
            operation,
            encoding,
            items: Mutex::new(Some(stream)),
            upload,
            over: std::sync::atomic::AtomicBool::new(false),
        })))
    }

    fn ends(&self) -> PyResult<Arc<Ends>> {
        self.0.get().map(Arc::clone)
    }
}

#[pymethods]
impl Stream {
    /// The next item; None after the last.
    fn next(&self) -> PyResult<Operation> {
        Ok(Operation::new(Next(self.ends()?)))
    }

    /// The result; items that nobody took are passed over.
    fn result(&self) -> PyResult<Operation> {
        Ok(Operation::new(Finish(self.ends()?)))
    }

    /// Sends an item.
    fn send(&self, py: Python<'_>, item: &[u8]) -> PyResult<Operation> {
        let ends = self.ends()?;
        let item = payload(py, ends.encoding, item)?;
        Ok(Operation::new(Send { ends, item }))
    }

    /// No more items are sent.
    fn end(&self, py: Python<'_>) -> PyResult<()> {
        let ends = self.ends()?;
        py.detach(|| drop(held(&ends.upload).take()));
        Ok(())
    }

    /// Gives the call up.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        let ends = self.ends()?;
        py.detach(|| {
            ends.over.store(true, std::sync::atomic::Ordering::Release);
            // A thread that waits looks at the mark by itself.
            if let Ok(mut items) = ends.items.try_lock() {
                drop(items.take());
            }
        });
        Ok(())
    }
}

fn held<T>(end: &Mutex<T>) -> MutexGuard<'_, T> {
    end.lock().unwrap_or_else(PoisonError::into_inner)
}

/// For a loop: it must not wait for a thread that may wait for the interpreter, which the loop holds.
fn free<'a, T>(end: &'a Mutex<T>, waker: &Waker) -> Option<MutexGuard<'a, T>> {
    match end.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => {
            waker.wake_by_ref();
            None
        }
    }
}

impl Ends {
    fn gone(&self) -> Error {
        given_up(&self.operation)
    }

    /// The stream, unless it was given up.
    fn stream<'a>(
        &self,
        items: &'a mut Option<crossplug_host::Stream>,
    ) -> Result<&'a mut crossplug_host::Stream> {
        if self.over.load(std::sync::atomic::Ordering::Acquire) {
            drop(items.take());
        }
        items.as_mut().ok_or_else(|| self.gone())
    }

    fn poll_next(&self, waker: &Waker) -> Poll<Result<Option<Payload>>> {
        let Some(mut items) = free(&self.items, waker) else {
            return Poll::Pending;
        };
        let stream = self.stream(&mut items)?;
        let next = std::pin::pin!(stream.next());
        next.poll(&mut Context::from_waker(waker))
    }

    fn next_within(&self, limit: Duration) -> Option<Result<Option<Payload>>> {
        match self.stream(&mut held(&self.items)) {
            Ok(stream) => stream.next_within(limit),
            Err(error) => Some(Err(error)),
        }
    }

    /// What the call came to, when the last item was taken.
    fn taken(&self, items: &mut Option<crossplug_host::Stream>) -> Result<Outcome> {
        let stream = items.take().ok_or_else(|| self.gone())?;
        // There already, so this does not wait.
        stream.result_blocking().map(Outcome::Payload)
    }
}

struct Next(Arc<Ends>);

impl Step for Next {
    fn poll(&mut self, waker: &Waker) -> Poll<Result<Outcome>> {
        self.0.poll_next(waker).map(|item| item.map(Outcome::Item))
    }

    fn wait_within(&mut self, limit: Duration) -> Option<Result<Outcome>> {
        let item = self.0.next_within(limit)?;
        Some(item.map(Outcome::Item))
    }
}

struct Finish(Arc<Ends>);

impl Step for Finish {
    fn poll(&mut self, waker: &Waker) -> Poll<Result<Outcome>> {
        while std::task::ready!(self.0.poll_next(waker))?.is_some() {}
        match free(&self.0.items, waker) {
            Some(mut items) => Poll::Ready(self.0.taken(&mut items)),
            None => Poll::Pending,
        }
    }

    fn wait_within(&mut self, limit: Duration) -> Option<Result<Outcome>> {
        loop {
            match self.0.next_within(limit)? {
                Ok(Some(_)) => {}
                Ok(None) => return Some(self.0.taken(&mut held(&self.0.items))),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

struct Send {
    ends: Arc<Ends>,
    item: Payload,
}

impl Send {
    fn ended(&self) -> Error {
        let what = "no more items can be sent: their end was said, or the call is over";
        self.ends.gone().with_context(what)
    }
}

impl Step for Send {
    fn poll(&mut self, waker: &Waker) -> Poll<Result<Outcome>> {
        let Some(mut upload) = free(&self.ends.upload, waker) else {
            return Poll::Pending;
        };
        let Some(uploader) = upload.as_mut() else {
            return Poll::Ready(Err(self.ended()));
        };
        let sent = std::pin::pin!(uploader.send(self.item.clone()));
        sent.poll(&mut Context::from_waker(waker))
            .map(|sent| sent.map(|()| Outcome::Nothing))
    }

    fn wait_within(&mut self, limit: Duration) -> Option<Result<Outcome>> {
        let mut upload = held(&self.ends.upload);
        let Some(uploader) = upload.as_mut() else {
            return Some(Err(self.ended()));
        };
        let sent = uploader.send_within(&self.item, limit)?;
        Some(sent.map(|()| Outcome::Nothing))
    }
}
