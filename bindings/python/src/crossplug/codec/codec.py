"""The door between a type's values and JSON: parse then read, write then dump. Knows no particular type."""

from __future__ import annotations

from crossplug.codec.generic import Generic, T
from crossplug.codec.msgpack import pack, unpack
from crossplug.codec.scalars import natively
from crossplug.codec.text import dump, parse
from crossplug.errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Codec(Generic[T]):
    """Reads and writes the values of one type. Generated modules have one for every type.

    >>> from crossplug.interfaces.agent import QUERY_VALUE_CODEC
    >>> QUERY_VALUE_CODEC.from_json('["a", "b"]')
    ['a', 'b']
    """

    __slots__ = ("name", "read", "write")

    def __init__(self, name: str, read: Callable[[Any], T], write: Callable[[T], Any]) -> None:
        self.name = name
        """Of the type, as the document spells it."""
        self.read = read
        """From a JSON value; raises :class:`DecodeError`. What generated code calls."""
        self.write = write
        """To a JSON value; raises :class:`EncodeError` or :class:`DecodeError`. What generated code calls."""

    def __repr__(self) -> str:
        return f"<Codec of {self.name}>"

    def from_json(self, text: bytes | str) -> T:
        """Reads a JSON text. Raises :class:`DecodeError` with reason, pointer and message."""
        return self.read(parse(text))

    def to_json(self, value: T) -> bytes:
        """Writes a JSON text in UTF-8. Raises :class:`EncodeError`."""
        return dump(self.to_value(value))

    def from_msgpack(self, document: bytes) -> T:
        """Reads a MessagePack document. Raises :class:`DecodeError` with reason, pointer and message."""
        return self.read(unpack(document))

    def to_msgpack(self, value: T) -> bytes:
        """Writes a MessagePack document: 64-bit integers and bytes are native. Raises :class:`EncodeError`."""
        return pack(self.to_native(value))

    def from_value(self, value: Any) -> T:
        """Reads a JSON value: what ``json.loads`` gives. Raises :class:`DecodeError`."""
        return self.read(value)

    def to_value(self, value: T) -> Any:
        """Writes a JSON value: what ``json.dumps`` takes. Raises :class:`EncodeError`."""
        try:
            return self.write(value)
        except DecodeError as error:  # writers judge by the readers' rules
            raise EncodeError(error.reason, error.message, error.pointer) from None

    def to_native(self, value: T) -> Any:
        """Writes a value for :func:`crossplug.codec.msgpack.pack`. Raises :class:`EncodeError`."""
        try:
            return natively(self.write, value)
        except DecodeError as error:  # writers judge by the readers' rules
            raise EncodeError(error.reason, error.message, error.pointer) from None
