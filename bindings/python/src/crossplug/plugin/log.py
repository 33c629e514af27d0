"""``ctx.log``: lines for the host's log. Knows levels; where a line goes is its maker's business."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST_LINE = 16 * 1024
"""Characters of a message that are kept; a log is read by people."""


class Log:
    """Writes to the host's log. Keyword arguments become fields for a machine.

    >>> lines = []
    >>> Log(lambda *line: lines.append(line)).info("stored", note="n1")
    >>> lines
    [('info', 'stored', {'note': 'n1'})]
    """

    __slots__ = ("_write",)

    def __init__(self, write: Callable[[str, str, dict[str, Any] | None], object]) -> None:
        self._write = write

    def log(self, level: str, message: str, /, **fields: Any) -> None:
        """A line of any level: ``trace``, ``debug``, ``info``, ``warn`` or ``error``."""
        if len(message) > LONGEST_LINE:
            message = f"{message[:LONGEST_LINE]}… ({len(message)} characters)"
        self._write(level, message, fields or None)

    def trace(self, message: str, /, **fields: Any) -> None:
        """Every step."""
        self.log("trace", message, **fields)

    def debug(self, message: str, /, **fields: Any) -> None:
        """For whoever looks for a mistake."""
        self.log("debug", message, **fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Worth knowing."""
        self.log("info", message, **fields)

    def warn(self, message: str, /, **fields: Any) -> None:
        """Something is not as it should be."""
        self.log("warn", message, **fields)

    def error(self, message: str, /, **fields: Any) -> None:
        """Something failed."""
        self.log("error", message, **fields)
