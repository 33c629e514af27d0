"""What becomes of an author's prints: the host's log has them line by line, or else stderr. Never the protocol."""

from __future__ import annotations

import io
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST_LINE = 16 * 1024
"""Bytes of a line that is passed on in one piece."""


def piece(line: bytes) -> int:
    """How much of a long line is its first piece: no character is broken, as far as there are any."""
    ends = range(LONGEST_LINE, LONGEST_LINE - 4, -1)
    return next((end for end in ends if line[end] & 0xC0 != 0x80), LONGEST_LINE)


class _Lines(io.RawIOBase):
    def __init__(self, fd: int, log: Callable[[str], bool]) -> None:
        self._fd = fd
        self._log = log
        self._rest = b""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def write(self, data: bytes) -> int:  # type: ignore[override]
        data = bytes(data)
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = b""
        for line in lines:
            self._say(self._shorten(line[:-1] if line.endswith(b"\r") else line))
        self._rest = self._shorten(rest)
        return len(data)

    def _shorten(self, line: bytes) -> bytes:
        """Says a long line in pieces; gives the last one, which may be the whole line."""
        while len(line) > LONGEST_LINE:
            end = piece(line)
            self._say(line[:end], b"")
            line = line[end:]
        return line

    def end(self) -> None:
        rest, self._rest = self._rest, b""
        if rest:
            self._say(rest)

    def _say(self, line: bytes, end: bytes = b"\n") -> None:
        """What goes to stderr ends there as it ended here."""
        if self._log(line.decode("utf-8", "replace")):
            return
        left = memoryview(line + end)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            pass  # nobody reads stderr


class Prints(io.TextIOWrapper):
    """A text stream to take the place of ``sys.stdout``: each whole line goes to ``log``, and to ``fd`` where that says
    that there is no log (yet).
    """

    def __init__(self, fd: int, log: Callable[[str], bool]) -> None:
        self._lines = _Lines(fd, log)
        raw: Any = self._lines
        super().__init__(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def end(self) -> None:
        """Says the line that was begun and not ended."""
        self.flush()
        self._lines.end()
