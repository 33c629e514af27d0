"""``crossplug/1``: the message as it is. Knows its two encodings and nothing of requests in flight."""

from __future__ import annotations

from crossplug.codec.msgpack import pack, unpack
from crossplug.codec.text import dump, parse
from crossplug.protocol.frame import FRAME_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Crossplug:
    """One side of a conversation in the protocol's own dialect."""

    name = "crossplug/1"
    frame_bytes = FRAME_BYTES
    has_log = True
    reaches_host = True

    def __init__(self) -> None:
        self.native = False
        self.read: Callable[[bytes], Any] = parse
        self.write: Callable[[dict[str, Any]], bytes] = dump

    def settle(self, encoding: str) -> None:
        """What the handshake chose."""
        self.native = encoding == "msgpack"
        if self.native:
            self.read, self.write = unpack, pack

    def open(self, manifest: dict[str, Any]) -> list[bytes]:
        """Nothing: the host speaks first."""
        return []

    def unreadable(self, message: str) -> bytes:
        """``parseError`` without an id, as JSON-RPC asks."""
        error = {"code": -32700, "message": message, "data": {"code": "parseError"}}
        return self.write({"jsonrpc": "2.0", "id": None, "error": error})
