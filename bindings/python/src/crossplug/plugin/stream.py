"""Streams of one call, both ways, as iterators and senders that keep to the credit. Knows no handler.

Every blocking name ends in ``_blocking`` or is a plain ``for``; its asynchronous twin is awaited.
"""

from __future__ import annotations

from crossplug.codec.generic import Generic, T
from crossplug.errors import DecodeError
from crossplug.interfaces.protocol_errors import (
    CancelledError,
    DeadlineExceededError,
    InvalidParamsError,
    UnavailableError,
)
from crossplug.plugin.waiting import wait, wait_blocking
from crossplug.protocol.exchange import WINDOW_BYTES, WINDOW_ITEMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Any

    from crossplug.plugin.service import ServiceCall
    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Exchange

GONE = "the host has closed the connection in the middle of the stream"


class _End:
    """One end of a stream: how it waits."""

    __slots__ = ("_call", "_exchange", "_serving")

    def __init__(self, serving: Serving, exchange: Exchange, call: ServiceCall[Any, Any, Any] | None) -> None:
        self._serving = serving
        self._exchange = exchange
        self._call = call

    def _wait_blocking(self, what: str) -> None:
        call = self._call
        left = None if call is None else call.left()
        try:
            wait_blocking(self._serving, self._exchange, self._ready, left, what)
        except DeadlineExceededError:
            if call is not None:
                call.give_up()

    async def _wait(self, what: str) -> None:
        call = self._call
        left = None if call is None else call.left()
        try:
            await wait(self._serving, self._exchange, self._ready, left, what)
        except DeadlineExceededError:
            if call is not None:
                call.give_up()

    def _ready(self) -> bool:
        return self._exchange.cancelled or self._exchange.over or self._exchange.cut

    def _raise_if_cancelled(self) -> None:
        if self._exchange.cancelled:
            told = None if self._call is None else self._call.error
            raise told or CancelledError("the call was cancelled")


class ItemSender(_End, Generic[T]):
    """Sends the items of a stream; waits while the receiver gives no credit.

    In a handler of ``note.search``: ``items.send_blocking(note)``, or ``await items.send(note)`` in a coroutine.
    """

    __slots__ = ("_write",)

    def __init__(
        self,
        serving: Serving,
        exchange: Exchange,
        write: Callable[[T], Any] | None,
        call: ServiceCall[Any, Any, Any] | None = None,
    ) -> None:
        super().__init__(serving, exchange, call)
        self._write = write

    def send_blocking(self, item: T) -> None:
        """Sends an item.

        Raises :class:`CancelledError` when the caller gave up, :class:`DeadlineExceededError` when the time of the
        service's call is over, :class:`UnavailableError` when the call is over, and
        :class:`EncodeError` for an item that its type does not allow.
        """
        value = item if self._write is None else self._write(item)
        while not self._try(value):
            self._wait_blocking("sending an item")

    async def send(self, item: T) -> None:
        """Sends an item; raises as :meth:`send_blocking` does."""
        value = item if self._write is None else self._write(item)
        while not self._try(value):
            await self._wait("sending an item")

    def _ready(self) -> bool:
        return self._exchange.may_send() or super()._ready()

    def _try(self, value: Any) -> bool:
        serving, exchange = self._serving, self._exchange
        with serving.lock:
            self._raise_if_cancelled()
            if exchange.over:
                raise UnavailableError("the call is over; no more items can be sent")
            if not exchange.may_send():
                if exchange.cut:
                    raise UnavailableError(GONE)
                return False
            serving.session.item(exchange, value)
        serving.said()
        return True


class ItemReceiver(_End, Generic[T]):
    """The items that come, one by one, in a ``for`` or an ``async for``. Grants the credit itself.

    Raises :class:`CancelledError` when the caller gave up, :class:`DeadlineExceededError` when the time of the
    service's call is over, :class:`UnavailableError` when the host is gone before the stream has ended, and
    :class:`InvalidParamsError` for an item that its type does not allow.
    """

    __slots__ = ("_read", "_taken_bytes", "_taken_items", "_window")

    def __init__(
        self,
        serving: Serving,
        exchange: Exchange,
        read: Callable[[Any], T] | None,
        call: ServiceCall[Any, Any, Any] | None = None,
    ) -> None:
        super().__init__(serving, exchange, call)
        self._read = read
        self._window = False
        self._taken_items = 0
        self._taken_bytes = 0

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        while True:
            found, item = self._try()
            if found:
                return self._typed(item)
            if found is None:
                raise StopIteration
            self._wait_blocking("waiting for an item")

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            found, item = self._try()
            if found:
                return self._typed(item)
            if found is None:
                raise StopAsyncIteration
            await self._wait("waiting for an item")

    def _typed(self, item: Any) -> T:
        if self._read is None:
            found: T = item
            return found
        try:
            return self._read(item)
        except DecodeError as error:
            details = {"reason": error.reason, "pointer": error.pointer}
            raise InvalidParamsError(str(error), details=details) from None

    def _ready(self) -> bool:
        return bool(self._exchange.inbox) or self._exchange.ended or super()._ready()

    def _try(self) -> tuple[bool | None, Any]:
        """(True, an item), (False, nothing yet) or (None, the end)."""
        serving, exchange = self._serving, self._exchange
        with serving.lock:
            self._raise_if_cancelled()
            if exchange.inbox:
                item, size = exchange.inbox.popleft()
                self._taken_items += 1
                self._taken_bytes += size
                if self._taken_items * 2 >= WINDOW_ITEMS or self._taken_bytes * 2 >= WINDOW_BYTES:
                    serving.session.grant(exchange, self._taken_items, self._taken_bytes)
                    self._taken_items = self._taken_bytes = 0
                answer = (True, item)
            elif exchange.ended or exchange.over:
                return None, None
            elif exchange.cut:  # what came is a part, and must not be taken for the whole
                raise UnavailableError(GONE)
            else:
                if not self._window:
                    serving.session.grant(exchange, WINDOW_ITEMS, WINDOW_BYTES)  # may refuse, and be asked again
                    self._window = True
                answer = (False, None)
        serving.flush()
        return answer
