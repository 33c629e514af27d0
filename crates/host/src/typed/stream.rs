//! Calls whose streams have types.

use std::borrow::Borrow;

use crossplug_protocol::codec::Wire;
use crossplug_protocol::handshake::Encoding;

use super::read;
use crate::{Call, Payload, Result, Stream, Uploader};

/// A call that streams and was not sent yet: `I` comes, `U` goes, `T` ends it. [`StreamingCall::open`] sends it.
///
/// ```no_run
/// # async fn demo(plugin: crossplug_host::Plugin) -> crossplug_host::Result<()> {
/// use crossplug_host::conformance::{ConformanceClient, Count};
///
/// let mut numbers = ConformanceClient::new(&plugin).test_count(Count::new(3)).open()?;
/// while let Some(number) = numbers.next().await? {
///     println!("{number}");
/// }
/// println!("sum: {}", numbers.result().await?);
/// # Ok(()) }
/// ```
#[must_use = "a call is sent by `open`"]
pub struct StreamingCall<I, U, T> {
    call: Call,
    codec: Codec<I, U, T>,
}

struct Codec<I, U, T> {
    item: fn(&Payload) -> Result<I>,
    upload: fn(Encoding, &U) -> Result<Payload>,
    result: fn(&Payload) -> Result<T>,
}

impl<I, U, T> StreamingCall<I, U, T> {
    /// For generated code.
    #[doc(hidden)]
    pub fn new<IW, UW, TW>(call: Call) -> Self
    where
        IW: Wire<Value = I>,
        UW: Wire<Value = U>,
        TW: Wire<Value = T>,
    {
        Self {
            call,
            codec: Codec {
                item: read::<IW>,
                upload: Payload::encode_in::<UW>,
                result: read::<TW>,
            },
        }
    }

    options!();

    /// Sends the call.
    ///
    /// # Errors
    /// As for [`Call::stream`].
    pub fn open(self) -> Result<TypedStream<I, U, T>> {
        let operation = self.call.operation();
        Ok(TypedStream {
            stream: self.call.stream()?,
            codec: self.codec,
            operation,
        })
    }
}

impl<I, U, T> std::fmt::Debug for StreamingCall<I, U, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.call.fmt(f)
    }
}

/// A call that streams. Dropped before its end, it is cancelled.
pub struct TypedStream<I, U, T> {
    stream: Stream,
    codec: Codec<I, U, T>,
    operation: String,
}

impl<I, U, T> TypedStream<I, U, T> {
    fn item(&self, payload: Option<Payload>) -> Result<Option<I>> {
        let item = payload
            .map(|payload| (self.codec.item)(&payload))
            .transpose();
        item.map_err(|error| error.in_operation(&self.operation))
    }

    /// The next item; none after the last.
    ///
    /// # Errors
    /// As for [`Stream::next`]; [`Protocol`](crate::ErrorKind::Protocol) for an item that does not fit its type.
    pub async fn next(&mut self) -> Result<Option<I>> {
        let payload = self.stream.next().await?;
        self.item(payload)
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// As for [`TypedStream::next`].
    pub fn next_blocking(&mut self) -> Result<Option<I>> {
        let payload = self.stream.next_blocking()?;
        self.item(payload)
    }

    /// The result of the call. Items that nobody took are passed over.
    ///
    /// # Errors
    /// As for [`TypedStream::next`].
    pub async fn result(self) -> Result<T> {
        let read = self.codec.result;
        read(&self.stream.result().await?).map_err(|error| error.in_operation(&self.operation))
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// As for [`TypedStream::next`].
    pub fn result_blocking(self) -> Result<T> {
        let read = self.codec.result;
        read(&self.stream.result_blocking()?).map_err(|error| error.in_operation(&self.operation))
    }

    /// The way for items that this side streams. Dropped or [ended](TypedUploader::end), it says that there are no more.
    #[must_use]
    pub fn uploader(&self) -> TypedUploader<U> {
        TypedUploader {
            uploader: self.stream.uploader(),
            write: self.codec.upload,
        }
    }
}

impl<I, U, T> std::fmt::Debug for TypedStream<I, U, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.stream.fmt(f)
    }
}

/// Streams items to the plugin, as fast as it takes them.
pub struct TypedUploader<U> {
    uploader: Uploader,
    write: fn(Encoding, &U) -> Result<Payload>,
}

impl<U> TypedUploader<U> {
    /// Sends an item; waits while the plugin takes none.
    ///
    /// # Errors
    /// As for [`Uploader::send`].
    pub async fn send<B: Borrow<U>>(&mut self, item: B) -> Result<()> {
        let item = (self.write)(self.uploader.encoding(), item.borrow());
        self.uploader.send(item).await
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// As for [`Uploader::send`].
    pub fn send_blocking<B: Borrow<U>>(&mut self, item: B) -> Result<()> {
        let item = (self.write)(self.uploader.encoding(), item.borrow());
        self.uploader.send_blocking(item)
    }

    /// Says that there are no more items.
    pub fn end(self) {
        self.uploader.end();
    }
}

impl<U> std::fmt::Debug for TypedUploader<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.uploader.fmt(f)
    }
}
