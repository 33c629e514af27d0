"""What becomes of an author's prints: they go to stderr and, line by line, to the host's log. Never to the protocol."""

from __future__ import annotations

import io
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST_LINE = 16 * 1024
"""Bytes of a line after which the rest counts as the next line."""


class _Lines(io.RawIOBase):
    def __init__(self, fd: int, line: Callable[[str], object]) -> None:
        self._fd = fd
        self._line = line
        self._rest = b""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def write(self, data: bytes) -> int:  # type: ignore[override]
        data = bytes(data)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            pass  # nobody reads stderr; the log is still there
        *lines, rest = (self._rest + data).split(b"\n")
        while len(rest) > LONGEST_LINE:
            lines.append(rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE:]
        self._rest = rest
        for line in lines:
            self._line(line.decode("utf-8", "replace"))
        return len(data)


def prints_to(fd: int, line: Callable[[str], object]) -> io.TextIOWrapper:
    """A text stream to take the place of ``sys.stdout``: writes to ``fd`` and calls ``line`` for each whole line."""
    raw: Any = _Lines(fd, line)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True)
