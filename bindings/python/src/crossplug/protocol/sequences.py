"""The order of events: a number that counts up by one in each stream and direction. Knows no message."""

from __future__ import annotations

MOST = 4096
"""Streams that are remembered. Beyond it the half that was unused for longest is forgotten; a sender may not forget a
stream before it has used 2,000 others."""

LONGEST_NAME = 1024
"""Bytes of the name of an event, and of its stream."""


class Sequences:
    """The last number of each stream; events without a stream (None) form one of their own.

    >>> sent = Sequences()
    >>> sent.note("s", sent.next("s"))
    >>> sent.next("s"), sent.next(None)
    (2, 1)
    """

    __slots__ = ("_forgot", "_named", "_unnamed")

    def __init__(self) -> None:
        self._unnamed = 0
        self._named: dict[str, int] = {}  # in the order of their last use
        self._forgot = False

    def __len__(self) -> int:
        return len(self._named)

    def next(self, stream: str | None) -> int:
        """The number that the next event of a stream has."""
        return 1 + (self._unnamed if stream is None else self._named.get(stream, 0))

    def may_follow(self, stream: str | None, seq: int) -> bool:
        """Whether a peer's number may come now: the next one, or 1 where the peer forgot the stream. Of a stream that
        was forgotten here, any.
        """
        if seq == self.next(stream) or stream is None:
            return seq == self.next(stream)
        return seq == 1 or (seq > 1 and self._forgot and stream not in self._named)

    def note(self, stream: str | None, seq: int) -> None:
        """An event with this number was sent or seen."""
        if stream is None:
            self._unnamed = seq
            return
        named = self._named
        named.pop(stream, None)
        if len(named) >= MOST:
            self._forgot = True
            for name in list(named)[: MOST // 2]:
                del named[name]
        named[stream] = seq


def is_too_long(name: str | None) -> bool:
    """Whether an event or a stream must not be called so."""
    return name is not None and len(name) * 4 > LONGEST_NAME and len(name.encode("utf-8", "replace")) > LONGEST_NAME
