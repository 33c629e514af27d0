"""Waiting until something about an exchange changes, in a thread or in a coroutine. Knows no message."""

from __future__ import annotations

from _thread import allocate_lock
from time import monotonic

from crossplug.errors import UsageError
from crossplug.interfaces.protocol_errors import DeadlineExceededError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Protocol

    from crossplug.protocol.exchange import Exchange

    class Waits(Protocol):
        """What the owner of a conversation offers to whoever waits on it."""

        lock: Any

        def pause(self, gate: Any, timeout: float) -> bool:
            """Blocks until the gate opens; False where the time was over first."""

        def on_loop(self) -> bool:
            """Whether the current thread runs the plugin's event loop."""


def wait_blocking(
    owner: Waits, exchange: Exchange, ready: Callable[[], bool], timeout: float | None, what: str
) -> None:
    """Blocks until ``ready()``, which is asked under the owner's lock.

    Raises :class:`DeadlineExceededError` after ``timeout`` seconds, and :class:`UsageError` on the event loop's thread,
    where it would stop every coroutine.
    """
    if owner.on_loop():
        raise UsageError(f"{what} would block the event loop; await its twin without `_blocking`")
    end = None if timeout is None else monotonic() + timeout
    while True:
        with owner.lock:
            if ready():
                return
            gate = allocate_lock()
            gate.acquire()
            exchange.wakers.append(gate.release)
        left = -1.0 if end is None else end - monotonic()
        if end is not None and (left <= 0 or not owner.pause(gate, left)):
            _forget(owner, exchange, gate.release)
            raise DeadlineExceededError(f"{what} took longer than {timeout} s")
        if end is None:
            owner.pause(gate, -1.0)


async def wait(owner: Waits, exchange: Exchange, ready: Callable[[], bool], timeout: float | None, what: str) -> None:
    """The same for a coroutine, on whatever event loop it runs."""
    import asyncio

    loop = asyncio.get_running_loop()
    end = None if timeout is None else monotonic() + timeout
    while True:
        with owner.lock:
            if ready():
                return
            changed: asyncio.Future[None] = loop.create_future()

            def wake(changed: asyncio.Future[None] = changed) -> None:
                try:
                    loop.call_soon_threadsafe(_settle, changed)
                except RuntimeError:  # the loop is closed, and with it whoever waited
                    pass

            exchange.wakers.append(wake)
        try:
            await (changed if end is None else asyncio.wait_for(changed, end - monotonic()))
        except asyncio.TimeoutError:
            _forget(owner, exchange, wake)
            raise DeadlineExceededError(f"{what} took longer than {timeout} s") from None
        except BaseException:
            _forget(owner, exchange, wake)
            raise


def run_now(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine that never has to wait, because what it awaits blocks where it must."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise AssertionError("unreachable: it waits for something that does not block")


def _forget(owner: Waits, exchange: Exchange, waker: Callable[[], object]) -> None:
    """Nobody waits any more: whoever asks again and again must not leave one behind each time."""
    with owner.lock:
        if waker in exchange.wakers:
            exchange.wakers.remove(waker)


def _settle(changed: Any) -> None:
    if not changed.done():
        changed.set_result(None)
