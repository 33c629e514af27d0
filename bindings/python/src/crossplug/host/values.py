"""What a host is told by its plugins and about them. Plain values; knows nobody who makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from crossplug.codec.generic import Generic, T

if TYPE_CHECKING:
    from crossplug.host.errors import HostError


class Progress(NamedTuple):
    """What a plugin says of a call under way."""

    fraction: float | None
    """0 to 1."""
    message: str | None
    """For a person."""


class LogLine(NamedTuple):
    """One log line about a plugin."""

    plugin: str
    """Name of the plugin."""
    source: str
    """``plugin``: it logged the line; ``stderr`` or ``stdout``: its process wrote it; ``host``: the host says it."""
    level: str
    """``trace``, ``debug``, ``info``, ``warn`` or ``error``."""
    message: str
    fields: dict[str, Any]
    """For a machine; empty where there are none."""


class PluginEvent(Generic[T]):
    """An event that a plugin emitted."""

    __slots__ = ("name", "payload", "plugin", "seq", "stream")

    def __init__(self, plugin: str, name: str, stream: str | None, seq: int, payload: T) -> None:
        self.plugin = plugin
        """Name of the plugin."""
        self.name = name
        """On the wire: ``note.changed``."""
        self.stream = stream
        """The ordered sequence that it belongs to; None: that of the events without one."""
        self.seq = seq
        """Counts up by one in a stream, from 1."""
        self.payload = payload
        """A typed value for a handler of a typed event, else a JSON value."""

    def __repr__(self) -> str:
        parts = f"{self.plugin!r}, {self.name!r}, {self.stream!r}, {self.seq!r}, {self.payload!r}"
        return f"PluginEvent({parts})"


class Ending(NamedTuple):
    """What a plugin came to."""

    error: HostError | None
    """Why it ended, where nobody had asked it to."""
    status: str | None
    """How its process ended: ``exit status: 0``, ``signal: 9 (SIGKILL)``."""


class InterfaceVersion(NamedTuple):
    """What a plugin implements."""

    version: str
    hash: str | None
    """SHA-256, lower-case hex, of the document without descriptions."""


class Limits(TypedDict, total=False):
    """Caps of a host; what is left out is as the host has it by itself."""

    frame_bytes: int
    """Largest message."""
    depth: int
    """Deepest nesting of a message."""
    pending_calls: int
    """Requests in flight, each direction."""
    open_streams: int
    """Requests in flight that stream."""
    buffered_bytes: int
    """Bytes that may wait to be written to a plugin."""


class _Instances(TypedDict):
    instances: int
    """Plugins that are there at once."""


class WasmPool(_Instances, total=False):
    """How many WebAssembly plugins a host holds at once; and what makes another one of a module quick to load is kept.

    A load beyond that many raises ``ResourceExhaustedError``, which is ``retryable``. Together they take ``instances``
    times ``memory_bytes`` at most.
    """

    memory_bytes: int
    """Bytes of memory of one of them; 64 MiB where it is left out."""
    modules: int
    """Modules and components whose code stays in memory; 16 where it is left out."""


class Patience(TypedDict, total=False):
    """Seconds that a plugin gets at each step of being stopped before the next, ruder one."""

    shutdown: float
    """To finish what is in flight and answer ``shutdown``."""
    end_of_input: float
    """To end after the end of its input."""
    terminate: float
    """To end after SIGTERM; then it is killed."""
