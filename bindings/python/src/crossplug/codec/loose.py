"""What MessagePack has and JSON has not, and the places without a type that refuse it. Knows no bytes of either."""

from __future__ import annotations

from binascii import b2a_base64

from crossplug.codec.record import Unset
from crossplug.codec.refusals import wrong
from crossplug.errors import DecodeError, RefusedValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


EXACT = 2**53 - 1
"""The largest integer that a number of JSON carries exactly in every language."""


class Wide(int):
    """An integer beyond ±(2^53 − 1) that was, or will be, an integer on the wire: no number of JSON."""

    __slots__ = ()


class Binary:
    """Bytes on their way into MessagePack. Plain ``bytes`` in a value without a type are refused, as in JSON."""

    __slots__ = ("data",)

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self.data = data


class Met:
    """What documents held so far. While none held anything foreign, nobody need look for it."""

    foreign = False


LOOSE = frozenset({dict, list, bytes, Wide, Unset})
"""The kinds of value that :func:`read_any` must see in a place without a type; ``Unset`` is a missing member."""


def read_any(value: Any) -> Any:
    """Any value, as it came. Bytes and integers beyond 2^53 are refused, since they could not go on into JSON."""
    if Met.foreign:
        _refuse_foreign(value)
    return value


def as_json(value: Any) -> Any:
    r"""A value as JSON would say it: bytes as base64, an integer beyond 2^53 as its decimal string.

    >>> from crossplug.codec.msgpack import unpack
    >>> as_json(unpack(b"\x92\xc4\x02\x00\xff\xcf\x10\x00\x00\x00\x00\x00\x00\x00"))
    ['AP8=', '1152921504606846976']
    """
    return _told(value) if Met.foreign else value


def _told(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _told(item) for name, item in value.items()}
    if kind is list:
        return [_told(item) for item in value]
    if kind is bytes:
        return b2a_base64(value, newline=False).decode("ascii")
    return int.__repr__(value) if kind is Wide else value


def as_python(value: Any) -> Any:
    """A value of MessagePack for somebody who does not know its type: bytes are ``bytes``, integers are ``int``."""
    return _plain(value) if Met.foreign else value


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _plain(item) for name, item in value.items()}
    if kind is list:
        return [_plain(item) for item in value]
    return int(value) if kind is Wide else value


def as_native(value: Any) -> Any:
    r"""The way back: a value whose type nobody knows, for MessagePack. Bytes and integers of up to 64 bits go as such.

    >>> from crossplug.codec.msgpack import pack
    >>> pack(as_native([2**60, b"\x00\xff"])).hex(" ")
    '92 cf 10 00 00 00 00 00 00 00 c4 02 00 ff'
    """
    if isinstance(value, dict):
        return {name: as_native(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_native(item) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Binary(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -EXACT <= value <= EXACT:
        # What no integer of MessagePack can be is a number of JSON all the same.
        return Wide(value) if -(2**63) <= value < 2**64 else value
    return value


def read_extra(members: dict[str, Any]) -> dict[str, Any]:
    """Members that are kept without being known."""
    if Met.foreign and members:
        _refuse_foreign(members)
    return members


def _refuse_foreign(value: Any) -> None:
    kind = type(value)
    if kind is bytes:
        raise wrong("a JSON value", value)
    if kind is Wide:
        raise DecodeError("beyond2p53", f"{value} is beyond 2^53 − 1")
    if kind is list or kind is dict:
        for place, item in enumerate(value) if kind is list else value.items():
            try:
                _refuse_foreign(item)
            except RefusedValue as error:
                name = str(place).replace("~", "~0").replace("/", "~1")
                error.pointer = f"/{name}{error.pointer}"
                raise
