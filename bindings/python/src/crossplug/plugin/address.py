"""Where a socket is, as a person writes it, how to get there, and who is at the other end. Knows no plugin."""

from __future__ import annotations

import os
import socket
import sys

from crossplug.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST_PATH = 107 if sys.platform.startswith(("linux", "android")) else 103
"""Of a Unix socket, in bytes, behind which the system wants a zero."""
CAN_ASK = hasattr(socket, "SO_PEERCRED")
"""Whether the system says whose process is at the other end of a Unix socket; elsewhere a token takes its place."""


class Address:
    """``unix:PATH`` or ``tcp:HOST:PORT``."""

    def __init__(self, text: str) -> None:
        kind, _, rest = text.partition(":")
        host, _, port = rest.rpartition(":")
        self.path = rest if kind == "unix" else ""
        """Of a Unix socket; empty for TCP."""
        self.host, self.port = host.strip("[]"), 0
        sound = bool(rest) if kind == "unix" else kind == "tcp" and bool(host) and port.isdecimal()
        if sound and kind == "tcp":
            self.port = int(port)
            sound = self.port < 1 << 16
        if not sound:
            raise UsageError(f"`{text}` is no address; write unix:run/plugin.sock or tcp:127.0.0.1:4000")
        if self.path and not hasattr(socket, "AF_UNIX"):
            raise UsageError(f"there are no Unix sockets here; take tcp:127.0.0.1:PORT in place of {text}")
        length = len(os.fsencode(self.path))
        if length > LONGEST_PATH:
            raise UsageError(
                f"the path {self.path} has {length} bytes, and that of a Unix socket at most {LONGEST_PATH}: take a"
                " shorter one, or TCP"
            )

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"

    def needs_token(self, listens: bool) -> bool:
        """Whether nobody can see there who is at the other end."""
        return not self.path or (listens and not CAN_ASK)

    def connect(self) -> socket.socket:
        """A connection to a host. Raises :class:`OSError`, whose text says what to do."""
        try:
            if not self.path:
                connection = socket.create_connection((self.host, self.port))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.connect(self.path)
        except (FileNotFoundError, ConnectionRefusedError):
            raise OSError(f"nobody listens at {self}; start the host first") from None
        except OSError as error:
            raise OSError(f"{self} cannot be reached: {error}") from None
        why = stranger(connection)
        if why:
            connection.close()
            raise OSError(why)
        return connection


def stranger(connection: socket.socket) -> str | None:
    """Why the process at the other end of a Unix socket is none to talk with; None where it is."""
    if not CAN_ASK:
        return None
    import struct

    try:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError as error:
        return f"the system does not say whose process is at the other end: {error}"
    return judge(os.geteuid(), struct.unpack("iII", credentials)[1])


def judge(own: int, user: int) -> str | None:
    """Why a user's processes are none to talk with, root's included; None for one's own."""
    if user == own:
        return None
    return f"the process at the other end belongs to the user {user}, and this plugin to {own}"


class Listener:
    """A socket on which a plugin listens, made for its user alone."""

    def __init__(self, address: Address) -> None:
        """Raises :class:`UsageError` for a place that makes no sense, :class:`OSError` where the system says no."""
        self.is_unix = bool(address.path)
        self._made: tuple[str, int] | None = None
        if address.path:
            path = os.path.abspath(address.path)
            Address(f"unix:{path}")  # it is longer now
            _close_folder(os.path.dirname(path))
            _clear(path)
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.bind(path)
            os.chmod(path, 0o600)  # nobody came before: the folder is the user's alone
            self._made = path, os.lstat(path).st_ino
            self.address = f"unix:{path}"
            """Where it is, with the port that was found."""
            self._socket.listen()
            return
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((address.host, address.port))
        self._socket.listen()
        found = Address(f"tcp:{address.host}:0")
        found.host, found.port = self._socket.getsockname()[:2]
        self.address = str(found)

    def accept(self) -> socket.socket:
        """Waits for the next connection."""
        connection = self._socket.accept()[0]
        if not self.is_unix:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def take_away(self) -> None:
        """Takes the socket's file away, if it is still the one that was made here."""
        if self._made is None:
            return
        path, number = self._made
        try:
            if os.lstat(path).st_ino == number:
                os.unlink(path)
        except OSError:
            pass  # somebody else did


def _close_folder(folder: str) -> None:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.stat(folder)
    if found.st_uid != os.geteuid():
        why = f"belongs to the user {found.st_uid}"
    elif found.st_mode & 0o077:
        why = f"may be entered by others (mode {found.st_mode & 0o777:o})"
    else:
        return
    raise UsageError(f"the folder {folder} of the socket {why}; take one of your own with mode 700")


def _clear(path: str) -> None:
    """Takes a socket away on which nobody listens any more, and nothing else."""
    import stat

    try:
        found: Any = os.lstat(path)
    except OSError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise OSError(f"nobody can listen at unix:{path}: something lies there that is no socket; take another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        try:
            trial.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise OSError(f"nobody can listen at unix:{path}: somebody listens there already; take another path")
