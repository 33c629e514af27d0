"""Readers and writers of single values: laws 5 to 10 of schema/README.md. Knows nothing of records.

Generated code asks the common question itself (``type(x) is str``) and comes here for the answer to everything else, so
these functions see what is unusual or wrong. Each takes a JSON value and gives the value of the language, or raises
:class:`DecodeError`; the caller adds the pointer.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from crossplug.errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn

SAFE = 2**53 - 1
"""The largest integer up to which every 64-bit float tells neighbours apart."""


def kind_of(value: object) -> str:
    """What a person calls the JSON kind of a value: ``a number``, ``null``, …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (list, tuple)):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    return f"a Python {type(value).__name__}"


def wrong(expected: str, value: object) -> DecodeError:
    """The error for a value of another kind."""
    return DecodeError("wrongKind", f"expected {expected}, found {kind_of(value)}")


def absent_not_null(value: object, expected: str) -> DecodeError:
    """The error for null, or for any other wrong kind, in an optional member that is not nullable."""
    if value is None:
        return DecodeError("nullForAbsent", f"expected {expected} or nothing at all, found null")
    return wrong(expected, value)


def missing(wire: str) -> DecodeError:
    """The error for an object without a required member."""
    return DecodeError("missingField", f"the member {wire!r} is missing")


def read_bool(value: Any) -> bool:
    """true or false."""
    if type(value) is bool:
        return value
    raise wrong("true or false", value)


def read_str(value: Any) -> str:
    """Any text."""
    if isinstance(value, str):
        return str.__str__(value)
    raise wrong("a string", value)


def read_number(value: Any) -> float:
    """A finite number."""
    if type(value) is float:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise DecodeError("notFinite", "the number is beyond a 64-bit float") from None
    raise wrong("a number", value)


def read_int(value: Any, low: int, high: int) -> int:
    """An integer of JSON within a range: ``1``, ``1.0``, ``1e2``."""
    if type(value) is float:
        if not value.is_integer():
            raise DecodeError("notAnInteger", f"{value!r} has a fractional part")
        value = int(value)
    elif not isinstance(value, int) or isinstance(value, bool):
        raise wrong("an integer", value)
    if low <= value <= high:
        return int(value)
    raise DecodeError("outOfRange", f"{value} is not within {low} to {high}")


def read_safe(value: Any, low: int) -> int:
    """A 64-bit integer that JSON carries as a number (``x-wire: number``): within ±(2^53 − 1)."""
    if type(value) is float:
        if not value.is_integer():
            raise DecodeError("notAnInteger", f"{value!r} has a fractional part")
        value = int(value)
    elif not isinstance(value, int) or isinstance(value, bool):
        raise wrong("an integer", value)
    if not -SAFE <= value <= SAFE:
        raise DecodeError("beyond2p53", f"{value} is beyond 2^53 − 1")
    if value >= low:
        return int(value)
    raise DecodeError("outOfRange", f"{value} is not within {low} to {SAFE}")


def read_long(value: Any, low: int, high: int) -> int:
    """A 64-bit integer: a decimal string, or a JSON integer that no language has rounded."""
    if type(value) is str:
        digits = value[1:] if value[:1] == "-" and low < 0 else value
        if not (digits.isascii() and digits.isdigit()) or (digits[0] == "0" and len(value) > 1):
            raise DecodeError("badFormat", f"{value[:40]!r} is not a decimal integer such as \"-12\" without leading zeros")
        if len(digits) > 20:
            raise DecodeError("outOfRange", f"{value[:40]}… is not within {low} to {high}")
        number = int(value)
        if low <= number <= high:
            return number
        raise DecodeError("outOfRange", f"{value} is not within {low} to {high}")
    if type(value) is float:
        if not value.is_integer():
            raise DecodeError("notAnInteger", f"{value!r} has a fractional part")
        value = int(value)
    elif type(value) is not int:
        raise wrong("a decimal string", value)
    if not -SAFE <= value <= SAFE:
        raise DecodeError("beyond2p53", f"{value} is beyond 2^53 − 1 as a number; write it as a string")
    if value >= low:
        return int(value)
    raise DecodeError("outOfRange", f"{value} is not within {low} to {high}")


def read_bytes(value: Any) -> bytes:
    """base64: standard alphabet, padded, no white space, unused bits zero."""
    if type(value) is not str:
        raise wrong("a base64 string", value)
    try:
        made = a2b_base64(value)
    except ValueError:
        made = None
    # Writing it again is the one check that covers padding, unused bits and everything that a decoder skips over.
    if made is None or b2a_base64(made, newline=False) != value.encode():
        raise DecodeError("badBase64", "not base64 of the standard alphabet with padding and zero unused bits")
    return made


def write_bytes(value: Any) -> str:
    """base64 of bytes."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise unwritable("bytes", value)
    return b2a_base64(value, newline=False).decode("ascii")


def same(value: Any, constant: Any) -> bool:
    """Whether a JSON value is a constant; an integer constant takes ``1.0`` for 1, and ``true`` is not 1."""
    if type(value) is type(constant):
        return bool(value == constant)
    return type(constant) is int and type(value) is float and value == constant


def write_long(value: Any, low: int, high: int) -> str:
    """The decimal string of a 64-bit integer."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong("an integer", value)
    if low <= value <= high:
        return int.__repr__(value)
    raise DecodeError("outOfRange", f"{value} is not within {low} to {high}")


def read_const(value: Any, constant: Any) -> None:
    """Refuses everything but the constant."""
    if not same(value, constant):
        if type(value) is not type(constant) and not (type(constant) is int and type(value) is float):
            raise wrong(f"the constant {constant!r}", value)
        raise DecodeError("unknownConst", f"expected the constant {constant!r}, found {value!r}")


def read_list(value: Any, read: Callable[[Any], Any]) -> list[Any]:
    """An array; ``read`` reads each item."""
    if type(value) is not list:
        raise wrong("an array", value)
    try:
        return [read(item) for item in value]
    except DecodeError as error:
        _find(enumerate(value), read, error)


def read_map(value: Any, read: Callable[[Any], Any]) -> dict[str, Any]:
    """An object with values of one type; ``read`` reads each value."""
    if type(value) is not dict:
        raise wrong("an object", value)
    try:
        return {name: read(item) for name, item in value.items()}
    except DecodeError as error:
        _find(((escape(name), item) for name, item in value.items()), read, error)


def _find(items: Any, read: Callable[[Any], Any], error: DecodeError) -> NoReturn:
    # The way without an error keeps no count; the way with one goes through the items again.
    for place, item in items:
        try:
            read(item)
        except DecodeError as found:
            found.pointer = f"/{place}{found.pointer}"
            raise found from None
    raise error


def escape(name: str) -> str:
    """A member's name as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def read_enum(value: Any, members: Mapping[str, Any], what: str) -> Any:
    """A member of a closed enum, which was not found at once."""
    if type(value) is not str:
        raise wrong(f"a string out of {what}", value)
    found = members.get(value)
    if found is None:
        raise DecodeError("closedEnum", f"{value!r} is none of {', '.join(map(repr, members))}")
    return found


def unwritable(expected: str, value: object) -> EncodeError:
    """The error for a Python value that is not what its type says."""
    return EncodeError("wrongKind", f"expected {expected}, found a Python {type(value).__name__}")


def refused(error: DecodeError) -> EncodeError:
    """The error of a writer whose value a reader would refuse."""
    return EncodeError(error.reason, error.message, error.pointer)
