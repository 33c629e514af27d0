"""Values of a case, written out, and whether what came is what a case says. Pure."""

from __future__ import annotations

from binascii import b2a_base64
from typing import Any

from crossplug import CrossplugError, PluginError
from crossplug.host import HostError


class Mismatch(Exception):
    """What came is not what the case says: where, and what."""


def fill(value: Any, number: int = 0) -> Any:
    """Writes out ``$repeat``, ``$range`` and ``$n``."""
    if isinstance(value, str):
        return value.replace("$n", str(number))
    if isinstance(value, list):
        return [fill(item, number) for item in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["$repeat"]:
        text, times, *end = value["$repeat"]
        return text * times + "".join(end)
    if list(value) == ["$range"]:
        first, last, *step = value["$range"]
        return [str(item) for item in range(first, last + 1, *step)]
    return {name: fill(member, number) for name, member in value.items()}


def same(expected: Any, got: Any, place: str = "") -> None:
    """Compares as sessions do: ``$any`` is any value, ``$rest`` lets an object have more, numbers are floats."""
    if expected == "$any" and isinstance(expected, str):
        return
    if isinstance(expected, dict) and isinstance(got, dict):
        rest = expected.get("$rest") is True
        for name in expected:
            if rest and name == "$rest":
                continue
            if name not in got:
                raise Mismatch(f"{place}/{name}: expected {short(expected[name])}, got nothing")
            same(expected[name], got[name], f"{place}/{name}")
        for name in got:
            if not rest and name not in expected:
                raise Mismatch(f"{place}/{name}: expected nothing, got {short(got[name])}")
    elif isinstance(expected, list) and isinstance(got, list):
        for index, (a, b) in enumerate(zip(expected, got, strict=False)):
            same(a, b, f"{place}/{index}")
        if len(expected) != len(got):
            raise Mismatch(f"{place or 'the list'}: expected {len(expected)} items, got {len(got)}")
    elif isinstance(expected, bool) != isinstance(got, bool) or expected != got:
        raise Mismatch(f"{place or 'the value'}: expected {short(expected)}, got {short(got)}")


def as_expected(expected: Any, got: Any) -> Any:
    """What came in MessagePack as JSON would have said it where that is expected: digits, or base64."""
    if isinstance(expected, str):
        if isinstance(got, bytes):
            return b2a_base64(got, newline=False).decode()
        return str(got) if type(got) is int else got
    if isinstance(expected, list) and isinstance(got, list):
        return [*map(as_expected, expected, got), *got[len(expected) :]]
    if isinstance(expected, dict) and isinstance(got, dict):
        return {name: as_expected(expected.get(name), member) for name, member in got.items()}
    return got


def same_error(expected: dict[str, Any], error: CrossplugError) -> None:
    """Holds an error to as much as the case says of it."""
    seen: dict[str, Any] = {}
    if isinstance(error, PluginError):
        seen = {"kind": "Plugin", "code": error.code, "message": error.message}
        if error.details is not None:
            seen["details"] = error.details
    elif isinstance(error, HostError):
        seen = {"kind": error.kind}
    try:
        same(expected, {name: value for name, value in seen.items() if name in expected})
    except Mismatch as mismatch:
        raise Mismatch(f"{mismatch} ({error!r})") from None


def short(value: object) -> str:
    """For a person."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:400]}… ({len(text)} characters)"
