//! The streams of a call: items that come with back-pressure, and items that go. Knows nothing of how they travel.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crossplug_protocol::handshake::Encoding;

use super::flight::{Caller, Flight};
use super::mailbox::{Contents, Mailbox};
use super::window::{Window, WindowState};
use crate::door::{CallKey, Passage};
use crate::executor::thread_waker;
use crate::{Error, IntoPayload, Payload, Result};

/// A call that streams. Dropped before its end, the call is cancelled.
///
/// ```no_run
/// # async fn demo(plugin: crossplug_host::Plugin) -> crossplug_host::Result<()> {
/// let mut stream = plugin.call("note.search", serde_json::json!({ "text": "milk" })).stream()?;
/// while let Some(note) = stream.next().await? {
///     println!("{}", note.as_json());
/// }
/// println!("{}", stream.result().await?.as_json());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Stream {
    flight: Flight,
    caller: Caller,
    window: WindowState,
    result: Option<Result<Payload>>,
}

impl Stream {
    pub(super) fn new(flight: Flight, caller: Caller) -> Self {
        Self {
            flight,
            caller,
            window: WindowState::full(Window::DEFAULT),
            result: None,
        }
    }

    /// The next item; none after the last, and then [`Stream::result`] is there at once.
    ///
    /// # Errors
    /// Whatever ended the call, as for [`Call::blocking`](crate::Call::blocking).
    pub async fn next(&mut self) -> Result<Option<Payload>> {
        std::future::poll_fn(|context| self.poll_next(context.waker())).await
    }

    /// The same on this thread, which does the reading itself.
    ///
    /// # Errors
    /// As for [`Stream::next`].
    pub fn next_blocking(&mut self) -> Result<Option<Payload>> {
        loop {
            if let Some(item) = self.next_until(None) {
                return item;
            }
        }
    }

    /// The same, but no longer than `limit`; the outer none: nothing came, and it can be asked again.
    pub fn next_within(&mut self, limit: Duration) -> Option<Result<Option<Payload>>> {
        self.next_until(Instant::now().checked_add(limit))
    }

    fn next_until(&mut self, until: Option<Instant>) -> Option<Result<Option<Payload>>> {
        loop {
            if let Poll::Ready(item) = self.poll_next(&thread_waker()) {
                return Some(item);
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            self.flight.attend(until, has_mail);
        }
    }

    fn poll_next(&mut self, waker: &Waker) -> Poll<Result<Option<Payload>>> {
        if let Some(result) = &self.result {
            return Poll::Ready(result.as_ref().map(|_| None).map_err(Error::clone));
        }
        let found = self.flight.poll(waker, &mut self.caller, |contents| {
            contents
                .items
                .pop()
                .map(Ok)
                .or_else(|| contents.outcome.take().map(Err))
        });
        match found {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok((item, bytes))) => {
                if let Some((items, bytes)) = self.window.taken(bytes) {
                    self.flight
                        .passage()
                        .credit(self.flight.key(), items, bytes);
                }
                Poll::Ready(Ok(Some(item)))
            }
            Poll::Ready(Err(outcome)) => {
                let outcome = outcome.map_err(|error| self.caller.name(&error));
                let end = outcome.as_ref().map(|_| None).map_err(Error::clone);
                self.result = Some(outcome);
                Poll::Ready(end)
            }
        }
    }

    /// The result of the call. Items that nobody took are passed over.
    ///
    /// # Errors
    /// As for [`Stream::next`].
    pub async fn result(mut self) -> Result<Payload> {
        while self.next().await?.is_some() {}
        self.taken()
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// As for [`Stream::next`].
    pub fn result_blocking(mut self) -> Result<Payload> {
        while self.next_blocking()?.is_some() {}
        self.taken()
    }

    fn taken(&mut self) -> Result<Payload> {
        // `next` gave none, so the result is there.
        self.result.take().unwrap_or_else(|| Ok(Payload::null()))
    }

    /// The way for items that this side streams. Dropped or [ended](Uploader::end), it says that there are no more; of
    /// several, the last one does.
    #[must_use]
    pub fn uploader(&self) -> Uploader {
        self.flight.mailbox().lock().uploaders += 1;
        Uploader {
            passage: Arc::clone(self.flight.passage()),
            key: self.flight.key(),
            mailbox: Arc::clone(self.flight.mailbox()),
            operation: self.caller.operation.clone(),
        }
    }
}

fn has_mail(contents: &Contents) -> bool {
    contents.settled || !contents.items.is_empty() || !contents.progress.is_empty()
}

/// Streams items to the plugin, as fast as it takes them.
pub struct Uploader {
    passage: Arc<dyn Passage>,
    key: CallKey,
    mailbox: Arc<Mailbox>,
    operation: String,
}

impl Uploader {
    /// Sends an item; waits while the plugin takes none.
    ///
    /// # Errors
    /// [`Cancelled`](crate::ErrorKind::Cancelled) where the call has ended already: its result says why. Otherwise as
    /// for [`Passage::upload`].
    pub async fn send(&mut self, item: impl IntoPayload) -> Result<()> {
        let item = item.into_payload(self.encoding())?;
        std::future::poll_fn(|context| self.poll_send(&item, context.waker())).await
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// As for [`Uploader::send`].
    pub fn send_blocking(&mut self, item: impl IntoPayload) -> Result<()> {
        let item = item.into_payload(self.encoding())?;
        loop {
            if let Some(sent) = self.send_until(&item, None) {
                return sent;
            }
        }
    }

    /// The same, but no longer than `limit`; none: the item was not taken yet, and can be sent again.
    pub fn send_within(&mut self, item: &Payload, limit: Duration) -> Option<Result<()>> {
        match item.in_encoding(self.encoding()) {
            Ok(item) => self.send_until(&item, Instant::now().checked_add(limit)),
            Err(error) => Some(Err(error)),
        }
    }

    fn send_until(&mut self, item: &Payload, until: Option<Instant>) -> Option<Result<()>> {
        loop {
            // Before the attempt, so that room which comes meanwhile is not missed.
            let seen = self.mailbox.lock().rooms;
            if let Poll::Ready(sent) = self.poll_send(item, &thread_waker()) {
                return Some(sent);
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            let changed = || {
                let contents = self.mailbox.lock();
                contents.settled || contents.rooms != seen
            };
            self.passage.attend(self.key, &changed, until);
        }
    }

    fn poll_send(&mut self, item: &Payload, waker: &Waker) -> Poll<Result<()>> {
        {
            let mut contents = self.mailbox.lock();
            if contents.settled {
                let over = Error::new(crate::ErrorKind::Cancelled, self.operation.clone());
                return Poll::Ready(Err(
                    over.with_context("the call has ended: the plugin takes no more items")
                ));
            }
            // Before the attempt, so that room which comes meanwhile is not missed.
            contents.uploading.add(waker);
        }
        match self.passage.upload(self.key, item) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error.in_operation(self.operation.clone()))),
        }
    }

    /// What the plugin's payloads are in.
    pub(crate) fn encoding(&self) -> Encoding {
        self.passage.introduction().encoding
    }

    /// Says that there are no more items.
    pub fn end(self) {}
}

impl Drop for Uploader {
    fn drop(&mut self) {
        let mut contents = self.mailbox.lock();
        contents.uploaders -= 1;
        let last = contents.uploaders == 0 && !contents.settled;
        drop(contents);
        if last {
            self.passage.end_upload(self.key);
        }
    }
}

impl std::fmt::Debug for Uploader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uploader")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
