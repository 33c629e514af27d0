"""The thread that runs coroutines. The only room that imports asyncio; it is entered when the first coroutine comes."""

from __future__ import annotations

import asyncio
from _thread import allocate_lock, get_ident, start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine
    from typing import Any

    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Request


class LoopThread:
    """An event loop on a thread of its own."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self.ident = 0
        """Of the thread."""
        started = allocate_lock()
        started.acquire()
        start_new_thread(self._run, (started,))
        started.acquire()

    def _run(self, started: Any) -> None:
        self.ident = get_ident()
        asyncio.set_event_loop(self._loop)
        started.release()
        self._loop.run_forever()
        self._loop.close()

    def serve(self, serving: Serving) -> None:
        """From here on it runs the coroutines of another conversation with the same plugin."""
        self._serving = serving

    def close(self) -> None:
        """Ends the loop, and whatever still runs on it."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def start(self, coroutine: Coroutine[Any, Any, None], request: Request | None) -> None:
        """Runs a coroutine that answers a request; a cancelled request cancels it."""
        self._loop.call_soon_threadsafe(self._start, coroutine, request)

    def _start(self, coroutine: Coroutine[Any, Any, None], request: Request | None) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)
        if request is None:
            return
        with self._serving.lock:
            if not request.cancelled:
                request.on_cancel.append(lambda: self._loop.call_soon_threadsafe(task.cancel))
                return
        self._loop.call_soon(task.cancel)  # not before it has begun: what never began could not answer

    def finish(self, awaitable: Awaitable[Any]) -> Any:
        """Runs an awaitable and blocks until it is over. Not to be called on the loop's own thread."""

        async def run() -> Any:
            try:
                return await awaitable
            except SystemExit as error:  # asyncio would end the loop with it, and with the loop every coroutine
                raise RuntimeError(f"SystemExit: {error}") from error

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()
