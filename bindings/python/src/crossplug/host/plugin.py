"""A loaded plugin, as the program holds it: calls, events, its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crossplug.codec.generic import I, P, R, U, overload
from crossplug.errors import PluginError
from crossplug.host.call import Call, params_of, result_of
from crossplug.host.errors import typed
from crossplug.host.loop import finish, finish_blocking
from crossplug.host.speech import speech_of
from crossplug.host.values import Ending, InterfaceVersion, Progress
from crossplug.interfaces.clients import Clients
from crossplug.plugin.method import EventType

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from crossplug import _native
    from crossplug.host.speech import Encoding
    from crossplug.plugin.method import Method

    OnProgress = Callable[[Progress], object]


class LoadedPlugin(Clients):
    """A plugin that a :class:`~crossplug.Host` loaded. It may be used from any thread and any event loop.

    Every name that ends in ``_blocking`` blocks; its twin is awaited. Cancelling the task, or Ctrl-C in a blocking
    call, gives the call up, and the plugin is told. ``plugin.agent`` and the other interfaces that ship are typed
    clients; one of your own is ``NotesClient(plugin)``.
    """

    __slots__ = ("_native", "_speech")

    def __init__(self, native: _native.Plugin) -> None:
        self._native = native
        self._speech = speech_of(native.encoding)

    # --- what it is ---

    @property
    def name(self) -> str:
        """As its manifest says."""
        return self._native.name

    @property
    def instance_id(self) -> str:
        """Names this running instance; unique across hosts."""
        return self._native.instance_id

    @property
    def dialect(self) -> str:
        """What is spoken with it: ``crossplug/1``."""
        return self._native.dialect

    @property
    def encoding(self) -> Encoding:
        """What payloads are in: what the host or the load wished for, where plugin and door can, else ``json``."""
        return self._speech.encoding

    @property
    def process_id(self) -> int | None:
        """Of its process, where it is one."""
        return self._native.process

    @property
    def manifest(self) -> dict[str, Any]:
        """Its manifest, as the plugin itself told it."""
        manifest: dict[str, Any] = json.loads(self._native.manifest)
        return manifest

    @property
    def interfaces(self) -> dict[str, InterfaceVersion]:
        """What it implements."""
        return {name: InterfaceVersion(*version) for name, version in self._native.interfaces.items()}

    @property
    def is_alive(self) -> bool:
        """Whether it can be called. A plugin that looks alive may still die before the call."""
        return self._native.is_alive

    def __repr__(self) -> str:
        return f"<LoadedPlugin {self.instance_id}>"

    # --- calls ---

    @overload
    async def call(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> Any: ...
    @overload
    async def call(
        self,
        method: Method[P, R, Any, Any, Any],
        params: P | None = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> R: ...
    async def call(
        self,
        method: Any,
        params: Any = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> Any:
        """Calls a method and gives its result.

        ``method`` is a typed constant of a generated module, or a wire name; then params and result are values as
        ``json`` has them and, where MessagePack is spoken, ``bytes`` and integers of up to 64 bits. In JSON bytes go as
        base64 and come as that, and an integer beyond ±(2^53 − 1) is given as its decimal string; both do in
        MessagePack, too.

        ``timeout`` is in seconds, ``math.inf`` for as long as it takes; None: as the interface says, or else the host.
        Raises the :class:`~crossplug.PluginError` that the plugin answers with, or a
        :class:`~crossplug.host.HostError`.
        """
        operation = self._operation(method, params, timeout, on_progress, traceparent)
        try:
            payload = await finish(operation)
        except PluginError as error:
            raise _typed(error, method) from None
        return result_of(self._speech, method, payload)

    @overload
    def call_blocking(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> Any: ...
    @overload
    def call_blocking(
        self,
        method: Method[P, R, Any, Any, Any],
        params: P | None = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> R: ...
    def call_blocking(
        self,
        method: Any,
        params: Any = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> Any:
        """The same on this thread, which reads from the plugin itself; other threads run meanwhile."""
        operation = self._operation(method, params, timeout, on_progress, traceparent)
        try:
            payload = finish_blocking(operation)
        except PluginError as error:
            raise _typed(error, method) from None
        return result_of(self._speech, method, payload)

    def _operation(
        self, method: Any, params: Any, timeout: float | None, on_progress: OnProgress | None, traceparent: str | None
    ) -> _native.Operation:
        wire, timeout = _addressed(method, timeout)
        return self._native.call(
            wire, params_of(self._speech, method, params), timeout, traceparent, _progress(on_progress)
        )

    @overload
    def start(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> Call[Any, Any, Any]: ...
    @overload
    def start(
        self,
        method: Method[P, R, I, U, Any],
        params: P | None = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> Call[R, I, U]: ...
    def start(
        self,
        method: Any,
        params: Any = None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        traceparent: str | None = None,
    ) -> Call[Any, Any, Any]:
        """Sends a call and gives it in flight, for its streams and its result."""
        wire, timeout = _addressed(method, timeout)
        payload = params_of(self._speech, method, params)
        return Call(
            self._native.stream(wire, payload, timeout, traceparent, _progress(on_progress)), self._speech, method
        )

    async def call_raw(self, export: str, input: bytes = b"", *, timeout: float | None = None) -> bytes:
        """Calls an export of a WebAssembly module with Extism's ABI: bytes in, bytes out, as they are."""
        output: bytes = await finish(self._native.call_raw(export, input, timeout))
        return output

    def call_raw_blocking(self, export: str, input: bytes = b"", *, timeout: float | None = None) -> bytes:
        """The same on this thread, on which the module runs, too."""
        output: bytes = finish_blocking(self._native.call_raw(export, input, timeout))
        return output

    @overload
    def emit(self, event: str, payload: Any = None, *, stream: str | None = None) -> None: ...
    @overload
    def emit(self, event: EventType[P], payload: P | None = None, *, stream: str | None = None) -> None: ...
    def emit(self, event: Any, payload: Any = None, *, stream: str | None = None) -> None:
        """Sends an event to the plugin; ``stream`` names the ordered sequence that it belongs to."""
        if not isinstance(event, EventType):
            return self._native.emit(event, self._speech.write(payload, None), stream)
        value = self._speech.null if event.payload is None else self._speech.write(payload, event.payload)
        return self._native.emit(event.wire, value, stream)

    async def ping(self) -> float:
        """Asks whether it still answers; gives the seconds that took."""
        seconds: float = await finish(self._native.ping())
        return seconds

    def ping_blocking(self) -> float:
        """The same on this thread."""
        seconds: float = finish_blocking(self._native.ping())
        return seconds

    # --- the end ---

    async def stop(self) -> Ending:
        """Stops it: it finishes what is in flight, then it is told to end, then it is ended."""
        return Ending(*await finish(self._native.stop()))

    def stop_blocking(self) -> Ending:
        """The same on this thread."""
        return Ending(*finish_blocking(self._native.stop()))

    async def wait(self) -> Ending:
        """Waits until it has ended, for whatever reason."""
        return Ending(*await finish(self._native.wait()))

    def wait_blocking(self) -> Ending:
        """The same on this thread."""
        return Ending(*finish_blocking(self._native.wait()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_blocking()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _addressed(method: str | Method[Any, Any, Any, Any, Any], timeout: float | None) -> tuple[str, float | None]:
    if isinstance(method, str):
        return method, timeout
    return method.wire, method.timeout if timeout is None else timeout


def _progress(callback: OnProgress | None) -> Callable[[float | None, str | None], object] | None:
    if callback is None:
        return None
    return lambda fraction, message: callback(Progress(fraction, message))


def _typed(error: PluginError, method: str | Method[Any, Any, Any, Any, Any]) -> PluginError:
    return error if isinstance(method, str) else typed(error, method.errors)
