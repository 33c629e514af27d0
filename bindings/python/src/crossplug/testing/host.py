"""The test kit: stands in for a host, with fake services, and records what the plugin says besides its answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from crossplug.codec.generic import I, P, R, U, overload
from crossplug.codec.record import Record
from crossplug.codec.text import dump, parse
from crossplug.errors import PluginError
from crossplug.interfaces.protocol_errors import CODES, InternalError
from crossplug.plugin.method import EventType, Method
from crossplug.plugin.plugin import Plugin
from crossplug.protocol.envelope import read_error
from crossplug.testing.call import Call
from crossplug.testing.fakes import Fake, FakeCall
from crossplug.testing.memory import MemoryPlugin
from crossplug.testing.records import Emitted, LogLine, ServiceCall

if TYPE_CHECKING:
    from typing_extensions import Self


class TestHost:
    """A host for one plugin. Use it in a ``with`` or ``async with``.

    ``services`` are fakes of the host's services: functions, or coroutine functions, of the params. They are named by
    strings, and then take and give JSON values, or by typed constants (``AgentServices.MEMORY_SEARCH``), and then take
    and give typed values; they may raise a :class:`PluginError`. A fake that streams is a generator: what it yields are
    the items, what it returns is the result. One with a second parameter is given there what the plugin streams, to
    iterate over. Each call has a thread of its own, so a fake may take its time. The plugin is granted those services
    and no others, and may emit whatever it likes.

    ``config`` goes over the configuration of the plugin's manifest, member by member, as a user's does.
    """

    __test__ = False  # pytest takes classes whose name begins with Test for tests

    def __init__(
        self,
        plugin: Plugin | object,
        *,
        config: Mapping[str, Any] | None = None,
        services: Mapping[str | Method[Any, Any, Any, Any, Any], Callable[..., Any]] | None = None,
        data_dir: str | None = None,
        debug: bool = False,
        timeout: float = 30.0,
    ) -> None:
        if not isinstance(plugin, Plugin):
            plugin = Plugin(type(plugin).__name__, plugin)
        self.logs: list[LogLine] = []
        """What the plugin logged."""
        self.events: list[Emitted] = []
        """What the plugin emitted."""
        self.service_calls: list[ServiceCall] = []
        """The services that the plugin called."""
        self.changed = threading.Condition()
        """Notified whenever the plugin said something."""
        self._plugin = plugin
        self._config = dict(config or {})
        fakes = [Fake(service, function) for service, function in (services or {}).items()]
        self._fakes = {fake.wire: fake for fake in fakes}
        self._serving: dict[int, FakeCall] = {}
        self._data_dir = data_dir
        self._debug = debug
        self.patience = timeout
        """Seconds that the kit waits for anything."""
        self._calls: dict[int, Call[Any, Any, Any]] = {}
        self._causes: dict[int | str, BaseException] = {}
        self._last = 0
        self._memory: MemoryPlugin | None = None
        self._listener: threading.Thread | None = None
        self._sequences: dict[str | None, int] = {}

    # --- the beginning and the end ---

    def __enter__(self) -> Self:
        manifest = self._plugin.manifest()
        self._memory = MemoryPlugin(self._plugin, manifest)
        self._memory.serving.observe = lambda request, error: self._causes.__setitem__(request.id, error)
        self._listener = threading.Thread(target=self._listen, name="crossplug test kit", daemon=True)
        self._listener.start()
        params: dict[str, Any] = {
            "protocol": {"version": "1.0"},
            "host": {"name": "crossplug-testing", "version": "1.0.0"},
            "instanceId": "test",
            "config": {**manifest.get("config", {}), **self._config},
            "granted": {"services": sorted(self._fakes), "emit": ["*"]},
            "debug": self._debug,
        }
        if self._data_dir is not None:
            params["dataDir"] = self._data_dir
        try:
            self.start("initialize", params, credit=0).result_blocking()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    async def __aenter__(self) -> Self:
        import asyncio

        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        import asyncio

        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        if self._memory is not None:
            self._memory.serving.cancel_all()
            self._memory.close_input()
            self._memory.wait(self.patience)
        if self._listener is not None:
            self._listener.join(self.patience)

    # --- calls ---

    @overload
    def call_blocking(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any: ...
    @overload
    def call_blocking(
        self, method: Method[P, R, Any, Any, Any], params: P | None = None, *, timeout: float | None = None
    ) -> R: ...
    def call_blocking(self, method: Any, params: Any = None, *, timeout: float | None = None) -> Any:
        """Calls a method and gives its result; with a wire name params and result are JSON values.

        Raises the :class:`PluginError` that the plugin answers with; what the handler raised is its cause.
        """
        return self.start(method, params, timeout=timeout).result_blocking()

    @overload
    async def call(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any: ...
    @overload
    async def call(
        self, method: Method[P, R, Any, Any, Any], params: P | None = None, *, timeout: float | None = None
    ) -> R: ...
    async def call(self, method: Any, params: Any = None, *, timeout: float | None = None) -> Any:
        """The same, awaited."""
        return await self.start(method, params, timeout=timeout).result()

    @overload
    def start(
        self,
        method: str,
        params: Any = None,
        *,
        upload: Iterable[Any] | None = None,
        timeout: float | None = None,
        credit: int | None = None,
    ) -> Call[Any, Any, Any]: ...
    @overload
    def start(
        self,
        method: Method[P, R, I, U, Any],
        params: P | None = None,
        *,
        upload: Iterable[U] | None = None,
        timeout: float | None = None,
        credit: int | None = None,
    ) -> Call[R, I, U]: ...
    def start(
        self,
        method: Any,
        params: Any = None,
        *,
        upload: Iterable[Any] | None = None,
        timeout: float | None = None,
        credit: int | None = None,
    ) -> Call[Any, Any, Any]:
        """Starts a call, for its streams. ``upload`` is streamed by a thread of its own; ``credit`` is how many items
        the handler may send (None: as many as are taken); ``timeout`` is the deadline that the handler is
        told, in seconds.
        """
        wire, typed = (method.wire, method) if isinstance(method, Method) else (method, None)
        if typed is not None:
            params = None if typed.params is None else typed.params.to_value(params)
        elif isinstance(params, Record):
            params = params.to_value()
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": wire}
        if params is not None:
            message["params"] = params
        if timeout is not None:
            message["meta"] = {"timeoutMs": round(timeout * 1000)}
        with self.changed:
            self._last += 1
            message["id"] = self._last
            self._write(message)
            call = self._calls[self._last] = Call(self, self._last, wire, typed, timeout, credit)
        if upload is not None:
            threading.Thread(target=_upload, args=(call, upload), daemon=True).start()
        return call

    def emit(self, event: str | EventType[Any], payload: Any = None, *, stream: str | None = None) -> None:
        """Sends an event to the plugin."""
        name = event if isinstance(event, str) else event.wire
        if not isinstance(event, str):
            payload = None if event.payload is None else event.payload.to_value(payload)
        self._sequences[stream] = seq = self._sequences.get(stream, 0) + 1
        params: dict[str, Any] = {"name": name, "seq": seq, "payload": payload}
        if stream is not None:
            params["stream"] = stream
        self.notify("$/event", params)

    def wait_for(self, ready: Callable[[], object], what: str = "what was waited for") -> None:
        """Blocks until ``ready()`` is true, such as ``lambda: host.events``; raises ``AssertionError`` after the kit's
        time.
        """
        with self.changed:
            if not self.changed.wait_for(ready, self.patience):
                raise AssertionError(f"{what} did not come within {self.patience} s")

    def notify(self, method: str, params: dict[str, Any]) -> int:
        """Sends a notification; gives its size in bytes."""
        return self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def cause_of(self, id: int) -> BaseException | None:
        """What the handler of a call raised; None where it raised what was answered."""
        cause = self._causes.get(id)
        return None if isinstance(cause, PluginError) else cause

    # --- what the plugin says ---

    def _write(self, message: dict[str, Any]) -> int:
        assert self._memory is not None, "use the kit in a `with`"  # noqa: S101 — a mistake in a test
        data = dump(message)
        self._memory.write(data + b"\n")
        return len(data)

    def _listen(self) -> None:
        assert self._memory is not None  # noqa: S101 — __enter__ made it
        output = self._memory.output
        while (data := output.get()) is not None:
            for line in data.splitlines():
                message = parse(line)
                with self.changed:
                    if "method" in message and "id" in message:
                        self._serve(message)
                    else:
                        self._take(message)
                    self.changed.notify_all()
        with self.changed:
            for call in self._calls.values():
                call.answer(None, PluginError("unavailable", "the plugin has ended"))
            self.changed.notify_all()

    def _take(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case None:
                call = self._calls.pop(message["id"], None)
                if call is not None:
                    error = message.get("error")
                    call.answer(message.get("result"), None if error is None else self._typed(call, error))
            case "$/log":
                self.logs.append(LogLine(params["level"], params["message"], params.get("fields", {})))
            case "$/event":
                self.events.append(Emitted(params["name"], params.get("stream"), params["seq"], params["payload"]))
            case method:
                of: Call[Any, Any, Any] | FakeCall | None
                of = self._calls.get(params["id"]) or self._serving.get(params["id"])
                if of is not None:
                    of.take(str(method), params)

    def _typed(self, call: Call[Any, Any, Any], error: Any) -> PluginError:
        classes = {**CODES, **call.errors()}
        return read_error(error, classes) or InternalError(f"no proper error: {error}")

    def _serve(self, message: dict[str, Any]) -> None:
        wire, params, id = message["method"], message.get("params"), message["id"]
        self.service_calls.append(ServiceCall(wire, params))
        call = self._serving[id] = FakeCall(self, id, wire, self._fakes.get(wire))
        call.start(params)

    def served(self, id: int, reply: dict[str, Any]) -> None:
        """A fake has answered."""
        with self.changed:
            self._serving.pop(id, None)
            self._write(reply)
            self.changed.notify_all()  # what the fake did on its way out may be what a test waits for


def _upload(call: Call[Any, Any, Any], items: Iterable[Any]) -> None:
    for item in items:
        call.send_blocking(item)
    call.end()
