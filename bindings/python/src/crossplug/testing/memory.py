"""A plugin in this process that takes and gives frames through queues. Knows nothing of what is said."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from crossplug.plugin.lifecycle import drain, stop
from crossplug.plugin.readers import Readers
from crossplug.plugin.serving import Serving
from crossplug.protocol.dialect import by_name
from crossplug.protocol.frame import FrameReader
from crossplug.protocol.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.plugin import Plugin


class MemoryPlugin:
    """Runs a plugin as a process would, but for pipes, signals and prints."""

    def __init__(self, plugin: Plugin, manifest: dict[str, Any], dialect: str = "crossplug/1") -> None:
        self.output: SimpleQueue[bytes | None] = SimpleQueue()
        """What the plugin writes: bytes, then None at its end."""
        self._input: SimpleQueue[bytes | None] = SimpleQueue()
        self._session = Session(by_name(dialect))
        self.serving = Serving(plugin, self._session, manifest, self.output.put)
        self._reader = FrameReader()
        self._thread = threading.Thread(target=self._run, name="crossplug plugin", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Bytes for the plugin's input."""
        self._input.put(data)

    def close_input(self) -> None:
        """The end of the plugin's input."""
        self._input.put(None)

    def wait(self, timeout: float) -> bool:
        """Waits for the plugin's end; False after ``timeout`` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self.serving.open()
        Readers(self.serving, self._next_frame).run()
        drain(self.serving)
        stop(self.serving)
        self.serving.flush()
        self.output.put(None)

    def _next_frame(self) -> bytes | None:
        while True:
            self._reader.framing = self._session.framing
            frame = self._reader.next()
            if frame is not None:
                return frame
            data = self._input.get()
            if data is None:
                return None
            self._reader.feed(data)
