"""Events of the host and their handlers: one event after the other, in the order in which they came."""

from __future__ import annotations

from crossplug.plugin.context import Context
from crossplug.protocol.exchange import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.handler import Handler
    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Event


class EventTask(Request):
    """Handles the events that wait, in the shape of a request that nobody answers."""

    __slots__ = ("_serving",)

    def __init__(self, serving: Serving) -> None:
        super().__init__(0, "$/event", None, None, None)
        self._serving = serving

    @classmethod
    def put(cls, serving: Serving, event: Event) -> EventTask | None:
        """Lets an event wait for its turn; gives the task that has to be run, unless one is running."""
        with serving.lock:
            serving.events.append(event)
            return cls(serving) if len(serving.events) == 1 else None

    def run(self) -> None:
        """Handles events until none waits. What a handler raises is logged."""
        serving = self._serving
        while True:
            event = serving.events[0]  # stays there while it is handled, so that only one task runs
            for handler in serving.plugin.event_handlers[event.name]:
                try:
                    self._call(handler, event)
                except Exception as error:
                    _complain(serving, event.name, error)
            with serving.lock:
                serving.events.popleft()
                if not serving.events:
                    return

    def _call(self, handler: Handler, event: Event) -> None:
        ctx = Context(self._serving, None)
        typed = handler.event
        if typed is None:
            result = handler.function(ctx, event.payload)
        elif typed.payload is None:
            result = handler.function(ctx)
        else:
            result = handler.function(ctx, typed.payload.read(event.payload))
        if hasattr(result, "__await__"):
            self._serving.loop().start(_logged(self._serving, event.name, result), None)


async def _logged(serving: Serving, name: str, result: Any) -> None:
    try:
        await result
    except Exception as error:
        _complain(serving, name, error)


def _complain(serving: Serving, name: str, error: Exception) -> None:
    serving.log.error(f"a handler of the event {name} raised {type(error).__name__}: {error}")
