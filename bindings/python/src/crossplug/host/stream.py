"""The streams of a service call, as the function that answers it sees them. Knows no service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossplug.codec.generic import Generic, T
from crossplug.host.loop import finish, finish_blocking
from crossplug.host.speech import speech_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from crossplug import _native
    from crossplug.codec.codec import Codec


class ItemSender(Generic[T]):
    """Streams items to the plugin that asks; waits while it takes none.

    ``items.send_blocking(note)``, or ``await items.send(note)`` in a coroutine. Raises
    :class:`~crossplug.host.errors.CallCancelledError` when the plugin gave the call up.
    """

    __slots__ = ("_call", "_codec", "_speech")

    def __init__(self, call: _native.ServiceCall, codec: Codec[Any] | None) -> None:
        self._call = call
        self._codec = codec
        self._speech = speech_of(call.encoding)

    def send_blocking(self, item: T) -> None:
        """Sends an item."""
        finish_blocking(self._call.send(self._speech.write(item, self._codec)))

    async def send(self, item: T) -> None:
        """Sends an item."""
        await finish(self._call.send(self._speech.write(item, self._codec)))


class ItemReceiver(Generic[T]):
    """The items that the plugin streams, one by one, in a ``for`` or an ``async for``."""

    __slots__ = ("_call", "_codec", "_speech")

    def __init__(self, call: _native.ServiceCall, codec: Codec[Any] | None) -> None:
        self._call = call
        self._codec = codec
        self._speech = speech_of(call.encoding)

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        payload = finish_blocking(self._call.next())
        if payload is None:
            raise StopIteration
        return self._item(payload)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        payload = await finish(self._call.next())
        if payload is None:
            raise StopAsyncIteration
        return self._item(payload)

    def _item(self, payload: bytes) -> T:
        item: T = self._speech.read(payload, self._codec, f"an item for `{self._call.method}`")
        return item
