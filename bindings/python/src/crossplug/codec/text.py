"""JSON text, strictly: laws 1 to 4 of schema/README.md. Knows nothing of types.

The work is done by the C code behind ``json``. What that code lets through is caught by checks that also run in C and
only on texts that could be guilty: a text without a backslash has no lone surrogate, one with at most 128 brackets is
not nested deeper than 128. Measured on one machine with a 366-byte message: ``json.loads`` 2.3 µs, :func:`parse`
4.6 µs, of which 1.8 µs look for doubled names.
"""

from __future__ import annotations

from binascii import b2a_base64
from json.decoder import JSONDecodeError, JSONDecoder
from json.encoder import JSONEncoder

from crossplug.errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

MAX_DEPTH = 128
"""Arrays and objects inside each other; deeper is refused (law 4)."""

_FINITE_DIGITS = 308
"""An integer of so many digits is below the largest float; one digit more may not be."""
_ZEROS = b"0" * 200
"""A run of digits that long, or an exponent of three digits, may overflow a float; nothing shorter can."""
_LARGE = 4096
"""Bytes from which one look over the whole text is cheaper than a Python call for each float in it."""
_DIGITS = bytes.maketrans(b"123456789E+", b"000000000e0")
_ROUND = bytes.maketrans(b"[{]}", b"(())")
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise DecodeError("duplicateKey", f"the name {name!r} stands twice in one object")
        seen.add(name)
    raise AssertionError("unreachable: fewer members than pairs means a doubled name")


def _float(text: str) -> float:
    number = float(text)
    if number - number != 0.0:
        raise DecodeError("notFinite", f"the number {text[:40]} is beyond a 64-bit float")
    return number


def _int(text: str) -> int:
    if len(text) > _FINITE_DIGITS:
        _float(text)
    return int(text)


def _constant(text: str) -> NoReturn:
    raise DecodeError("notJson", f"{text} is not JSON")


_decode = JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant).decode
_decode_unchecked_floats = JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode
_decode_checked_ints = JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant
).decode
_encode = JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode


def parse(text: bytes | bytearray | memoryview | str) -> Any:
    """The JSON value that a text holds: dict, list, str, int, float, bool or None.

    Raises :class:`DecodeError` with the reason ``notJson``, ``duplicateKey``, ``loneSurrogate``, ``notFinite`` or
    ``tooDeep`` for a text that breaks a law.

    >>> parse(b'{"a": [1, 2.5, "x"]}')
    {'a': [1, 2.5, 'x']}
    """
    if isinstance(text, str):
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise DecodeError("loneSurrogate", f"a lone surrogate at character {error.start}") from None
    else:
        data = bytes(text)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise DecodeError("notJson", f"not UTF-8 at byte {error.start}") from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and deeper_than(data, MAX_DEPTH):
        raise DecodeError("tooDeep", f"nested deeper than {MAX_DEPTH} arrays and objects")
    decode = _decode
    if len(data) > _FINITE_DIGITS:
        zeros = data.translate(_DIGITS)
        if _ZEROS in zeros:
            decode = _decode_checked_ints
        elif len(data) > _LARGE and b"0e000" not in zeros:
            decode = _decode_unchecked_floats
    try:
        value = decode(text)
    except JSONDecodeError as error:
        raise DecodeError("notJson", str(error)) from None
    except RecursionError:
        raise DecodeError("tooDeep", "nested deeper than this program's stack") from None
    if b"\\" in data and (b"\\ud" in data or b"\\uD" in data):
        _refuse_lone_surrogates(value)
    return value


def _base64(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b2a_base64(value, newline=False).decode("ascii")
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_encode_bytes = JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=_base64
).encode


def dump(value: Any, *, bytes_as_base64: bool = False) -> bytes:
    """The JSON text of a value, UTF-8, without white space. ``bytes_as_base64``: bytes are written, too.

    Raises :class:`EncodeError` for what JSON or its strict laws cannot hold: a foreign class, a lone surrogate, a
    number that is not finite, a value that contains itself, nesting deeper than 128.

    >>> dump({"a": [1, None]})
    b'{"a":[1,null]}'
    """
    try:
        data = (_encode_bytes if bytes_as_base64 else _encode)(value).encode()
    except UnicodeEncodeError as error:
        around = error.object[max(0, error.start - 20) :][:40]
        raise EncodeError("loneSurrogate", f"a lone surrogate in {around!r}") from None
    except RecursionError:
        raise EncodeError("tooDeep", "the value contains itself or is nested too deeply") from None
    except ValueError as error:
        raise EncodeError("notFinite", str(error)) from None
    except TypeError as error:
        raise EncodeError("wrongKind", f"not a JSON value: {error}") from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and deeper_than(data, MAX_DEPTH):
        raise EncodeError("tooDeep", f"nested deeper than {MAX_DEPTH} arrays and objects")
    return data


def deeper_than(data: bytes, limit: int) -> bool:
    """Whether brackets outside strings stand deeper than ``limit``. Right for any text that is JSON.

    Takes away the innermost pair of brackets everywhere, once a level, all in C.
    """
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    data = b"".join(data.translate(None, _NOT_STRUCTURE).split(b'"')[::2]).translate(_ROUND)
    rest = data
    for _ in range(limit):
        rest = rest.replace(b"()", b"")
        if not rest:
            return False
    depth = 0
    for byte in data:  # unbalanced, so not JSON, or really too deep: count in order to tell the two apart
        depth += 1 if byte == 40 else -1
        if depth > limit:
            return True
    return False


def _refuse_lone_surrogates(value: Any) -> None:
    # Pairs have become one character by now, so what is left is alone; only an encoder looks at every string in C.
    try:
        _encode(value).encode()
    except UnicodeEncodeError:
        raise DecodeError("loneSurrogate", "a \\ud800–\\udfff escape without its other half") from None
