"""What a session needs of a dialect, and which one a name means. Imports none before somebody wants it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Dialect(Protocol):
        """What a session needs of a dialect."""

        name: str
        frame_bytes: int
        """Largest frame that the peer takes unless it says otherwise."""
        has_log: bool
        """Whether the peer keeps a log for the plugin."""
        reaches_host: bool
        """Whether the plugin may call services and emit events."""
        native: bool
        """Whether messages hold 64-bit integers and bytes as such: they are MessagePack."""

        def settle(self, encoding: str) -> None:
            """Takes over what the handshake chose."""

        def open(self, manifest: dict[str, Any]) -> list[bytes]:
            """What the plugin says before it is asked."""

        def read(self, frame: bytes) -> Any:
            """The message in a frame. Raises :class:`DecodeError` where there is none."""

        def write(self, message: dict[str, Any]) -> bytes | None:
            """The frame of a message; None where the dialect has no word for it."""

        def unreadable(self, message: str) -> bytes:
            """The answer to a frame that holds no message at all."""


def by_name(name: str, debug: bool = False) -> Dialect:
    """The dialect of a name, for one conversation. ``debug``: whether errors carry stack traces where the dialect
    leaves that to the plugin's surroundings. Raises :class:`UsageError` for an unknown name.
    """
    if name == "elizaos-bridge/1":
        from crossplug.protocol.dialect.elizaos import ElizaOs

        return ElizaOs(debug)
    if name == "crossplug/1":
        from crossplug.protocol.dialect.crossplug import Crossplug

        return Crossplug()
    from crossplug.errors import UsageError

    raise UsageError(f"no dialect is named {name!r}; there are 'crossplug/1' and 'elizaos-bridge/1'")
