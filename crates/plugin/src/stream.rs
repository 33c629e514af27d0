//! Streams of a call: items to the caller, items from the caller. Credit is kept here, so that a handler only awaits.

use std::borrow::Borrow;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crossplug_protocol::codec::{self, DecodeError, EncodeError, Encoded, Wire};
use crossplug_protocol::error::PluginError;
use crossplug_protocol::handshake::Encoding;
use crossplug_protocol::message::Raw;
use crossplug_protocol::session::{Refused, StreamId};

use crate::context::error_of;
use crate::runtime::{Call, Inbox, Looked, Runtime, cut};

/// An item lies two levels deep in its message.
const ITEM_DEPTH: usize = codec::DEPTH - 2;

/// Streams items to the caller.
///
/// ```
/// use crossplug_plugin::{ItemSender, PluginError};
///
/// async fn squares(items: ItemSender<i64>) -> Result<(), PluginError> {
///     for number in 1..=3 {
///         items.send(number * number).await?; // waits while the caller takes no more
///     }
///     Ok(())
/// }
/// ```
pub struct ItemSender<T> {
    call: Arc<Call>,
    encode: fn(Encoding, &T) -> Result<Vec<u8>, EncodeError>,
}

impl<T> std::fmt::Debug for ItemSender<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ItemSender").finish_non_exhaustive()
    }
}

impl<T> Clone for ItemSender<T> {
    fn clone(&self) -> Self {
        Self {
            call: Arc::clone(&self.call),
            encode: self.encode,
        }
    }
}

pub(crate) fn encode<W: Wire>(encoding: Encoding, item: &W::Value) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::with_capacity(64);
    encoding.encode_into::<W>(item, ITEM_DEPTH, &mut bytes)?;
    Ok(bytes)
}

impl<T> ItemSender<T> {
    pub(crate) fn new<W: Wire<Value = T>>(call: Arc<Call>) -> Self {
        Self {
            call,
            encode: encode::<W>,
        }
    }

    /// Sends an item once the caller has room for it.
    ///
    /// # Errors
    /// `cancelled` where the caller has given up, `internal` where the item cannot be written, `failedPrecondition` where
    /// the host's dialect has no streams, `unavailable` where the host is gone and nobody gives credit any more.
    pub fn send<B: Borrow<T>>(&self, item: B) -> Sending {
        let item = (self.encode)(self.call.opened.encoding, item.borrow())
            .map_err(|error| PluginError::internal(format!("the item {error}")));
        Sending {
            call: Arc::clone(&self.call),
            item,
        }
    }
}

/// An item on its way; see [`ItemSender::send`].
#[must_use = "futures do nothing unless they are awaited"]
#[derive(Debug)]
pub struct Sending {
    call: Arc<Call>,
    item: Result<Vec<u8>, PluginError>,
}

impl Future for Sending {
    type Output = Result<(), PluginError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let call = &self.call;
        let item = match &self.item {
            Ok(item) => item,
            Err(error) => return Poll::Ready(Err(error.clone())),
        };
        let Some(ticket) = call.ticket() else {
            return Poll::Ready(Err(PluginError::cancelled()));
        };
        send(
            &call.runtime,
            StreamId::Answer(ticket),
            item,
            context,
            |context| {
                call.wait_for_credit(context.waker());
            },
        )
    }
}

