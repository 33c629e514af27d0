"""A plugin in this process that takes and gives frames through queues. Knows nothing of what is said."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from crossplug.plugin.inside import Inside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.plugin import Plugin


class MemoryPlugin:
    """Runs a plugin as a process would, but for pipes, signals and prints."""

    def __init__(self, plugin: Plugin, manifest: dict[str, Any], dialect: str = "crossplug/1") -> None:
        self.output: SimpleQueue[bytes | None] = SimpleQueue()
        """What the plugin writes: bytes, then None at its end."""
        self._incoming: SimpleQueue[bytes] = SimpleQueue()
        self._inside = Inside(plugin, manifest, self._incoming.get, self.output.put, dialect)
        self.serving = self._inside.serving
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
        return None if self._thread.is_alive() else self._inside.code

    def _run(self) -> None:
        self._inside.run()
        self.output.put(None)
