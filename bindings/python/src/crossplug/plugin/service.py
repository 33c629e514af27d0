"""A call of a host's service in flight: its streams and its result. Knows nothing of handlers."""

from __future__ import annotations

from time import monotonic

from crossplug.codec.generic import Generic, I, R, U
from crossplug.codec.loose import as_json
from crossplug.errors import DecodeError, PluginError, error_of
from crossplug.interfaces.protocol_errors import CancelledError, DeadlineExceededError, InternalError
from crossplug.plugin.stream import ItemReceiver, ItemSender
from crossplug.plugin.waiting import wait, wait_blocking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from crossplug.plugin.method import Method
    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Request


class ServiceCall(Generic[R, I, U]):
    """A call of a service. Iterate over it for its items, ``send`` and ``end`` stream items to the host, ``result`` is
    what it comes to.

    ``for item in call: …`` then ``call.result_blocking()``; or ``async for`` and ``await call.result()``. Whoever asks
    for the result is done with the items: those that were not read are dropped.
    """

    __slots__ = ("_asked", "_end", "_items", "_method", "_serving", "_streams", "_timeout", "_upload", "_wire")

    def __init__(
        self,
        serving: Serving,
        service: str | Method[Any, Any, Any, Any, Any],
        params: Any,
        timeout: float | None,
        request: Request | None,
        remaining: float | None,
        *,
        is_plain: bool,
    ) -> None:
        self._serving = serving
        self._method = method = None if isinstance(service, str) else service
        self._wire = service if isinstance(service, str) else service.wire
        self._streams = not is_plain if method is None else method.items is not None
        if method is not None:
            params = None if method.params is None else serving.session.writer(method.params)(params)
        own = timeout
        if request is not None and request.cancelled:
            if own is None:
                raise CancelledError("the call was cancelled")
        else:
            usual = own if own is not None or method is None else method.timeout
            # Nobody waits longer for the call that this one serves; but what cleans up behind it has its own time.
            timeout = min((limit for limit in (usual, remaining) if limit is not None), default=None)
        if timeout is not None and timeout <= 0:
            raise DeadlineExceededError(f"no time is left to call the service {self._wire}")
        self._timeout = timeout
        self._end = None if timeout is None else monotonic() + timeout
        traceparent = None if request is None else request.traceparent
        with serving.lock:
            if request is not None and request.cancelled and own is None:
                raise CancelledError("the call was cancelled")
            timeout_ms = None if timeout is None else max(1, round(timeout * 1000))
            self._asked = serving.session.ask(
                self._wire, params, timeout_ms, traceparent, request, streams=self._streams
            )
        serving.said()
        read = as_json if method is None or method.items is None else method.items.read
        write = None if method is None or method.upload is None else serving.session.writer(method.upload)
        self._items: ItemReceiver[I] = ItemReceiver(serving, self._asked, read, self)
        self._upload: ItemSender[U] = ItemSender(serving, self._asked, write, self)

    def __iter__(self) -> Iterator[I]:
        return iter(self._items)

    def __aiter__(self) -> AsyncIterator[I]:
        return aiter(self._items)

    def send_blocking(self, item: U) -> None:
        """Sends an item of the upload; waits for credit."""
        self._upload.send_blocking(item)

    async def send(self, item: U) -> None:
        """Sends an item of the upload; waits for credit."""
        await self._upload.send(item)

    def end(self) -> None:
        """No more items of the upload."""
        with self._serving.lock:
            self._serving.session.end(self._asked)
        self._serving.flush()

    def cancel(self) -> None:
        """Wants no answer any more; does nothing once there is one."""
        with self._serving.lock:
            self._serving.session.abandon(self._asked, CancelledError("the call was cancelled"))
        self._serving.flush()

    def result_blocking(self) -> R:
        """Blocks until the host answers; drops the items that were not read.

        Raises what the host answered with, :class:`DeadlineExceededError`, or :class:`CancelledError` when the caller
        of the handler gave up.
        """
        self._drain()
        try:
            wait_blocking(self._serving, self._asked, self._over, self.left(), f"the service {self._wire}")
        except DeadlineExceededError:
            self.give_up()
        return self._outcome()

    async def result(self) -> R:
        """Waits until the host answers; raises as :meth:`result_blocking` does."""
        self._drain()
        try:
            await wait(self._serving, self._asked, self._over, self.left(), f"the service {self._wire}")
        except DeadlineExceededError:
            self.give_up()
        return self._outcome()

    def _drain(self) -> None:
        if self._streams:
            with self._serving.lock:
                self._serving.session.drain(self._asked)
            self._serving.flush()

    def _over(self) -> bool:
        return self._asked.over

    @property
    def error(self) -> PluginError | None:
        """What the host answered with, or why there is no answer; None: there is a result, or nothing yet."""
        return self._asked.error

    def left(self) -> float | None:
        """Seconds until the call gives up, 0 after it; None: it waits for ever."""
        return None if self._end is None else max(0.0, self._end - monotonic())

    def give_up(self) -> None:
        """The time is over: cancels the call with :class:`DeadlineExceededError`, unless there is an answer."""
        timeout = 0.0 if self._timeout is None else self._timeout
        error = DeadlineExceededError(f"the service {self._wire} did not answer within {timeout:.4g} s")
        with self._serving.lock:
            self._serving.session.abandon(self._asked, error)
        self._serving.flush()

    def _outcome(self) -> R:
        result: R = self._result()
        return result

    def _result(self) -> Any:
        error, method = self._asked.error, self._method
        if error is not None:
            if method is not None and type(error) is PluginError:
                typed = error_of(error.code, error.message, error.details, error.retryable, dict(method.errors))
                raise typed
            raise error
        if method is None:
            return as_json(self._asked.result)
        if method.result is None:
            return None
        try:
            return method.result.from_value(self._asked.result)
        except DecodeError as wrong:
            details = {"reason": wrong.reason, "pointer": wrong.pointer}
            raise InternalError(f"the host's answer to {self._wire} does not fit: {wrong}", details=details) from None
