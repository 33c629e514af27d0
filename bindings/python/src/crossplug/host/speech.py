"""Values as payloads, in the encodings that plugins are spoken to in. Knows no call and no plugin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from crossplug.codec.loose import as_native, as_python
from crossplug.codec.msgpack import pack, unpack
from crossplug.codec.record import Record
from crossplug.codec.scalars import natively
from crossplug.codec.text import dump
from crossplug.errors import DecodeError, EncodeError, UsageError
from crossplug.host.errors import ProtocolError

if TYPE_CHECKING:
    from crossplug.codec.codec import Codec

Encoding = Literal["json", "msgpack"]
"""What can be spoken with plugins."""

ENCODINGS: tuple[Encoding, ...] = ("json", "msgpack")


def checked(encoding: Encoding) -> Encoding:
    """The encoding of a name. Raises :class:`UsageError` where there is none."""
    if encoding in ENCODINGS:
        return encoding
    raise UsageError(f"there is no encoding {encoding!r}; there are {' and '.join(map(repr, ENCODINGS))}")


class Speech:
    """Reads and writes payloads in JSON. Those that are read have been held to the laws of text already."""

    encoding: Encoding = "json"
    nothing = b"{}"
    """What a method without params is called with."""
    null = b"null"

    def read(self, payload: bytes, codec: Codec[Any] | None, operation: str) -> Any:
        """The value of a payload. Without a codec it is what ``json.loads`` gives; with one it may raise
        :class:`ProtocolError`, which names the operation.
        """
        if codec is None:
            return self.value(payload)
        try:
            return codec.read(self.parsed(payload))
        except DecodeError as error:
            raise ProtocolError(operation, str(error)) from error

    def write(self, value: Any, codec: Codec[Any] | None) -> bytes:
        """The payload of a value; without a codec of a JSON value or of bytes, which go as base64."""
        if codec is not None:
            return dump(codec.to_value(value))
        return dump(value.to_value() if isinstance(value, Record) else value, bytes_as_base64=True)

    def parsed(self, payload: bytes) -> Any:
        """What codecs read."""
        return json.loads(payload)

    def value(self, payload: bytes) -> Any:
        """What is given to somebody who does not know the type."""
        return json.loads(payload)


class PackedSpeech(Speech):
    """The same in MessagePack. Without a codec bytes are ``bytes`` and integers are exact, both ways."""

    encoding: Encoding = "msgpack"
    nothing = b"\x80"
    null = b"\xc0"

    def write(self, value: Any, codec: Codec[Any] | None) -> bytes:
        """The payload of a value; without a codec of a JSON value, of bytes, or of an integer of up to 64 bits."""
        if codec is not None:
            return pack(codec.to_native(value))
        try:
            return pack(_native_record(value) if isinstance(value, Record) else as_native(value))
        except RecursionError:
            raise EncodeError("tooDeep", "the value contains itself or is nested too deeply") from None

    def parsed(self, payload: bytes) -> Any:
        """What codecs read."""
        return unpack(payload)

    def value(self, payload: bytes) -> Any:
        """What is given to somebody who does not know the type."""
        return as_python(unpack(payload))


def _native_record(record: Record) -> Any:
    try:
        return natively(record._write, record)
    except DecodeError as error:  # writers judge by the readers' rules
        raise EncodeError(error.reason, error.message, error.pointer) from None


_SPEECHES: dict[str, Speech] = {"json": Speech(), "msgpack": PackedSpeech()}


def speech_of(encoding: str) -> Speech:
    """The speech of an encoding that a plugin is spoken to in."""
    return _SPEECHES[encoding]
