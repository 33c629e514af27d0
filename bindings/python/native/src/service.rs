//! Services that are functions and coroutines of Python.
//!
//! A plain function runs on a thread of the host's pool; a coroutine runs on the event loop of the host, which its bell
//! tells. Both answer through the same [`Exchange`].

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Instant;

use async_trait::async_trait;
use crossplug_host::protocol::handshake::Encoding;
use crossplug_host::{Offer, PluginError, ServiceHandler, ServiceResult};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bell::Shared;
use crate::operation::{Operation, Outcome};
use crate::owned::Owned;
use crate::plugin::{Plugin, payload};

/// One call of a plugin, between the host and Python.
pub(crate) struct Exchange {
    id: u64,
    call: crossplug_host::ServiceCall,
    answer: Mutex<(Option<ServiceResult>, Option<Waker>)>,
}

impl Exchange {
    fn new(call: crossplug_host::ServiceCall) -> Arc<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Arc::new(Self {
            id: LAST.fetch_add(1, Ordering::Relaxed),
            call,
            answer: Mutex::new((None, None)),
        })
    }

    fn lock(&self) -> MutexGuard<'_, (Option<ServiceResult>, Option<Waker>)> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first answer counts.
    fn fill(&self, answer: ServiceResult) {
        let mut place = self.lock();
        if place.0.is_none() {
            place.0 = Some(answer);
        }
        let waker = place.1.take();
        drop(place);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Nobody will answer: the loop is gone.
    pub(crate) fn abandon(&self) {
        self.fill(Err(gone()));
    }

    async fn answered(&self) -> ServiceResult {
        poll_fn(|context| {
            let mut place = self.lock();
            match place.0.take() {
                Some(answer) => Poll::Ready(answer),
                None => {
                    place.1 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

fn gone() -> PluginError {
    PluginError::new("unavailable", "the event loop of the host is closed")
}

/// All services of a host.
pub(crate) struct Services {
    /// With the mark of a coroutine.
    pub(crate) offers: Vec<(Offer, bool)>,
    /// Of the loop that the coroutines run on.
    pub(crate) bell: Option<Arc<Shared>>,
    /// Answers a call by a plain function, here and now.
    pub(crate) serve: Py<PyAny>,
}

#[async_trait]
impl ServiceHandler for Services {
    fn offers(&self) -> Vec<Offer> {
        self.offers.iter().map(|(offer, _)| offer.clone()).collect()
    }

    async fn call(&self, call: crossplug_host::ServiceCall) -> ServiceResult {
        let is_coroutine = self
            .offers
            .iter()
            .any(|(offer, is_coroutine)| *is_coroutine && offer.name == call.method());
        let exchange = Exchange::new(call);
        if is_coroutine {
            let bell = self.bell.as_ref().ok_or_else(gone)?;
            let unanswered = Unanswered {
                bell,
                id: exchange.id,
            };
            if !bell.deliver(Arc::clone(&exchange)) {
                std::mem::forget(unanswered);
                return Err(gone());
            }
            let answer = exchange.answered().await;
            std::mem::forget(unanswered);
            return answer;
        }
        to_the_pool().await;
        let told = Python::try_attach(|py| {
            let call = ServiceCall::new(Arc::clone(&exchange));
            if let Err(error) = self.serve.call1(py, (call,)) {
                error.write_unraisable(py, Some(self.serve.bind(py)));
            }
        });
        let answer = exchange.lock().0.take();
        answer.unwrap_or_else(|| {
            Err(match told {
                None => PluginError::new("unavailable", "the host's interpreter is ending"),
                Some(()) => PluginError::new("internal", "the host's handler gave no answer"),
            })
        })
    }
}

/// The first poll is on the thread that reads from the plugin; what wakes itself goes on in the pool.
async fn to_the_pool() {
    let mut moved = false;
    poll_fn(|context| {
        if std::mem::replace(&mut moved, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Dropped where the call waits: the plugin gave it up, so the coroutine is cancelled.
struct Unanswered<'b> {
    bell: &'b Shared,
    id: u64,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.bell.give_up(self.id);
    }
}

/// A call of a plugin, as a handler holds it.
#[pyclass(frozen, module = "crossplug._native")]
pub(crate) struct ServiceCall(Owned<Arc<Exchange>>);

impl ServiceCall {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self(Owned::new(exchange))
    }

    fn call(&self) -> PyResult<&crossplug_host::ServiceCall> {
        Ok(&self.0.get()?.call)
    }
}

#[pymethods]
impl ServiceCall {
    /// What the bell names it by when it is given up.
    #[getter]
    fn id(&self) -> PyResult<u64> {
        Ok(self.0.get()?.id)
    }

    #[getter]
    fn method(&self) -> PyResult<&str> {
        Ok(self.call()?.method())
    }

    /// What its params are in, and its items and result have to be.
    #[getter]
    fn encoding(&self) -> PyResult<&'static str> {
        Ok(self.call()?.encoding().name())
    }

    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.call()?.params().as_bytes()))
    }

    #[getter]
    fn plugin_name(&self) -> PyResult<&str> {
        Ok(self.call()?.plugin_name())
    }

    #[getter]
    fn traceparent(&self) -> PyResult<Option<&str>> {
        Ok(self.call()?.traceparent())
    }

    /// Seconds until the plugin stops waiting.
    #[getter]
    fn remaining(&self) -> PyResult<Option<f64>> {
        let left = |end: Instant| end.saturating_duration_since(Instant::now()).as_secs_f64();
        Ok(self.call()?.deadline().map(left))
    }

    #[getter]
    fn cancelled(&self) -> PyResult<bool> {
        Ok(self.call()?.is_cancelled())
    }

    /// None while it is being initialised or after its end.
    fn plugin(&self) -> PyResult<Option<Plugin>> {
        Ok(self.call()?.plugin().map(Plugin::new))
    }

    #[pyo3(signature = (fraction=None, message=None))]
    fn progress(&self, fraction: Option<f64>, message: Option<&str>) -> PyResult<()> {
        self.call()?.progress(fraction, message);
        Ok(())
    }

    /// Streams an item to the plugin.
    fn send(&self, py: Python<'_>, item: &[u8]) -> PyResult<Operation> {
        let exchange = Arc::clone(self.0.get()?);
        let item = payload(py, exchange.call.encoding(), item)?;
        Ok(Operation::of(async move {
            exchange.call.send(item).await.map(|()| Outcome::Nothing)
        }))
    }

    /// The next item that the plugin streams; None after the last.
    fn next(&self) -> PyResult<Operation> {
        let exchange = Arc::clone(self.0.get()?);
        Ok(Operation::of(async move {
            exchange.call.next().await.map(Outcome::Item)
        }))
    }

    fn answer(&self, py: Python<'_>, result: &[u8]) -> PyResult<()> {
        let exchange = self.0.get()?;
        exchange.fill(Ok(payload(py, exchange.call.encoding(), result)?));
        Ok(())
    }

    #[pyo3(signature = (code, message, details=None, retryable=false))]
    fn fail(
        &self,
        py: Python<'_>,
        code: &str,
        message: &str,
        details: Option<&[u8]>,
        retryable: bool,
    ) -> PyResult<()> {
        let mut error = PluginError::new(code, message);
        error.retryable = retryable;
        if let Some(details) = details {
            let value = payload(py, Encoding::Json, details)?.value();
            let value = value.map_err(|error| crate::errors::raised(py, &error))?;
            error.details = Some(Box::new(value));
        }
        self.0.get()?.fill(Err(error));
        Ok(())
    }
}
