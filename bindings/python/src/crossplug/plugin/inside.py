"""A plugin in its host's own process: messages go both ways in memory. Pipes, signals and prints are the program's."""

from __future__ import annotations

from crossplug.plugin.input import Input
from crossplug.plugin.lifecycle import drain, stop
from crossplug.plugin.readers import Readers
from crossplug.plugin.serving import Serving
from crossplug.protocol.dialect import by_name
from crossplug.protocol.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crossplug.plugin.plugin import Plugin


class _Sink:
    """Takes all bytes at once."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.taken = 0
        self.dead = False

    def write(self, data: bytes) -> bytes:
        self.taken += len(data)
        self._write(data)
        return b""

    def finish(self, data: bytes) -> None:
        self.write(data)


class Inside:
    """One conversation of a plugin with the host around it."""

    def __init__(
        self,
        plugin: Plugin,
        manifest: dict[str, Any],
        read: Callable[[], bytes],
        write: Callable[[bytes], object],
        dialect: str = "crossplug/1",
    ) -> None:
        """``read`` waits for bytes of the host and gives none at the end, ``write`` takes those of the plugin."""
        self.serving = Serving(plugin, Session(by_name(dialect)), manifest, _Sink(write))
        self._frames = Input(self.serving, read)

    @property
    def code(self) -> int:
        """What a process would exit with."""
        return int(self._frames.broken)

    def run(self) -> None:
        """Serves on this thread, and on others as need be, until the host has no more to say."""
        serving = self.serving
        serving.open()
        Readers(serving, self._frames.next).run()
        drain(serving)
        stop(serving)
        serving.flush()
        serving.close()
