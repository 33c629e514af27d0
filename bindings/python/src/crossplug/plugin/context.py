"""What a handler is given besides its params. Knows one call; nothing of reading, threads and dispatch."""

from __future__ import annotations

from time import monotonic

from crossplug.codec.generic import overload
from crossplug.codec.loose import as_json
from crossplug.errors import UsageError
from crossplug.interfaces.protocol_errors import CancelledError, DeadlineExceededError
from crossplug.plugin.log import Log
from crossplug.plugin.method import EventType
from crossplug.plugin.service import ServiceCall
from crossplug.plugin.stream import ItemReceiver, ItemSender
from crossplug.plugin.waiting import wait, wait_blocking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crossplug.codec.generic import I, P, R, U
    from crossplug.interfaces.protocol import Granted, Peer
    from crossplug.plugin.method import Method
    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Request


class Context:
    """The plugin's surroundings and the call that is being answered.

    Every blocking name ends in ``_blocking``; its asynchronous twin is awaited. Neither may be used after the call.
    """

    __slots__ = ("_request", "_serving", "deadline", "log")

    def __init__(self, serving: Serving, request: Request | None) -> None:
        self._serving = serving
        self._request = request
        self.log: Log = serving.log
        """The host's log: ``ctx.log.info("stored", note="n1")``."""
        timeout = None if request is None else request.timeout_ms
        self.deadline: float | None = None if timeout is None else monotonic() + timeout / 1000
        """When the caller stops waiting, on the clock of ``time.monotonic()``; None: it did not say."""

    @property
    def config(self) -> dict[str, Any]:
        """The plugin's configuration, as its manifest and its user set it."""
        return self._serving.instance.config

    @property
    def instance_id(self) -> str:
        """Names this running instance; unique across hosts."""
        return self._serving.instance.instance_id

    @property
    def data_dir(self) -> str | None:
        """A folder that belongs to the plugin; None: it has none."""
        return self._serving.instance.data_dir

    @property
    def debug(self) -> bool:
        """Whether the host wants stack traces in errors."""
        return self._serving.instance.debug

    @property
    def granted(self) -> Granted:
        """What the host allows: ``ctx.granted.services`` are the services that may be called, ``emit`` and ``plugins``
        beside them. Absent members grant nothing.
        """
        return self._serving.instance.granted

    @property
    def host(self) -> Peer:
        """The host program: ``ctx.host.name`` and ``ctx.host.version``."""
        return self._serving.instance.host

    @property
    def traceparent(self) -> str | None:
        """W3C Trace Context of the call; None: there is none."""
        return None if self._request is None else self._request.traceparent

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, 0 after it; None: there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - monotonic())

    # --- the call ---

    def progress(self, fraction: float | None = None, message: str | None = None) -> None:
        """Tells the caller how far the call is: ``fraction`` from 0 to 1, ``message`` for a person."""
        if self._request is not None:
            serving = self._serving
            with serving.lock:
                serving.session.progress(self._request, fraction, message)
            serving.said()

    @property
    def cancelled(self) -> bool:
        """Whether the caller gave up. A coroutine is cancelled by asyncio instead of having to ask."""
        return self._request is not None and self._request.cancelled

    def raise_if_cancelled(self) -> None:
        """Raises :class:`CancelledError` if the caller gave up: what a long computation calls now and then."""
        if self.cancelled:
            raise CancelledError("the call was cancelled")

    def on_cancel(self, call: Callable[[], object]) -> None:
        """Calls a function once, from another thread, when the caller gives up; at once if it already did."""
        request = self._call()
        with self._serving.lock:
            if not request.cancelled:
                request.on_cancel.append(call)
                return
        call()

    def wait_cancelled_blocking(self, timeout: float | None = None) -> bool:
        """Blocks until the caller gives up; False after ``timeout`` seconds."""
        request = self._call()
        try:
            wait_blocking(*self._cancellation(request, timeout))
        except DeadlineExceededError:
            return False
        return True

    async def wait_cancelled(self) -> None:
        """Waits until the caller gives up. (asyncio then cancels the coroutine, too.)"""
        await wait(*self._cancellation(self._call(), None))

    def _cancellation(self, request: Request, timeout: float | None) -> tuple[Any, ...]:
        return self._serving, request, lambda: request.cancelled or request.over, timeout, "waiting for a cancellation"

    def items(self) -> ItemSender[Any]:
        """The sender of JSON values to the caller, for a handler that was named by a string."""
        return ItemSender(self._serving, self._call(), None)

    def upload(self) -> ItemReceiver[Any]:
        """The JSON values that the caller streams, for a handler that was named by a string."""
        return ItemReceiver(self._serving, self._call(), as_json)

    def _call(self) -> Request:
        if self._request is None:
            raise UsageError("this context belongs to no call")
        return self._request

    # --- the host ---

    @overload
    async def call(self, service: str, params: Any = None, *, timeout: float | None = None) -> Any: ...
    @overload
    async def call(
        self, service: Method[P, R, Any, Any, Any], params: P | None = None, *, timeout: float | None = None
    ) -> R: ...
    async def call(self, service: Any, params: Any = None, *, timeout: float | None = None) -> Any:
        """Calls a service of the host and gives its result; for one that streams, named by a string, see :meth:`start`.

        ``service`` is a wire name (then params and result are JSON values) or a typed constant of a generated module.
        Raises the :class:`PluginError` that the host answered with, :class:`DeadlineExceededError` after ``timeout``
        seconds and never later than :attr:`remaining`, and :class:`CancelledError` when the caller of the handler gives
        up. After that only a call with a ``timeout`` can be made, which then holds alone: one that cleans up.
        """
        call = self._start(service, params, timeout, isinstance(service, str))
        try:
            return await call.result()
        except BaseException:
            call.cancel()
            raise

    @overload
    def call_blocking(self, service: str, params: Any = None, *, timeout: float | None = None) -> Any: ...
    @overload
    def call_blocking(
        self, service: Method[P, R, Any, Any, Any], params: P | None = None, *, timeout: float | None = None
    ) -> R: ...
    def call_blocking(self, service: Any, params: Any = None, *, timeout: float | None = None) -> Any:
        """Calls a service of the host; see :meth:`call`."""
        call = self._start(service, params, timeout, isinstance(service, str))
        try:
            return call.result_blocking()
        except BaseException:
            call.cancel()
            raise

    @overload
    def start(
        self, service: str, params: Any = None, *, timeout: float | None = None
    ) -> ServiceCall[Any, Any, Any]: ...
    @overload
    def start(
        self, service: Method[P, R, I, U, Any], params: P | None = None, *, timeout: float | None = None
    ) -> ServiceCall[R, I, U]: ...
    def start(self, service: Any, params: Any = None, *, timeout: float | None = None) -> ServiceCall[Any, Any, Any]:
        """Calls a streaming service of the host and gives the call in flight, for its streams and its result."""
        return self._start(service, params, timeout, False)

    def _start(self, service: Any, params: Any, timeout: float | None, is_plain: bool) -> ServiceCall[Any, Any, Any]:
        return ServiceCall(self._serving, service, params, timeout, self._request, self.remaining, is_plain=is_plain)

    def emit(self, event: str | EventType[Any], payload: Any = None, *, stream: str | None = None) -> None:
        """Sends an event to the host; ``stream`` names the ordered sequence that it belongs to."""
        name, value = (event, payload)
        serving = self._serving
        if isinstance(event, EventType):
            name, value = event.wire, None if event.payload is None else serving.session.writer(event.payload)(payload)
        with serving.lock:
            serving.session.event(str(name), stream, value)
        serving.said()
