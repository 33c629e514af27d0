"""Shapes of a message as bytes. Inside, a message is a JSON-RPC dict; a dialect says how the peer spells it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Dialect(Protocol):
        """What a session needs of a dialect."""

        name: str
        logs: bool
        """Whether ``$/log`` can be said."""

        def open(self, manifest: dict[str, Any]) -> list[bytes]:
            """What the plugin says before it is asked."""

        def read(self, frame: bytes) -> Any:
            """The message in a frame. Raises :class:`DecodeError` where there is none."""

        def write(self, message: dict[str, Any]) -> bytes | None:
            """The frame of a message; None where the dialect has no word for it."""

        def unreadable(self, message: str) -> bytes:
            """The answer to a frame that is not JSON."""


def by_name(name: str) -> Dialect:
    """The dialect of a name, for one conversation."""
    if name == "elizaos-bridge/1":
        from crossplug.protocol.dialect.elizaos import ElizaOs

        return ElizaOs()
    if name == "crossplug/1":
        from crossplug.protocol.dialect.crossplug import Crossplug

        return Crossplug()
    from crossplug.errors import UsageError

    raise UsageError(f"no dialect is named {name!r}; there are 'crossplug/1' and 'elizaos-bridge/1'")
