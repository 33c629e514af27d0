"""An event loop that its host turns: coroutines run as far as they go whenever the host enters."""

from __future__ import annotations

import asyncio
import heapq
from _thread import get_ident
from collections import deque

from crossplug.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from contextvars import Context
    from typing import Any

    from crossplug.protocol.exchange import Request

MOST_RUNS = 1000
"""Callbacks that run in one entry. What is ready beyond that waits for the next, so that a host can say something to a
plugin whose coroutines always have something to do.
"""


class HostLoop(asyncio.AbstractEventLoop):
    """Callbacks and timers, on a clock that is somebody else's. No threads, no files, no sockets."""

    def __init__(self, time: Callable[[], float], failed: Callable[[str], object]) -> None:
        """``time`` is the clock, in seconds; ``failed`` is told of what nobody else learns."""
        self._time = time
        self._failed = failed
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._count = 0

    def turn(self) -> None:
        """Runs what is ready or due."""
        asyncio._set_running_loop(self)
        try:
            for _ in range(MOST_RUNS):
                self._take_due()
                if not self._ready:
                    return
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            asyncio._set_running_loop(None)

    def _take_due(self) -> None:
        now = self.time()
        while self._timers and (self._timers[0][2].cancelled() or self._timers[0][0] <= now):
            self._ready.append(heapq.heappop(self._timers)[2])

    def next(self) -> float | None:
        """When there is something to run: a time, one that is past for at once; None: not by itself."""
        self._take_due()
        if any(not handle.cancelled() for handle in self._ready):
            return 0.0
        return self._timers[0][0] if self._timers else None

    # --- what asyncio asks of a loop ---

    def time(self) -> float:
        return self._time()

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is left out when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, name=name, **options)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        told = "" if error is None else f": {type(error).__name__}: {error}"
        self._failed(f"{context.get('message', 'a callback failed')}{told}")


class Coroutines:
    """The coroutines of a plugin on such a loop; what is a thread of its own elsewhere."""

    def __init__(self, loop: HostLoop) -> None:
        self._loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()
        self.ident = get_ident()
        """Of the only thread there is."""

    def start(self, coroutine: Coroutine[Any, Any, Any], request: Request | None = None) -> None:
        """Runs a coroutine that answers a request; a cancelled request cancels it."""
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)  # nobody else holds it
        task.add_done_callback(self._tasks.discard)
        if request is None:
            return
        if request.cancelled:
            task.cancel()
        else:
            request.on_cancel.append(task.cancel)

    def finish(self, awaitable: Awaitable[Any]) -> Any:
        """Nobody can wait here for a coroutine, which goes on only when the host enters again."""
        raise UsageError("a plugin that is a component cannot wait for a coroutine; await it")

    def close(self) -> None:
        """Lets go of whatever still runs."""
        for task in self._tasks:
            task.cancel()
