"""One conversation with a host: the session, the plugin's handlers and whoever waits, under one lock.

Knows neither files nor threads of its own: frames come through :meth:`Serving.receive`, leave through an
:class:`Output`, and plain handlers are run by whoever calls :meth:`Serving.run`.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from collections import deque

from crossplug.errors import DecodeError, EncodeError, PluginError
from crossplug.plugin.context import Context
from crossplug.plugin.handler import error_for, no_handler, place_of, unfit
from crossplug.plugin.log import Log
from crossplug.plugin.output import MOST_BUFFERED, MOST_QUEUED, Output
from crossplug.protocol.exchange import Cancel, Event, Initialize, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from crossplug.interfaces.protocol import Granted, Peer
    from crossplug.plugin.guard import Guard
    from crossplug.plugin.handler import Handler
    from crossplug.plugin.loop import LoopThread
    from crossplug.plugin.output import Sink
    from crossplug.plugin.plugin import Plugin
    from crossplug.protocol.session import Session


class Instance:
    """What ``initialize`` said."""

    __slots__ = ("config", "data_dir", "debug", "granted", "host", "instance_id")

    granted: Granted
    host: Peer

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.instance_id = ""
        self.data_dir: str | None = None
        self.debug = False


class Serving:
    """Answers a host on behalf of a plugin."""

    def __init__(self, plugin: Plugin, session: Session, manifest: dict[str, Any], sink: Sink) -> None:
        self.plugin = plugin
        self.session = session
        self.manifest = manifest
        self.instance = Instance()
        self.started = False
        """The start hooks succeeded."""
        self.turned = False
        """Its host turns it: there is one thread, and coroutines go on only when the host enters."""
        self.hurried = False
        """Nobody wants to wait for the end any more: what is in flight gets no further grace."""
        self.lock = allocate_lock()
        """Held around every use of the session."""
        self.output = Output(session, self.lock, sink)
        self.flush = self.output.flush
        self.log = Log(self._log)
        self.pause: Callable[[Any, float], bool] = lambda gate, timeout: bool(gate.acquire(True, timeout))
        """How a thread waits for a gate; the readers of a process put theirs here."""
        self.coroutines: LoopThread | None = None
        self.events: deque[Event[Any]] = deque()
        """Events that wait for their turn: handlers see them one by one, in order."""
        self.observe: Callable[[Request, BaseException], object] | None = None
        """Told of everything that a handler raises; the test kit puts itself here."""
        self.guard: Guard | None = None
        """Who asks the host for a token, and shows the plugin's."""
        self._starting = allocate_lock()

    def open(self) -> None:
        """Says what the dialect says before it is asked."""
        with self.lock:
            self.session.greet(self.manifest)
        self.flush()

    # --- bytes out ---

    def said(self) -> None:
        """After an author said something: writes it. A plain handler waits while a slow host has much to read."""
        self.flush()
        if self.session.queued > MOST_QUEUED:
            self.output.wait_for_room(MOST_BUFFERED if self.on_loop() else MOST_QUEUED)

    def note(self, level: str, message: str, fields: dict[str, Any] | None = None) -> None:
        """Logs a line and waits for nobody. Where the dialect has no log, it goes to stderr."""
        if not self.session.dialect.has_log:
            print(f"{level}: {message}", *([fields] if fields else []), file=sys.stderr)
            return
        with self.lock:
            try:
                self.session.log(level, message, fields)
            except EncodeError as error:
                self.session.log(level, f"{message!a} (fields left out: {error.message})", None)
        self.flush()

    def _log(self, level: str, message: str, fields: dict[str, Any] | None) -> None:
        self.note(level, message, fields)
        self.said()

    def log_print(self, line: str) -> bool:
        """Puts a line that an author printed into the host's log; False where there is none (yet, or any more)."""
        if not self.session.logs() or self.output.sink.dead:
            return False
        self.log.log("info", line, stream="stdout")
        return True

    # --- frames in ---

    def receive(self, frame: bytes) -> Request | None:
        """Takes a frame; gives a request whose plain handler has to be run by :meth:`run`, or what has that shape."""
        with self.lock:
            incoming = self.session.receive(frame)
        kind = type(incoming)
        if kind is Request:
            return self._dispatch(incoming)  # type: ignore[arg-type]
        if self.session.out:
            self.flush()
            if self.session.queued > MOST_BUFFERED:
                self.output.wait_for_room(MOST_BUFFERED)
        if incoming is None:
            return None
        if kind is Cancel:
            self._cancel(incoming.request)  # type: ignore[union-attr]
        elif kind is Event:
            return self._dispatch_event(incoming)  # type: ignore[arg-type]
        elif kind is Initialize:
            from crossplug.plugin.lifecycle import Starting, initialize

            if self.plugin.start_hooks:
                return Starting(self, incoming)  # type: ignore[arg-type]
            initialize(self, incoming)  # type: ignore[arg-type]
        return None

    def _dispatch(self, request: Request) -> Request | None:
        handler = self.plugin.handlers.get(request.method)
        if handler is None:
            self.fail(request, no_handler(self.plugin, request))
            return None
        request.attached = handler
        if not handler.is_coroutine:
            return request
        self.loop().start(self._answer_async(request, handler), request)
        return None

    def _dispatch_event(self, event: Event[Any]) -> Request | None:
        if event.name not in self.plugin.event_handlers:
            return None
        from crossplug.plugin.events import EventTask

        return EventTask.put(self, event)

    def _cancel(self, request: Request) -> None:
        with self.lock:
            calls, request.on_cancel = request.on_cancel, []
        if self.session.out:
            self.flush()
        for call in calls:
            try:
                call()
            except Exception as error:
                self.note("error", f"what was to be called on cancellation of {request.method} raised {error!r}")

    # --- handlers ---

    def run(self, request: Request) -> None:
        """Runs the plain handler of a request and answers; or the handlers of events, or the start hooks."""
        if request.attached is None:
            request.run()  # type: ignore[attr-defined]
            return
        handler: Handler = request.attached
        try:
            ctx = Context(self, request)
            try:
                arguments = handler.arguments(ctx, self, request)
            except DecodeError as error:
                self.fail(request, unfit(error))
                return
            result = handler.function(*arguments)
            if hasattr(result, "__await__"):  # a plain function that gave an awaitable, such as a decorated coroutine
                self.loop().start(self._finish_async(request, handler, result), request)
                return
            self._reply(request, handler, result)
        except BaseException as error:
            self._failed(request, handler, error)

    async def _answer_async(self, request: Request, handler: Handler) -> None:
        try:
            ctx = Context(self, request)
            try:
                arguments = handler.arguments(ctx, self, request)
            except DecodeError as error:
                self.fail(request, unfit(error))
                return
            self._reply(request, handler, await handler.function(*arguments))
        except BaseException as error:
            self._failed(request, handler, error)

    async def _finish_async(self, request: Request, handler: Handler, result: Any) -> None:
        try:
            self._reply(request, handler, await result)
        except BaseException as error:
            self._failed(request, handler, error)

    def _reply(self, request: Request, handler: Handler, result: Any) -> None:
        value = handler.answer(result, self.session)
        with self.lock:
            self.session.reply(request, value)
        self.said()

    def _failed(self, request: Request, handler: Handler, error: BaseException) -> None:
        told = error_for(error, request.cancelled, self.instance.debug)
        if self.observe is not None:
            self.observe(request, error)
        is_signal = isinstance(error, KeyboardInterrupt)  # for the program and not for the handler
        if told is not error and told.code == "internal" and not is_signal:
            self.log.error(f"{handler.wire} failed: {told.message}", **place_of(error))
        self.fail(request, told)
        if is_signal:
            raise error

    def fail(self, request: Request, error: PluginError) -> None:
        """Answers a request with an error."""
        with self.lock:
            self.session.fail(request, error)
        self.flush()

    def loop(self) -> LoopThread:
        """The thread that runs coroutines; started when the first one comes."""
        if self.coroutines is None:
            from crossplug.plugin.loop import LoopThread

            with self._starting:  # plain handlers that gave an awaitable may come here at once, each on its thread
                if self.coroutines is None:
                    self.coroutines = LoopThread(self)
        return self.coroutines

    async def settle(self, awaitable: Awaitable[Any]) -> None:
        """Waits for what a hook or a handler of an event gave, which runs on the event loop where that has a thread."""
        if self.turned:
            await awaitable
        else:
            self.loop().finish(awaitable)

    def close(self) -> None:
        """Nothing of the plugin runs any more: lets its event loop go."""
        if self.coroutines is not None:
            self.coroutines.close()

    def on_loop(self) -> bool:
        """Whether the current thread is the one that runs coroutines."""
        return self.coroutines is not None and self.coroutines.ident == get_ident()

    def end_of_input(self) -> None:
        """The host will say nothing more."""
        with self.lock:
            self.session.end_of_input()

    def cancel_all(self) -> None:
        """Cancels whatever is in flight."""
        with self.lock:
            requests = [request for request in self.session.requests.values() if not request.cancelled]
            for request in requests:
                self.session.cancel(request)
        for request in requests:
            self._cancel(request)

    def in_flight(self) -> int:
        """Requests of the host that are not answered yet, and events that are not handled yet."""
        return len(self.session.requests) + self.session.handling