/// Tries to send an item, or waits for credit or for room.
pub(crate) fn send(
    runtime: &Arc<Runtime>,
    stream: StreamId,
    item: &[u8],
    context: &Context<'_>,
    wait_for_credit: impl FnOnce(&Context<'_>),
) -> Poll<Result<(), PluginError>> {
    let sent = runtime.with(|state| {
        let sent = state
            .session
            .send_item(stream, &Raw::trust(item), &mut state.out);
        // Under the lock, so that no credit can slip through between the refusal and the waiting.
        match &sent {
            Err(Refused::NoCredit) => match state.is_cut() {
                Some(error) => return Err(error),
                None => wait_for_credit(context),
            },
            Err(Refused::BufferFull { .. }) => state.wait_for_room(context.waker()),
            _ => {}
        }
        Ok(sent)
    });
    match sent? {
        Ok(()) => {
            runtime.flush();
            Poll::Ready(Ok(()))
        }
        Err(Refused::NoCredit | Refused::BufferFull { .. }) => Poll::Pending,
        Err(refused) => Poll::Ready(Err(error_of(&refused))),
    }
}

/// Receives the items that the caller uploads.
///
/// ```
/// use crossplug_plugin::{ItemReceiver, PluginError};
///
/// async fn sum(mut upload: ItemReceiver<i64>) -> Result<i64, PluginError> {
///     let mut sum = 0;
///     while let Some(number) = upload.next().await? {
///         sum += number;
///     }
///     Ok(sum)
/// }
/// ```
pub struct ItemReceiver<T> {
    call: Arc<Call>,
    decode: fn(Encoded<'_>) -> Result<T, DecodeError>,
}

impl<T> std::fmt::Debug for ItemReceiver<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ItemReceiver").finish_non_exhaustive()
    }
}

impl<T> ItemReceiver<T> {
    pub(crate) fn new<W: Wire<Value = T>>(call: Arc<Call>) -> Self {
        Self {
            call,
            decode: |item| item.decode::<W>(),
        }
    }

    /// The next item; `None` once the caller has sent its last.
    ///
    /// # Errors
    /// `cancelled` where the caller has given up, `invalidParams` for an item that does not fit its type,
    /// `failedPrecondition` where the host's dialect has no streams, `unavailable` where the host is gone before the stream
    /// has ended.
    pub async fn next(&mut self) -> Result<Option<T>, PluginError> {
        let call = &self.call;
        let Some(ticket) = call.ticket() else {
            return Err(PluginError::cancelled());
        };
        let looked = poll_fn(|context| {
            if call.is_cancelled() {
                return Poll::Ready(Err(PluginError::cancelled()));
            }
            next(
                &call.runtime,
                StreamId::Answer(ticket),
                call.inbox(),
                context,
            )
        });
        read(looked.await?, call.opened.encoding, self.decode)
    }
}

/// Takes an item and gives credit for more.
pub(crate) fn next(
    runtime: &Arc<Runtime>,
    stream: StreamId,
    inbox: &Inbox,
    context: &Context<'_>,
) -> Poll<Result<Looked, PluginError>> {
    let looked = inbox.poll(context);
    match grant(runtime, stream, inbox) {
        // What ended has its last items here already.
        Ok(()) | Err(Refused::Ended) => looked.map(Ok),
        Err(refused) => Poll::Ready(Err(error_of(&refused))),
    }
}

/// Drops the items that are here, and lets the others come. What cannot be granted is nothing that anybody waits for.
pub(crate) fn drain(
    runtime: &Arc<Runtime>,
    stream: StreamId,
    inbox: &Inbox,
    context: &Context<'_>,
) {
    while let Poll::Ready(Looked::Item(_)) = inbox.poll(context) {}
    let _ = grant(runtime, stream, inbox);
}

/// Gives credit for what there is room for.
fn grant(runtime: &Arc<Runtime>, stream: StreamId, inbox: &Inbox) -> Result<(), Refused> {
    let Some((items, bytes)) = inbox.credit() else {
        return Ok(());
    };
    let granted = runtime.with(|state| state.session.grant(stream, items, bytes, &mut state.out));
    if granted.is_err() {
        inbox.take_back(items, bytes);
    }
    runtime.flush();
    granted
}

/// What was taken as the item that it is.
pub(crate) fn read<T>(
    looked: Looked,
    encoding: Encoding,
    decode: fn(Encoded<'_>) -> Result<T, DecodeError>,
) -> Result<Option<T>, PluginError> {
    match looked {
        Looked::Ended => Ok(None),
        Looked::Cut => Err(cut()),
        Looked::Item(bytes) => decode(Encoded::new(encoding, &bytes))
            .map(Some)
            .map_err(PluginError::from),
    }
}
