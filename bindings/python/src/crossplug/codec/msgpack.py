"""MessagePack by the laws of schema/README.md section 3. Knows nothing of types.

Integers that a JSON number holds come as ``int``, larger ones as :class:`Wide`; bytes come as ``bytes``. Values without
anything of the kind are those of :mod:`crossplug.codec.text`.
"""

from __future__ import annotations

import struct
from struct import Struct

from crossplug.codec.loose import Binary, Met, Wide
from crossplug.codec.text import MAX_DEPTH
from crossplug.errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SAFE = 2**53 - 1

_F32 = Struct(">f").unpack_from
_F64 = Struct(">d").unpack_from
_U16 = Struct(">H").unpack_from
_U32 = Struct(">I").unpack_from
_U64 = Struct(">Q").unpack_from
_I8 = Struct(">b").unpack_from
_I16 = Struct(">h").unpack_from
_I32 = Struct(">i").unpack_from
_I64 = Struct(">q").unpack_from


def unpack(document: bytes | bytearray | memoryview) -> Any:
    r"""The value that a document holds.

    Raises :class:`DecodeError` with the reason ``notMsgpack``, ``duplicateKey``, ``notFinite`` or ``tooDeep``.

    >>> unpack(bytes.fromhex("82 a1 61 92 01 c0 a1 62 c4 02 00 ff"))
    {'a': [1, None], 'b': b'\x00\xff'}
    """
    data = document if type(document) is bytes else bytes(document)
    try:
        value, at = _value(data, 0, MAX_DEPTH)
    except (IndexError, struct.error):
        raise _broken("the document ends too early", len(data)) from None
    if at != len(data):
        raise _broken("bytes behind the end", at)
    return value


def _broken(what: str, at: int) -> DecodeError:
    return DecodeError("notMsgpack", f"{what} at byte {at}")


def _value(data: bytes, at: int, left: int) -> tuple[Any, int]:
    marker = data[at]
    if marker < 0x80:
        return marker, at + 1
    if marker < 0x90:
        return _map(data, at + 1, marker & 15, left)
    if marker < 0xA0:
        return _array(data, at + 1, marker & 15, left)
    if marker < 0xC0:
        return _text(data, at + 1, marker & 31)
    if marker >= 0xE0:
        return marker - 256, at + 1
    read = _FORMS.get(marker)
    if read is None:
        raise _broken("a byte that MessagePack never uses" if marker == 0xC1 else "an extension type", at)
    return read(data, at + 1, left)


def _text(data: bytes, at: int, length: int) -> tuple[str, int]:
    end = at + length
    if end > len(data):
        raise _broken("a length that goes beyond the document", at)
    try:
        return data[at:end].decode(), end
    except UnicodeDecodeError:
        raise _broken("text that is not UTF-8", at) from None


