"""From bytes to frames and back. Knows lengths and line ends, never what a frame says."""

from __future__ import annotations

FRAME_BYTES = 64 * 1024 * 1024
"""Largest frame unless somebody says otherwise: bytes, without the line end or the length."""


WHITE_SPACE = b" \t\r\n"
"""JSON's; a line of nothing else is no message."""


class FrameTooLargeError(Exception):
    """A frame is beyond the cap. Nothing can be read after it."""


class FrameReader:
    """Takes bytes as they come and gives whole frames.

    >>> reader = FrameReader("length")
    >>> reader.feed(framed(b"{}", "length") + bytes(2))
    >>> reader.next(), reader.next()
    (b'{}', None)
    """

    __slots__ = ("_buffer", "_searched", "framing", "limit")

    def __init__(self, framing: str = "ndjson", limit: int = FRAME_BYTES) -> None:
        self.framing = framing
        """``ndjson`` or ``length``; may change between frames."""
        self.limit = limit
        self._buffer = bytearray()
        self._searched = 0  # bytes of the buffer that hold no line end

    def feed(self, data: bytes) -> None:
        """Takes bytes from the transport."""
        self._buffer += data

    def next(self) -> bytes | None:
        """The next whole frame, or None where more bytes are needed.

        Raises :class:`FrameTooLargeError` for a frame beyond the limit.
        """
        return self._next_line() if self.framing == "ndjson" else self._next_counted()

    def rest(self) -> bytes:
        """What came after the last whole frame. At the end of input it is a frame that was cut off."""
        return bytes(self._buffer).strip(WHITE_SPACE) if self.framing == "ndjson" else bytes(self._buffer)

    def _next_line(self) -> bytes | None:
        buffer = self._buffer
        while True:
            end = buffer.find(10, self._searched)
            if end < 0:
                self._searched = len(buffer)
            if (self._searched if end < 0 else end) > self.limit:
                raise FrameTooLargeError
            if end < 0:
                return None
            with memoryview(buffer) as view:
                frame = bytes(view[:end])
            del buffer[: end + 1]
            self._searched = 0
            if frame.strip(WHITE_SPACE):
                return frame

    def _next_counted(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        length = int.from_bytes(buffer[:4], "big")
        if length > self.limit:
            raise FrameTooLargeError
        if len(buffer) < 4 + length:
            return None
        with memoryview(buffer) as view:
            frame = bytes(view[4 : 4 + length])
        del buffer[: 4 + length]
        return frame


def framed(payload: bytes, framing: str) -> bytes:
    """A message's bytes as they go to the transport.

    >>> framed(b"{}", "length").hex(" ")
    '00 00 00 02 7b 7d'
    """
    if framing == "ndjson":
        return payload + b"\n"
    return len(payload).to_bytes(4, "big") + payload
