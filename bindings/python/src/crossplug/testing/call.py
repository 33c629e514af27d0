"""A call of the plugin in flight, as a test sees it: its items, its progress, its upload, its result."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

from crossplug.codec.generic import Generic, I, R, U
from crossplug.errors import UsageError
from crossplug.interfaces.protocol_errors import DeadlineExceededError
from crossplug.testing.records import Progress

if TYPE_CHECKING:
    from crossplug.errors import CodedError, PluginError
    from crossplug.plugin.method import Method
    from crossplug.testing.host import TestHost

WINDOW_ITEMS = 64
WINDOW_BYTES = 1 << 20


class Call(Generic[R, I, U]):
    """Iterate over it for its items (``for`` or ``async for``); then ask for the result."""

    def __init__(
        self,
        host: TestHost,
        id: int,
        wire: str,
        method: Method[Any, R, I, U, Any] | None,
        timeout: float | None,
        credit: int | None,
    ) -> None:
        self.progress: list[Progress] = []
        """What the handler reported."""
        self._host = host
        self._id = id
        self._wire = wire
        self._method = method
        self._end = None if timeout is None else monotonic() + timeout
        self._changed: threading.Condition = host.changed
        self._items: deque[Any] = deque()
        self._may_send = [0, 0]
        self._done = False
        self._result: Any = None
        self._error: PluginError | None = None
        self._tops_up = credit is None
        self.grant(WINDOW_ITEMS if credit is None else credit)

    # --- what a test does ---

    def grant(self, items: int, size: int = WINDOW_BYTES) -> None:
        """Lets the handler stream so many more items; needed only for a call that was started with ``credit``."""
        if items:
            self._host.notify("$/credit", {"id": self._id, "items": items, "bytes": size})

    def send_blocking(self, item: U) -> None:
        """Streams an item to the handler; blocks while it gives no credit."""
        value = item if self._method is None or self._method.upload is None else self._method.upload.to_value(item)
        with self._changed:
            self._wait(lambda: self._done or min(self._may_send) > 0, "credit for an item")
            if self._done:
                return
            self._may_send[0] -= 1
            size = self._host.notify("$/item", {"id": self._id, "item": value})
            self._may_send[1] -= size

    async def send(self, item: U) -> None:
        """The same, awaited."""
        import asyncio

        await asyncio.to_thread(self.send_blocking, item)

    def end(self) -> None:
        """No more items come."""
        self._host.notify("$/end", {"id": self._id})

    def cancel(self) -> None:
        """Gives up, as a host does whose deadline is over."""
        self._host.notify("$/cancel", {"id": self._id})

    def result_blocking(self) -> R:
        """Blocks until the handler answers. Raises the :class:`PluginError` that it answered with, with what it raised
        as the cause, and :class:`DeadlineExceededError` after the call's time or the kit's.
        """
        with self._changed:
            self._wait(lambda: self._done, "an answer")
        if self._error is not None:
            raise self._error from self._host.cause_of(self._id)
        method, result = self._method, self._result
        if method is not None:
            result = None if method.result is None else method.result.from_value(result)
        answer: R = result
        return answer

    async def result(self) -> R:
        """The same, awaited."""
        import asyncio

        return await asyncio.to_thread(self.result_blocking)

    def __iter__(self) -> Iterator[I]:
        return self

    def __next__(self) -> I:
        with self._changed:
            self._wait(lambda: bool(self._items) or self._done, "an item")
            if not self._items:
                raise StopIteration
            item = self._items.popleft()
        if self._tops_up:
            self.grant(1, 1 << 14)
        if self._method is not None and self._method.items is not None:
            item = self._method.items.from_value(item)
        found: I = item
        return found

    def __aiter__(self) -> AsyncIterator[I]:
        return self

    async def __anext__(self) -> I:
        import asyncio

        def step() -> tuple[bool, Any]:
            try:
                return True, next(self)
            except StopIteration:
                return False, None

        found, item = await asyncio.to_thread(step)
        if not found:
            raise StopAsyncIteration
        taken: I = item
        return taken

    def _wait(self, ready: Any, what: str) -> None:
        patience = self._host.patience
        left = patience if self._end is None else min(patience, self._end - monotonic())
        if not self._changed.wait_for(ready, max(0.0, left)):
            self.cancel()
            raise DeadlineExceededError(f"{self._wire} gave no {what.removeprefix('an ')} in time")

    def errors(self) -> Mapping[str, type[CodedError]]:
        """The error classes of the method's interface."""
        return {} if self._method is None else self._method.errors

    # --- what the plugin does; under the kit's condition ---

    def take(self, method: str, params: dict[str, Any]) -> None:
        """A notification about this call."""
        if method == "$/item":
            self._items.append(params["item"])
        elif method == "$/progress":
            self.progress.append(Progress(params.get("fraction"), params.get("message")))
        elif method == "$/credit":
            self._may_send[0] += params["items"]
            self._may_send[1] += params["bytes"]
        else:
            raise UsageError(f"a plugin does not send {method}")

    def answer(self, result: Any, error: PluginError | None) -> None:
        """The reply."""
        self._done, self._result, self._error = True, result, error
