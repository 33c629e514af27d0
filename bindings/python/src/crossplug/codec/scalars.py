"""Readers and writers of single values: laws 5 to 7, 9 and 10 of schema/README.md. Knows nothing of records.

Generated code asks the common question itself (``type(x) is not str``) and comes here for the answer to everything
else, so these functions see what is unusual or wrong. Readers take a JSON value and raise :class:`DecodeError`; the
caller adds the pointer. Most of them serve for writing, too: a writer refuses what a reader would.
"""

from __future__ import annotations

from _thread import _local
from binascii import a2b_base64, b2a_base64

from crossplug.codec.loose import Binary, Wide
from crossplug.codec.refusals import out_of_range, spelled, unwritable, wrong
from crossplug.errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

SAFE = 2**53 - 1
"""The largest integer up to which every 64-bit float tells neighbours apart."""
_INT64 = (-(2**63), 2**63 - 1)
_UINT64 = (0, 2**64 - 1)


class _Writing(_local):
    """What the writers of this thread write for. Writing never waits, so nothing else is written meanwhile."""

    native = False


_writing = _Writing()


def natively(write: Callable[[T], Any], value: T) -> Any:
    """What ``write`` makes of a value for MessagePack, which has integers of 64 bits and bytes of its own."""
    before = _writing.native
    _writing.native = True
    try:
        return write(value)
    finally:
        _writing.native = before


def anything(value: Any) -> Any:
    """Any value, as it came."""
    return value


def read_bool(value: Any) -> bool:
    """true or false."""
    if type(value) is bool:
        return value
    raise wrong("a boolean", value)


def read_str(value: Any) -> str:
    """Any text."""
    if isinstance(value, str):
        return str.__str__(value)
    raise wrong("a string", value)


def read_number(value: Any) -> float:
    """A finite number."""
    if type(value) is float:
        return value
    if type(value) is Wide:
        raise DecodeError("beyond2p53", f"{value} is beyond 2^53 − 1")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise DecodeError("notFinite", "the number is beyond a 64-bit float") from None
    raise wrong("a number", value)


def _integer(value: Any, expected: str = "an integer") -> int:
    """Any JSON number without a fractional part: ``1``, ``1.0``, ``1e2``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if type(value) is not float:
        raise wrong(expected, value)
    if not value.is_integer():
        raise DecodeError("notAnInteger", f"{value!r} has a fractional part")
    return int(value)


def _ranged(value: Any, low: int, high: int) -> int:
    number = _integer(value)
    if low <= number <= high:
        return number
    raise out_of_range(number, low, high)


def read_int8(value: Any) -> int:
    """An integer of 8 bits."""
    return _ranged(value, -(2**7), 2**7 - 1)


def read_int16(value: Any) -> int:
    """An integer of 16 bits."""
    return _ranged(value, -(2**15), 2**15 - 1)


def read_int32(value: Any) -> int:
    """An integer of 32 bits."""
    return _ranged(value, -(2**31), 2**31 - 1)


def read_uint8(value: Any) -> int:
    """An integer of 8 bits without sign."""
    return _ranged(value, 0, 2**8 - 1)


def read_uint16(value: Any) -> int:
    """An integer of 16 bits without sign."""
    return _ranged(value, 0, 2**16 - 1)


def read_uint32(value: Any) -> int:
    """An integer of 32 bits without sign."""
    return _ranged(value, 0, 2**32 - 1)


def _exact(value: Any, low: int, expected: str, hint: str = "") -> int:
    number = _integer(value, expected)
    if not -SAFE <= number <= SAFE:
        raise DecodeError("beyond2p53", f"{str(number)[:40]} is beyond 2^53 − 1{hint}")
    if number < low:
        raise out_of_range(number, low, SAFE)
    return number


def read_int64_number(value: Any) -> int:
    """A 64-bit integer that JSON carries as a number (``x-wire: number``)."""
    return _exact(value, -SAFE, "an integer")


def read_uint64_number(value: Any) -> int:
    """A 64-bit integer without sign that JSON carries as a number (``x-wire: number``)."""
    return _exact(value, 0, "an integer")


def _long(value: Any, low: int, high: int) -> int:
    if type(value) is Wide:
        if low <= value <= high:
            return int(value)
        raise out_of_range(value, low, high)
    if type(value) is not str:
        # A number that no language has rounded will do.
        return _exact(value, low, "an integer in a string", " as a number; write it as a string")
    digits = value[1:] if low < 0 and value[:1] == "-" else value
    if not (digits.isascii() and digits.isdigit()) or (digits[0] == "0" and len(value) > 1):
        raise DecodeError("badFormat", f'{value[:40]!r} is not a decimal integer as the wire spells it: "0", "-12"')
    if len(digits) > 20:
        raise DecodeError("outOfRange", f"{value[:40]}… is not within {low} to {high}")
    number = int(value)
    if low <= number <= high:
        return number
    raise out_of_range(number, low, high)


def read_int64(value: Any) -> int:
    """A decimal string of 64 bits, or a JSON integer within ±(2^53 − 1)."""
    return _long(value, *_INT64)


def read_uint64(value: Any) -> int:
    """A decimal string of 64 bits without sign, or a JSON integer up to 2^53 − 1."""
    return _long(value, *_UINT64)


def _checked(value: Any, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise unwritable("an int", value)
    if low <= value <= high:
        return value
    raise out_of_range(value, low, high)


def _long_out(value: Any, low: int, high: int) -> str | int:
    number = _checked(value, low, high)
    if not _writing.native:
        return int.__repr__(number)
    return int(number) if -SAFE <= number <= SAFE else Wide(number)


def write_int64(value: Any) -> str | int:
    """The decimal string, or the integer for MessagePack."""
    return _long_out(value, *_INT64)


def write_uint64(value: Any) -> str | int:
    """The decimal string, or the integer for MessagePack."""
    return _long_out(value, *_UINT64)


def write_int64_text(value: Any) -> str:
    """The decimal string in every encoding: in a kind union it is told apart from numbers by that."""
    return int.__repr__(_checked(value, *_INT64))


def write_uint64_text(value: Any) -> str:
    """The decimal string in every encoding."""
    return int.__repr__(_checked(value, *_UINT64))


def read_bytes(value: Any) -> bytes:
    """base64: standard alphabet, padded, no white space, unused bits zero. Or bytes, from MessagePack."""
    if type(value) is bytes:
        return value
    if type(value) is not str:
        raise wrong("base64 in a string", value)
    try:
        made = a2b_base64(value)
    except ValueError:
        made = None
    # Writing it again is the one check that covers padding, unused bits and everything that a decoder skips over.
    if made is None or b2a_base64(made, newline=False) != value.encode():
        raise DecodeError("badBase64", "not base64 of the standard alphabet with padding and zero unused bits")
    return made


def write_bytes(value: Any) -> str | Binary:
    """base64 of bytes, or the bytes for MessagePack."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise unwritable("bytes", value)
    if _writing.native:
        return Binary(value)
    return b2a_base64(value, newline=False).decode("ascii")


def read_const(value: Any, constant: Any) -> Any:
    """The constant itself; an integer constant takes ``1.0`` for 1, and ``true`` is not 1."""
    if type(value) is type(constant) or (type(constant) is int and type(value) in (float, Wide)):
        if value == constant:
            return constant
        raise DecodeError("unknownConst", f"expected {spelled(constant)}, found {spelled(value)}")
    raise wrong(f"the constant {spelled(constant)}", value)
