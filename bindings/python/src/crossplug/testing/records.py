"""What the test kit has seen of its plugin. Plain data."""

from __future__ import annotations

from typing import Any, NamedTuple


class LogLine(NamedTuple):
    """What ``ctx.log`` said."""

    level: str
    message: str
    fields: dict[str, Any]


class Emitted(NamedTuple):
    """An event that the plugin emitted; ``payload`` is a JSON value."""

    name: str
    stream: str | None
    seq: int
    payload: Any


class ServiceCall(NamedTuple):
    """A call of a service of the host, with its params as a JSON value."""

    service: str
    params: Any


class Progress(NamedTuple):
    """What ``ctx.progress`` said."""

    fraction: float | None
    message: str | None
