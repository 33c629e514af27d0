"""The host: what a program offers to plugins, and how it loads them."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from crossplug import _native
from crossplug.codec.generic import H, P, overload
from crossplug.codec.text import dump
from crossplug.errors import UsageError
from crossplug.host.loading import Loading
from crossplug.host.loop import LoopBell, finish, finish_blocking, running
from crossplug.host.plugin import LoadedPlugin
from crossplug.host.reports import Reports, to_logging
from crossplug.host.service import Service, Services
from crossplug.host.speech import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeVar

    from typing_extensions import Self

    from crossplug.host.speech import Encoding
    from crossplug.host.values import Limits, LogLine, Patience, PluginEvent, WasmPool
    from crossplug.plugin.method import EventType, Method

    F = TypeVar("F", bound=Callable[..., Any])
    E = TypeVar("E", bound=Callable[[PluginEvent[Any]], Any])

_open: WeakSet[Host] = WeakSet()
"""Hosts of this process that may have plugins."""


class Host(Loading):
    """Loads plugins and calls them; offers services to them. Use it in an ``async with`` or a ``with``.

    Everything that is not given is as the host has it by itself: calls may take 30 s, nothing is granted.

    ``services`` are objects whose classes derive from generated ``…ServiceHandler`` classes; single functions are added
    with :meth:`service`. ``timeout`` is for calls that do not say so themselves, in seconds, ``math.inf`` for as long
    as it takes. ``on_log`` gets each log line of every plugin, on a thread of the host; without it they go to
    :mod:`logging` as ``crossplug.plugin.<name>``.

    ``encoding="msgpack"`` speaks MessagePack with plugins that can, on doors that carry messages: bytes go as they are
    and 64-bit integers in eight bytes. With others it speaks JSON all the same; :attr:`LoadedPlugin.encoding` tells.

    ``wasm_pool={"instances": 100}`` holds at most so many WebAssembly plugins, and keeps the code of their modules in
    memory: see :class:`WasmPool`.

    >>> with Host("demo") as host:
    ...     host.load_blocking("there/is/none")
    Traceback (most recent call last):
    ...
    crossplug.host.errors.PluginNotFoundError: load `there/is/none`: there is no `…`
    """

    def __init__(
        self,
        name: str | None = None,
        *services: object,
        version: str | None = None,
        grants: Iterable[str] = (),
        config: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        start_timeout: float | None = None,
        data_root: str | os.PathLike[str] | None = None,
        debug: bool = False,
        encoding: Encoding | None = None,
        limits: Limits | None = None,
        patience: Patience | None = None,
        wasm_pool: WasmPool | None = None,
        on_log: Callable[[LogLine], object] = to_logging,
    ) -> None:
        self._options: dict[str, Any] = {
            "name": name,
            "version": version,
            "grants": list(grants),
            "config": None if config is None else dump(dict(config)),
            "timeout": timeout,
            "start_timeout": start_timeout,
            "data_root": data_root,
            "debug": debug,
            "encoding": None if encoding is None else checked(encoding),
            "limits": None if limits is None else dict(limits),
            "patience": None if patience is None else dict(patience),
            "wasm_pool": None if wasm_pool is None else dict(wasm_pool),
        }
        self._services = Services()
        for implementation in services:
            self._services.implement(implementation)
        self._reports = Reports(on_log)
        self._lock = threading.Lock()
        self._native: _native.Host | None = None
        self._bell: LoopBell | None = None
        self._plugins: list[_native.Plugin] = []
        self._closed = False
        self._process = os.getpid()

    # --- what it offers ---

    @overload
    def service(self, service: str) -> Callable[[F], F]: ...
    @overload
    def service(self, service: Method[Any, Any, Any, Any, H]) -> Callable[[H], H]: ...
    def service(self, service: Any) -> Callable[[Any], Any]:
        """Makes a function a service: ``@host.service(KvServices.KV_GET)``, or by its wire name.

        A typed one is called with a :class:`~crossplug.host.ServiceCall`, the params where the service has some, and
        ``items`` and ``upload`` where it streams; one named by a string with the call and the params as JSON values.
        Plain functions run on threads of the host, coroutines on the event loop that opened the host.
        """

        def add(function: Any) -> Any:
            self._unopened("a service")
            self._services.add(Service(service, function))
            return function

        return add

    def on_event(self, handler: E) -> E:
        """Makes a function or coroutine a handler of every event that a plugin emits; payloads are JSON values."""
        self._unopened("a handler")
        self._reports.add(None, handler)
        return handler

    def event(
        self, event: EventType[P]
    ) -> Callable[[Callable[[PluginEvent[P]], Any]], Callable[[PluginEvent[P]], Any]]:
        """Makes a function or coroutine a handler of one event, typed: ``@host.event(NotesEvents.NOTE_CHANGED)``.

        Events of one plugin are handled one after another, in their order.
        """

        def add(handler: Callable[[PluginEvent[P]], Any]) -> Callable[[PluginEvent[P]], Any]:
            self._unopened("a handler")
            self._reports.add(event, handler)
            return handler

        return add

    def _unopened(self, what: str) -> None:
        if self._native is not None:
            raise UsageError(f"{what} is added before the host is opened: its first plugin may ask for it at once")

    # --- loading ---

    def _opened(self) -> _native.Host:
        with self._lock:
            if self._closed:
                raise UsageError("the host is closed; make another one")
            if self._native is None:
                self._native = self._open()
                _open.add(self)
            return self._native

    def _open(self) -> _native.Host:
        self._reports.loop = loop = running()
        coroutines = [*self._services.coroutines(), *self._reports.coroutines()]
        if loop is None and coroutines:
            names = ", ".join(coroutines)
            raise UsageError(
                f"{names}: coroutines, and the host is opened without an event loop; make them plain functions"
            )
        if loop is not None and self._services.coroutines():
            self._bell = LoopBell(loop, self._services.answer)
        return _native.Host(
            **self._options,
            services=self._services.offers(),
            serve=self._services.serve if self._services.offers() else None,
            bell=None if self._bell is None else self._bell.native,
            on_log=self._reports.log,
            on_event=self._reports.event if self._reports.hears_events else None,
        )

    def _keep(self, native: _native.Plugin) -> LoadedPlugin:
        with self._lock:
            # Those that have ended are nobody's business any more.
            self._plugins = [plugin for plugin in self._plugins if plugin.is_alive]
            self._plugins.append(native)
        return LoadedPlugin(native)

    # --- the end ---

    @property
    def is_closed(self) -> bool:
        """Whether it loads no plugins any more."""
        return self._closed

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process made it: a fork of that one may not use it."""
        return self._process == os.getpid()

    async def close(self) -> None:
        """Stops every plugin that is still there, and waits for them. Does nothing a second time."""
        plugins = self._shut()
        try:
            await asyncio.gather(*(finish(plugin.stop()) for plugin in plugins))
        finally:
            self._forget()

    def close_blocking(self) -> None:
        """The same on this thread."""
        operations = [plugin.stop() for plugin in self._shut()]
        try:
            # All are asked before any is waited for.
            bell = _native.Bell()
            waiting = [operation for operation in operations if operation.poll(bell, 0) is None]
            for operation in waiting:
                finish_blocking(operation)
        finally:
            self._forget()

    def _shut(self) -> list[_native.Plugin]:
        with self._lock:
            self._closed = True
            plugins, self._plugins = self._plugins, []
        return plugins

    def _forget(self) -> None:
        if self._bell is not None and self._reports.loop is not None:
            self._bell.close(self._reports.loop)
        self._bell = self._native = None
        # The native host lets go of its callbacks on a thread of its own, some time; the loop shall not wait for that.
        self._reports.loop = None
        _open.discard(self)

    def __enter__(self) -> Self:
        self._opened()
        return self

    def __exit__(self, *_: object) -> None:
        self.close_blocking()

    async def __aenter__(self) -> Self:
        self._opened()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Host {self._options['name'] or ''}{' closed' if self._closed else ''}>"


@atexit.register
def _close_all() -> None:
    """No plugin outlives the interpreter: those of hosts that nobody closed are stopped."""
    for host in list(_open):
        if host.is_of_this_process:
            host.close_blocking()


os.register_at_fork(after_in_child=_open.clear)
