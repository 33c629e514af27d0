"""Events of the host and their handlers: one event after the other, in the order in which they came."""

from __future__ import annotations

from crossplug.codec.loose import as_json
from crossplug.errors import DecodeError
from crossplug.plugin.context import Context
from crossplug.plugin.waiting import run_now
from crossplug.protocol.exchange import Event, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.handler import Handler
    from crossplug.plugin.serving import Serving

MOST_WAITING = 10_000
"""Events that may wait for the one that is being handled; what comes then is dropped and logged."""


class EventTask(Request):
    """Handles the events that wait, in the shape of a request that nobody answers."""

    __slots__ = ("_serving",)

    def __init__(self, serving: Serving) -> None:
        super().__init__(0, "$/event", None, None, None)
        self._serving = serving

    @classmethod
    def put(cls, serving: Serving, event: Event[Any]) -> EventTask | None:
        """Lets an event wait for its turn; gives the task that has to be run, unless one is running."""
        with serving.lock:
            waiting = len(serving.events)
            if waiting <= MOST_WAITING:
                serving.events.append(event)
                serving.session.handling += 1
        if waiting > MOST_WAITING:
            serving.note("warn", f"the event {event.name} was dropped: {MOST_WAITING} events wait to be handled")
        return None if waiting else cls(serving)

    def run(self) -> None:
        """Handles events until none waits."""
        run_now(self.work())

    async def work(self) -> None:
        """The same for whoever can await it. What a handler raises is logged."""
        serving = self._serving
        while True:
            event = serving.events[0]  # stays there while it is handled, so that only one task runs
            for handler in serving.plugin.event_handlers[event.name]:
                try:
                    await self._handle(handler, event)
                except KeyboardInterrupt:  # a signal, which is for the program and not for the handler
                    raise
                except BaseException as error:  # `sys.exit` too: it would end all further events with it
                    what = f"a handler of the event {event.name} raised {type(error).__name__}: {error}"
                    serving.note("error", what)
            with serving.lock:
                serving.events.popleft()
                serving.session.handled()
                is_last = not serving.events
            serving.flush()
            if is_last:
                return

    async def _handle(self, handler: Handler, event: Event[Any]) -> None:
        typed = handler.event
        if typed is not None:
            try:
                payload = None if typed.payload is None else typed.payload.read(event.payload)
            except DecodeError as error:
                self._serving.note("error", f"the payload of the event {event.name} does not fit: {error}")
                return
        else:
            payload = as_json(event.payload)
        event = Event(event.name, event.stream, event.seq, payload)
        result = handler.function(Context(self._serving, None), event)
        if hasattr(result, "__await__"):
            await self._serving.settle(result)
