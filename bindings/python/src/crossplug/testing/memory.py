"""A plugin in this process that takes and gives frames through queues. Knows nothing of what is said."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from crossplug.plugin.input import Input
from crossplug.plugin.lifecycle import drain, stop
from crossplug.plugin.readers import Readers
from crossplug.plugin.serving import Serving
from crossplug.protocol.dialect import by_name
from crossplug.protocol.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.plugin import Plugin


class _Queue:
    """Takes all bytes at once, for whoever reads them from the queue."""

    def __init__(self) -> None:
        self.bytes: SimpleQueue[bytes | None] = SimpleQueue()
        self.taken = 0
        self.dead = False

    def write(self, data: bytes) -> bytes:
        self.taken += len(data)
        self.bytes.put(data)
        return b""

    def finish(self, data: bytes) -> None:
        self.write(data)


class MemoryPlugin:
    """Runs a plugin as a process would, but for pipes, signals and prints."""

    def __init__(self, plugin: Plugin, manifest: dict[str, Any], dialect: str = "crossplug/1") -> None:
        sink = _Queue()
        self.output = sink.bytes
        """What the plugin writes: bytes, then None at its end."""
        self.serving = Serving(plugin, Session(by_name(dialect)), manifest, sink)
        self._incoming: SimpleQueue[bytes] = SimpleQueue()
        self._frames = Input(self.serving, self._incoming.get)
        self._thread = threading.Thread(target=self._run, name="crossplug plugin", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Bytes for the plugin's input."""
        if data:
            self._incoming.put(data)

    def close_input(self) -> None:
        """The end of the plugin's input."""
        self._incoming.put(b"")

    def wait(self, timeout: float) -> int | None:
        """Waits for the plugin's end and gives the code that a process would exit with; None after ``timeout``
        seconds.
        """
        self._thread.join(timeout)
        return None if self._thread.is_alive() else int(self._frames.broken)

    def _run(self) -> None:
        self.serving.open()
        Readers(self.serving, self._frames.next).run()
        drain(self.serving)
        stop(self.serving)
        self.serving.flush()
        self.output.put(None)
