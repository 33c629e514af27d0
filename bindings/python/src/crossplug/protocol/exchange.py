"""One request in flight and its streams, seen from the side that keeps it. Knows nothing of other requests."""

from __future__ import annotations

from collections import deque

from crossplug.codec.generic import Generic, P

WINDOW_ITEMS = 64
"""Items that may wait in a receiver: enough to hide the way there and back."""
WINDOW_BYTES = 1 << 20
"""Bytes that may wait in a receiver; one more item may overdraw them."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crossplug.errors import PluginError


class Exchange:
    """What both directions share: credit for what is sent, an inbox for what comes."""

    __slots__ = (
        "cancelled",
        "cut",
        "draining",
        "ended",
        "id",
        "inbox",
        "method",
        "over",
        "owed_bytes",
        "owed_items",
        "send_bytes",
        "send_items",
        "streaming",
        "wakers",
    )

    def __init__(self, id: int | str, method: str) -> None:
        self.id = id
        self.method = method
        self.over = False
        """Answered: nothing more may be said about it."""
        self.cancelled = False
        self.ended = False
        """The peer will send no more items."""
        self.cut = False
        """The peer is gone: neither items nor credit come any more, though the stream has not ended."""
        self.streaming = False
        """The peer was given credit: the exchange counts as an open stream until it is answered."""
        self.draining = False
        """Nobody takes the items; they are dropped as they come."""
        self.send_items = 0
        """Items that may still be sent."""
        self.send_bytes = 0
        """Bytes that may still be sent; the last item may overdraw them."""
        self.owed_items = 0
        """Items that the peer may still send."""
        self.owed_bytes = 0
        self.inbox: deque[tuple[Any, int]] = deque()
        """Items that came and were not taken yet, with their bytes."""
        self.wakers: list[Callable[[], object]] = []
        """Called once at the next change; then forgotten. They must be quick and must not call the session."""

    def wake(self) -> None:
        """Tells whoever waits that something changed."""
        if self.wakers:
            wakers, self.wakers = self.wakers, []
            for wake in wakers:
                wake()

    def may_send(self) -> bool:
        """Whether both credits allow one more item."""
        return self.send_items > 0 and self.send_bytes > 0


class Request(Exchange):
    """A request of the host that the plugin has to answer."""

    __slots__ = ("asked", "attached", "on_cancel", "params", "timeout_ms", "traceparent")

    def __init__(
        self, id: int | str, method: str, params: Any, timeout_ms: int | None, traceparent: str | None
    ) -> None:
        super().__init__(id, method)
        self.params = params
        self.timeout_ms = timeout_ms
        self.traceparent = traceparent
        self.on_cancel: list[Callable[[], object]] = []
        self.asked: set[Asked] = set()
        """What was asked of the host in order to answer it, and has no reply yet."""
        self.attached: Any = None
        """Whatever the owner of the session keeps with it."""


class Asked(Exchange):
    """A request of the plugin that the host has to answer."""

    __slots__ = ("error", "request", "result")

    def __init__(self, id: int, method: str, request: Request | None) -> None:
        super().__init__(id, method)
        self.request = request
        """The request of the host that it serves; None: it serves none."""
        self.result: Any = None
        self.error: PluginError | None = None

    def close(self) -> None:
        """Nothing more comes: there is a reply, or nobody waits for one."""
        self.over = self.ended = True
        if self.request is not None:
            self.request.asked.discard(self)
        self.wake()


class Event(Generic[P]):
    """Something that happened at the host: what a handler of the event gets.

    >>> Event("note.changed", "notes", 1, {"id": "n1"})
    Event('note.changed', 'notes', 1, {'id': 'n1'})
    """

    __slots__ = ("name", "payload", "seq", "stream")

    def __init__(self, name: str, stream: str | None, seq: int, payload: P) -> None:
        self.name = name
        """On the wire."""
        self.stream = stream
        """Names the ordered sequence that it belongs to; None: the one without a name."""
        self.seq = seq
        """Position in the sequence, from 1."""
        self.payload = payload
        """What happened."""

    def __repr__(self) -> str:
        return f"Event({self.name!r}, {self.stream!r}, {self.seq!r}, {self.payload!r})"


class Cancel:
    """The host no longer wants an answer."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request


class Initialize:
    """The host's first request: the owner of the session answers it with a result or an error."""

    __slots__ = ("params", "request")

    def __init__(self, request: Request, params: Any) -> None:
        self.request = request
        self.params = params
