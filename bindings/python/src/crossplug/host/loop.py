"""An event loop and the native host: who waits is woken through one descriptor. The only room that knows asyncio.

What wakes the loop needs no interpreter, so the threads that read from plugins never wait for Python. Each loop has one
:class:`LoopBell`, made when something of it first waits, and forgotten with the loop.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from crossplug import _native
from crossplug.host.errors import CallCancelledError

if TYPE_CHECKING:
    from collections.abc import Coroutine

_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopBell] = WeakKeyDictionary()


class LoopBell:
    """What is under way on one loop. ``answer`` makes the coroutine for a call of a plugin."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: Callable[[_native.ServiceCall], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.native = _native.Bell()
        self._answer = answer
        self._waiters: dict[int, asyncio.Future[None]] = {}
        self._last = 0
        self._tasks: dict[int, asyncio.Task[None]] = {}
        loop.add_reader(self.native.fileno(), self._ring)

    def _ring(self) -> None:
        woken, calls, given_up = self.native.take()
        for token in woken:
            waiter = self._waiters.get(token)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
        for call in calls:
            if self._answer is None:
                continue
            task = asyncio.get_running_loop().create_task(self._answer(call))
            self._tasks[call.id] = task  # the loop itself holds tasks only weakly
            task.add_done_callback(lambda _, key=call.id: self._tasks.pop(key, None))  # type: ignore[misc]
        for key in given_up:
            abandoned = self._tasks.get(key)
            if abandoned is not None:
                abandoned.cancel()

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answers no calls of plugins any more. On any thread: the loop lets go of the descriptor by itself."""
        self.native.close()
        if not loop.is_closed():
            loop.call_soon_threadsafe(loop.remove_reader, self.native.fileno())

    async def finish(self, operation: _native.Operation) -> Any:
        """The outcome of an operation. Cancelled, it gives the operation up."""
        self._last = token = self._last + 1
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._waiters[token] = waiter = loop.create_future()
                done = operation.poll(self.native, token)
                if done is not None:
                    return done[0]
                await waiter
        except BaseException:
            operation.cancel()
            raise
        finally:
            del self._waiters[token]


def bell() -> LoopBell:
    """The bell of the running loop."""
    loop = asyncio.get_running_loop()
    found = _bells.get(loop)
    if found is None:
        found = _bells[loop] = LoopBell(loop)
    return found


async def finish(operation: _native.Operation) -> Any:
    """The outcome of an operation, awaited on the running loop."""
    return await bell().finish(operation)


def finish_blocking(operation: _native.Operation) -> Any:
    """The outcome of an operation. This thread waits for it, and reads from the plugin itself where it can."""
    return operation.wait()


def running() -> asyncio.AbstractEventLoop | None:
    """The loop that runs on this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def run_from_outside(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine on a loop and blocks this thread, which is not the loop's, until it or the loop is over."""
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    while True:
        try:
            return future.result(1)
        except concurrent.futures.TimeoutError:
            if future.done():
                raise
            if loop.is_closed():
                raise CallCancelledError("event", "the event loop of the host is closed") from None
