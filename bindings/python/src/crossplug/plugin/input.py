"""What comes in from the host: bytes, cut into frames. Knows where frames begin and end, not what they say."""

from __future__ import annotations

import sys

from crossplug.protocol.frame import FrameReader, FrameTooLargeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crossplug.plugin.serving import Serving


class Input:
    """The frames of one conversation."""

    def __init__(self, serving: Serving, read: Callable[[], bytes]) -> None:
        """``read`` gives the next bytes, none at the end."""
        self._serving = serving
        self._read = read
        self._reader = FrameReader()
        self.broken = False
        """It ended with a frame beyond the cap, and not because the host closed it."""

    def next(self) -> bytes | None:
        """The next frame; None at the end. The host is told of a frame that is too large, which is the end, too."""
        reader, session = self._reader, self._serving.session
        while not self.broken:
            reader.framing, reader.limit = session.framing, session.most_bytes
            try:
                frame = reader.next()
            except FrameTooLargeError:
                self.broken = True
                with self._serving.lock:
                    session.too_large()
                self._serving.flush()
                return None
            if frame is not None:
                return frame
            data = self._read()
            if not data:
                rest = len(reader.rest())
                if rest:
                    print(f"crossplug: the input ended within a message, {rest} bytes after its begin", file=sys.stderr)
                return None
            reader.feed(data)
        return None
