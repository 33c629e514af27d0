"""``--listen`` and ``--connect``: a plugin that talks over sockets, with one host after another or with one.

What is between two hosts is the author's to keep. `schema/README.md` section 10 is the law. Knows threads, file
descriptors and the end of the process; nothing of what is said.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from _thread import allocate_lock, start_new_thread
from time import monotonic, sleep

from crossplug.plugin.address import Address, Listener, stranger
from crossplug.plugin.guard import Guard, token_of
from crossplug.plugin.input import Input
from crossplug.plugin.lifecycle import drain, stop
from crossplug.plugin.output import Pipe
from crossplug.plugin.prints import Prints
from crossplug.plugin.readers import Readers
from crossplug.plugin.serving import Serving
from crossplug.protocol.dialect import by_name
from crossplug.protocol.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.loop import LoopThread
    from crossplug.plugin.plugin import Plugin

READ_BYTES = 1 << 16
"""Bytes asked for in one read."""
FIRST_WORD = 10.0
"""Seconds after which a connection that has said nothing says nothing worth waiting for."""
FIRST_FRAME = 8 << 20
"""Bytes of the largest first message: a configuration."""
MOST_MUTE = 16
"""Connections that have said nothing yet."""
FAREWELL = 1.0
"""Seconds that a host has to hang up that is turned away."""
NO_ROOM = 0.1
"""Seconds to wait where the system has no room for a further connection."""
BUSY = (
    b'{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"another host has the plugin at the moment",'
    b'"data":{"code":"unavailable","retryable":true}}}\n'
)
"""What a host is told that finds another one."""


def listen(plugin: Plugin, manifest: dict[str, Any], address: Address) -> None:
    """Says on stdout where it listens, and serves one host after another, until SIGTERM."""
    token = token_of(address, listens=True)
    listener = Listener(address)
    server = _Server(plugin, manifest, token)
    sys.stdout.flush()
    os.write(1, json.dumps({"listening": listener.address}, separators=(",", ":")).encode() + b"\n")
    _take_stdio()
    sys.stdout = server.prints = Prints(2, server.log_print)

    def wind_up() -> None:
        listener.take_away()
        server.end()
        server.prints.end()
        sys.stderr.flush()
        os._exit(0)

    _on_sigterm(wind_up, server.hurry)
    try:
        while True:
            try:
                connection = listener.accept()
            except OSError as error:
                print(f"a connection could not be taken: {error}", file=sys.stderr)
                sleep(NO_ROOM)
                continue
            why = stranger(connection) if listener.is_unix else None
            if why:
                print(f"a connection was refused: {why}", file=sys.stderr)
            if why or server.mute >= MOST_MUTE:
                connection.close()
                continue
            server.count(1)
            start_new_thread(server.welcome, (connection,))
    finally:
        listener.take_away()


def connect(plugin: Plugin, manifest: dict[str, Any], address: Address) -> int:
    """Serves one host that listens. Gives the exit code."""
    token = token_of(address, listens=False)
    connection = address.connect()
    server = _Server(plugin, manifest, "", token)
    sys.stdout.flush()
    _take_stdio()
    sys.stdout = server.prints = Prints(2, server.log_print)
    talk = server.begin(connection, b"")
    talk.ended = allocate_lock()
    talk.ended.acquire()
    _on_sigterm(server.end, server.hurry)
    start_new_thread(talk.run, ())
    talk.ended.acquire()
    server.prints.end()
    return int(talk.frames.broken)


class _Talk:
    """A conversation with one host."""

    def __init__(self, server: _Server, connection: socket.socket, first: bytes) -> None:
        self._server = server
        self.connection = connection
        self._first = first
        dialect = by_name("crossplug/1", False)
        self.serving = Serving(server.plugin, Session(dialect), server.manifest, Pipe(connection.fileno()))
        self.serving.guard = Guard(server.asked, server.shown, self._turn_away)
        self.frames = Input(self.serving, self._read)
        self.readers = Readers(self.serving, self.frames.next)
        self.readers.on_end = self.over
        self._over = allocate_lock()
        self.ended: Any = None
        """Let go when nothing is left of it, where somebody waits."""

    def run(self) -> None:
        """Serves until the host is done."""
        self.serving.open()
        self.readers.run()

    def over(self) -> None:
        """The input has ended: what is in flight may finish, the plugin stops, then the seat is free."""
        if not self._over.acquire(False):
            return
        drain(self.serving)
        stop(self.serving)
        self._server.prints.end()
        self.serving.output.finish()
        # First, so that whoever sees the connection end finds the seat free.
        self._server.leave(self)
        self._hang_up()
        if self.ended is not None:
            self.ended.release()

    def is_closing(self) -> bool:
        """Whether the host says nothing more."""
        return self.readers.ended or _has_hung_up(self.connection)

    def _read(self) -> bytes:
        first, self._first = self._first, b""
        if first:
            return first
        while True:
            try:
                return self.connection.recv(READ_BYTES)
            except BlockingIOError:  # one socket for both directions, and the output must not wait
                _wait_for(self.connection)
            except OSError:
                return b""

    def _turn_away(self) -> None:
        try:
            self.connection.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # it has gone by itself

    def _hang_up(self) -> None:
        self.serving.output.sink.dead = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has gone by itself
        if not self.serving.in_flight():
            self.connection.close()  # else who still runs may write to its number, which shall not be another one's


class _Server:
    """One host at a time."""

    def __init__(self, plugin: Plugin, manifest: dict[str, Any], asked: str, shown: str = "") -> None:
        self.plugin, self.manifest, self.asked, self.shown = plugin, manifest, asked, shown
        self.mute = 0
        """Connections that have said nothing yet."""
        self.prints: Any = None
        self._lock = allocate_lock()
        self._talk: _Talk | None = None
        self._shut = False
        self._coroutines: LoopThread | None = None

    def log_print(self, line: str) -> bool:
        """Puts a line that an author printed into the log of the host that is there."""
        talk = self._talk
        return talk is not None and talk.serving.log_print(line)

    def count(self, more: int) -> None:
        """There are so many more connections that have said nothing."""
        with self._lock:
            self.mute += more

    def welcome(self, connection: socket.socket) -> None:
        """Waits for the first word of a connection, and then for the seat."""
        first = _first_line(connection)
        self.count(-1)
        if not first:
            connection.close()
            return
        talk = self._take(connection, first)
        if talk is None:
            _turn_away(connection)
        else:
            talk.run()

    def begin(self, connection: socket.socket, first: bytes) -> _Talk:
        """A conversation, which has the seat."""
        self._talk = talk = _Talk(self, connection, first)
        # Coroutines of all conversations share a loop: what the author keeps belongs to it.
        if self._coroutines is not None:
            talk.serving.coroutines = self._coroutines
            self._coroutines.serve(talk.serving)
        return talk

    def _take(self, connection: socket.socket, first: bytes) -> _Talk | None:
        while True:
            with self._lock:
                if self._shut:
                    return None
                talk = self._talk
                if talk is None:
                    return self.begin(connection, first)
            if not talk.is_closing():
                return None
            talk.serving.hurried = True
            sleep(0.005)

    def leave(self, talk: _Talk) -> None:
        """The conversation is over."""
        with self._lock:
            self._coroutines = talk.serving.coroutines
            if self._talk is talk:
                self._talk = None

    def end(self) -> None:
        """Ends the conversation that is under way, as if the host said nothing more."""
        with self._lock:
            self._shut = True
            talk = self._talk
        if talk is None:
            return
        if not talk.readers.ended:
            talk.readers.end()
            talk.over()
        while self._talk is talk:
            sleep(0.005)

    def hurry(self) -> None:
        """What is in flight gets no grace any more."""
        talk = self._talk
        if talk is not None:
            talk.serving.hurried = True


def _first_line(connection: socket.socket) -> bytes:
    """What comes up to the first line feed; empty where it does not come."""
    data, until = b"", monotonic() + FIRST_WORD
    try:
        while b"\n" not in data and len(data) <= FIRST_FRAME:
            connection.settimeout(max(0.001, until - monotonic()))
            more = connection.recv(READ_BYTES)
            if not more:
                return b""
            data += more
        connection.settimeout(None)
    except OSError:
        return b""
    return data if b"\n" in data else b""


def _turn_away(connection: socket.socket) -> None:
    """Tells a host that another one is there. It has said something: hanging up at once would take our word back."""
    try:
        with connection:
            connection.settimeout(FAREWELL)
            connection.sendall(BUSY)
            connection.shutdown(socket.SHUT_WR)
            until = monotonic() + FAREWELL
            while connection.recv(READ_BYTES) and monotonic() < until:
                pass
    except OSError:
        pass  # it has gone by itself


def _has_hung_up(connection: socket.socket) -> bool:
    hung_up = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)
    poll = select.poll()
    try:
        poll.register(connection, getattr(select, "POLLRDHUP", 0))
        return any(event & hung_up for _, event in poll.poll(0))
    except (OSError, ValueError):
        return True


def _wait_for(connection: socket.socket) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.poll()


def _take_stdio() -> None:
    """From here on stdin is empty, and what goes to the file of stdout goes to stderr."""
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _on_sigterm(wind_up: Any, hurry: Any) -> None:
    """SIGTERM is the end of the input; one behind it ends the grace."""
    import signal

    seen = False

    def terminate(number: int, frame: object) -> None:
        nonlocal seen
        if seen:
            hurry()
        else:
            seen = True
            start_new_thread(wind_up, ())

    try:
        signal.signal(signal.SIGTERM, terminate)
    except ValueError:
        pass  # not the main thread: whoever started us deals with signals