def _bytes(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    end = at + length
    if end > len(data):
        raise _broken("a length that goes beyond the document", at)
    Met.foreign = True
    return data[at:end], end


def _array(data: bytes, at: int, count: int, left: int) -> tuple[list[Any], int]:
    if not left:
        raise DecodeError("tooDeep", f"nested deeper than {MAX_DEPTH} arrays and maps")
    if count > len(data) - at:
        raise _broken("a length that goes beyond the document", at)
    made: list[Any] = []
    left -= 1
    for _ in range(count):
        marker = data[at]
        if marker < 0x80:
            made.append(marker)
            at += 1
        else:
            item, at = _value(data, at, left)
            made.append(item)
    return made, at


def _map(data: bytes, at: int, count: int, left: int) -> tuple[dict[str, Any], int]:
    if not left:
        raise DecodeError("tooDeep", f"nested deeper than {MAX_DEPTH} arrays and maps")
    if count * 2 > len(data) - at:
        raise _broken("a length that goes beyond the document", at)
    made: dict[str, Any] = {}
    left -= 1
    for _ in range(count):
        marker = data[at]
        if 0xA0 <= marker < 0xC0:
            name, at = _text(data, at + 1, marker & 31)
        elif 0xD9 <= marker <= 0xDB:
            name, at = _value(data, at, left)
        else:
            raise _broken("a name that is not a string", at)
        made[name], at = _value(data, at, left)
    if len(made) != count:
        raise DecodeError("duplicateKey", "a name stands twice in one map")
    return made, at


def _wide(number: int, at: int) -> tuple[int, int]:
    if -SAFE <= number <= SAFE:
        return number, at
    Met.foreign = True
    return Wide(number), at


def _finite(number: float, at: int) -> tuple[float, int]:
    if number - number != 0.0:
        raise DecodeError("notFinite", f"a float that is {number}")
    return number, at


_FORMS: dict[int, Callable[[bytes, int, int], tuple[Any, int]]] = {
    0xC0: lambda _, at, __: (None, at),
    0xC2: lambda _, at, __: (False, at),
    0xC3: lambda _, at, __: (True, at),
    0xC4: lambda data, at, _: _bytes(data, at + 1, data[at]),
    0xC5: lambda data, at, _: _bytes(data, at + 2, _U16(data, at)[0]),
    0xC6: lambda data, at, _: _bytes(data, at + 4, _U32(data, at)[0]),
    0xCA: lambda data, at, _: _finite(_F32(data, at)[0], at + 4),
    0xCB: lambda data, at, _: _finite(_F64(data, at)[0], at + 8),
    0xCC: lambda data, at, _: (data[at], at + 1),
    0xCD: lambda data, at, _: (_U16(data, at)[0], at + 2),
    0xCE: lambda data, at, _: (_U32(data, at)[0], at + 4),
    0xCF: lambda data, at, _: _wide(_U64(data, at)[0], at + 8),
    0xD0: lambda data, at, _: (_I8(data, at)[0], at + 1),
    0xD1: lambda data, at, _: (_I16(data, at)[0], at + 2),
    0xD2: lambda data, at, _: (_I32(data, at)[0], at + 4),
    0xD3: lambda data, at, _: _wide(_I64(data, at)[0], at + 8),
    0xD9: lambda data, at, _: _text(data, at + 1, data[at]),
    0xDA: lambda data, at, _: _text(data, at + 2, _U16(data, at)[0]),
    0xDB: lambda data, at, _: _text(data, at + 4, _U32(data, at)[0]),
    0xDC: lambda data, at, left: _array(data, at + 2, _U16(data, at)[0], left),
    0xDD: lambda data, at, left: _array(data, at + 4, _U32(data, at)[0], left),
    0xDE: lambda data, at, left: _map(data, at + 2, _U16(data, at)[0], left),
    0xDF: lambda data, at, left: _map(data, at + 4, _U32(data, at)[0], left),
}

_MARKED_16 = Struct(">BH").pack
_MARKED_32 = Struct(">BI").pack
_PACK_F64 = Struct(">Bd").pack
_PACK_U64 = Struct(">BQ").pack
_PACK_I64 = Struct(">Bq").pack
_PACK_I16 = Struct(">Bh").pack
_PACK_I32 = Struct(">Bi").pack
_ONE = [bytes((byte,)) for byte in range(256)]


def pack(value: Any) -> bytes:
    """The document of a value: what JSON has, and what the writers of types make for MessagePack.

    Raises :class:`EncodeError` for what MessagePack or its strict laws cannot hold.

    >>> pack({"a": [1, None]}).hex(" ")
    '81 a1 61 92 01 c0'
    """
    parts: list[bytes | bytearray | memoryview] = []
    try:
        _pack(value, parts.append, MAX_DEPTH)
    except UnicodeEncodeError as error:
        around = error.object[max(0, error.start - 20) :][:40]
        raise EncodeError("loneSurrogate", f"a lone surrogate in {around!r}") from None
    return b"".join(parts)


def _pack(value: Any, add: Callable[[bytes | bytearray | memoryview], Any], left: int) -> None:
    kind = type(value)
    if kind is str:
        _pack_text(value, add)
    elif kind is int:
        add(_integer(value) if -SAFE <= value <= SAFE else _float(value))
    elif kind is dict:
        if not left:
            raise EncodeError("tooDeep", f"nested deeper than {MAX_DEPTH} arrays and objects")
        count = len(value)
        add(_ONE[0x80 | count] if count < 16 else _length(count, 0xDE))
        for name, item in value.items():
            if not isinstance(name, str):
                raise EncodeError("wrongKind", f"a name that is a Python {type(name).__name__}")
            _pack_text(name, add)
            _pack(item, add, left - 1)
    elif kind is list or kind is tuple:
        if not left:
            raise EncodeError("tooDeep", f"nested deeper than {MAX_DEPTH} arrays and objects")
        count = len(value)
        add(_ONE[0x90 | count] if count < 16 else _length(count, 0xDC))
        for item in value:
            _pack(item, add, left - 1)
    elif kind is float:
        add(_float(value))
    elif value is None:
        add(b"\xc0")
    elif kind is bool:
        add(b"\xc3" if value else b"\xc2")
    elif kind is Wide:
        add(_integer(value))
    elif kind is Binary:
        data = value.data
        size = memoryview(data).nbytes
        add(b"\xc4" + _ONE[size] if size < 256 else _length(size, 0xC5))
        add(data)
    else:
        _pack(_plain(value), add, left)


def _plain(value: Any) -> Any:
    """A subclass's value as what it stands for."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    raise EncodeError("wrongKind", f"not a JSON value: a Python {type(value).__name__}")


def _pack_text(text: str, add: Callable[[bytes | bytearray | memoryview], Any]) -> None:
    data = text.encode()
    size = len(data)
    if size < 32:
        add(_ONE[0xA0 | size] + data)
    elif size < 256:
        add(b"\xd9" + _ONE[size] + data)
    else:
        add(_length(size, 0xDA))
        add(data)


def _length(count: int, marker: int) -> bytes:
    return _MARKED_16(marker, count) if count < 0x10000 else _MARKED_32(marker + 1, count)


def _float(number: float) -> bytes:
    try:
        number = float(number)
    except OverflowError:
        raise EncodeError("notFinite", "the number is beyond a 64-bit float") from None
    if number - number != 0.0:
        raise EncodeError("notFinite", f"{number} is no number of the wire")
    return _PACK_F64(0xCB, number)


def _integer(number: int) -> bytes:
    if number >= 0:
        if number < 0x80:
            return _ONE[number]
        if number < 0x100:
            return b"\xcc" + _ONE[number]
        if number < 0x10000:
            return _MARKED_16(0xCD, number)
        if number < 0x100000000:
            return _MARKED_32(0xCE, number)
        return _PACK_U64(0xCF, number)
    if number >= -0x20:
        return _ONE[number + 256]
    if number >= -0x80:
        return b"\xd0" + _ONE[number + 256]
    if number >= -0x8000:
        return _PACK_I16(0xD1, number)
    if number >= -0x80000000:
        return _PACK_I32(0xD2, number)
    return _PACK_I64(0xD3, number)
