"""What goes out to the host. Nobody who reads or runs coroutines waits for a host that does not read: what the pipe
does not take at once is written by a thread that has nothing else to do. Knows bytes, not what they say.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from crossplug.protocol.session import Session

    class Sink(Protocol):
        """Where the bytes go."""

        taken: int
        """Bytes that it took in all."""
        dead: bool
        """Nobody takes any more."""

        def write(self, data: bytes) -> bytes:
            """Takes as much as it can without waiting; gives the rest."""

        def finish(self, data: bytes) -> None:
            """Takes everything, however long that lasts."""


MOST_QUEUED = 8 << 20
"""Bytes that may wait for the host to read; a plain handler that says more waits, too."""
MOST_BUFFERED = 128 << 20
"""Bytes after which even reading and the event loop stop until the host reads."""
PATIENCE = 5.0
"""Seconds in which a host must take something at the end, or what is left is lost to it."""


class Output:
    """Writes what a session has to say, in its order, whichever thread comes by."""

    def __init__(self, session: Session, lock: Any, sink: Sink) -> None:
        self._session = session
        self._lock = lock
        self.sink = sink
        self._writing = allocate_lock()
        self._waiting: list[Callable[[], object]] = []

    def flush(self) -> None:
        """Writes as far as it goes without waiting. A thread that is writing takes along what comes meanwhile."""
        out = self._session.out
        while out and self._writing.acquire(False):
            rest = b""
            try:  # a signal may raise here, and what is said at the end must still go out
                rest = self.sink.write(self._take())
            finally:
                if not rest:
                    self._writing.release()
            if rest:
                start_new_thread(self._write_on, (rest,))
                return

    def _write_on(self, rest: bytes) -> None:
        while rest:
            self.sink.finish(rest)
            rest = self._take()
        self._writing.release()
        self.flush()

    def _take(self) -> bytes:
        session = self._session
        out = session.out
        with self._lock:
            data = out[0] if len(out) == 1 else b"".join(out)
            out.clear()
            session.queued = 0
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()
        return data

    def wait_for_room(self, most: int) -> None:
        """Blocks while more than so many bytes wait for the host."""
        session = self._session
        while session.queued > most and not self.sink.dead:
            self.flush()
            gate = allocate_lock()
            gate.acquire()
            with self._lock:
                if session.queued <= most:
                    return
                self._waiting.append(gate.release)
            gate.acquire()

    def finish(self) -> bool:
        """Waits until everything is written; False for a host that takes nothing for :data:`PATIENCE` seconds."""
        taken, since = -1, monotonic()
        while not self.sink.dead:
            self.flush()
            if self._writing.acquire(True, 0.05):
                self._writing.release()
                if not self._session.out:
                    return True
            if self.sink.taken != taken:
                taken, since = self.sink.taken, monotonic()
            elif monotonic() - since > PATIENCE:
                return False
        return True


class Pipe:
    """The plugin's end of a pipe, a socket or whatever else the host gave it for a stdout."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.taken = 0
        self.dead = False
        kind = os.fstat(fd).st_mode & 0o170000
        # A terminal or a file is shared with others, who would not expect it; a pipe's end is ours alone.
        os.set_blocking(fd, kind not in (0o010000, 0o140000))

    def write(self, data: bytes) -> bytes:
        """Writes what the pipe has room for, and gives the rest."""
        try:
            while data and not self.dead:
                done = os.write(self._fd, data)
                self.taken += done
                if done == len(data):
                    return b""
                data = data[done:]
        except BlockingIOError:
            return data
        except OSError:
            self.dead = True  # the host is gone; the end of input follows
        return b""

    def finish(self, data: bytes) -> None:
        """Writes everything, however slowly the host reads."""
        from select import POLLOUT, poll

        room = poll()
        room.register(self._fd, POLLOUT)
        view = memoryview(data)
        while view and not self.dead:
            room.poll()
            try:
                done = os.write(self._fd, view)
                self.taken += done
                view = view[done:]
            except BlockingIOError:
                pass
            except OSError:
                self.dead = True
